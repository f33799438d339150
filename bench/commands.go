package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/notesd/notesd/pkg/api"
)

// commands measures the command line: a list against curl with the same request,
// and a start against a program that does nothing.
func (b *bench) commands(ctx context.Context) ([]row, error) {
	notes := filepath.Join(b.dir, "notes")
	// The request that `notes ls` sends when its output is piped. Its token is in
	// a file, as a password has no place in arguments.
	url := b.srv.url + api.Prefix + "/notes?" + api.ListOptions{
		State: api.StateActive, Sort: api.SortUpdated, View: api.ViewSummary, Limit: api.MaxPage,
	}.Values().Encode()
	config := filepath.Join(b.dir, "curlrc")
	if err := os.WriteFile(config, fmt.Appendf(nil, "header = \"Authorization: Bearer %s\"\n", b.srv.token), 0o600); err != nil {
		return nil, err
	}
	list, err := b.hyperfine(ctx, notes+" ls", "curl --silent --show-error --fail --config "+config+" "+url)
	if err != nil {
		return nil, err
	}
	start, err := b.hyperfine(ctx, notes+" --version", filepath.Join(b.dir, "empty"))
	if err != nil {
		return nil, err
	}
	return []row{
		timeRow("notes ls", list, "curl, the same request", "at most 1.5"),
		timeRow("notes --version", start, "an empty Go program", "at most 3"),
	}, nil
}

func timeRow(what string, seconds [2]float64, beside, target string) row {
	return row{
		what:   what,
		notes:  fmt.Sprintf("%.2f ms", seconds[0]*1e3),
		beside: fmt.Sprintf("%.2f ms, %s", seconds[1]*1e3, beside),
		ratio:  seconds[0] / seconds[1],
		target: target,
	}
}

// hyperfine returns the median times of two commands in seconds.
func (b *bench) hyperfine(ctx context.Context, ours, theirs string) (medians [2]float64, err error) {
	result := filepath.Join(b.dir, "hyperfine.json")
	cmd := exec.CommandContext(ctx, "hyperfine", "--shell=none", "--style=none", "--warmup=20", "--runs="+strconv.Itoa(b.runs()),
		"--export-json", result, ours, theirs)
	// The access token stands in for a stored login: reading one from the keyring
	// would measure the keyring.
	cmd.Env = append(os.Environ(), "NOTES_SERVER="+b.srv.url, "NOTES_TOKEN="+b.srv.token, "NOTES_CONFIG_DIR="+b.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return medians, fmt.Errorf("hyperfine (apt-get install hyperfine): %w\n%s", err, out)
	}
	data, err := os.ReadFile(result)
	if err != nil {
		return medians, err
	}
	var export struct {
		Results []struct{ Median float64 }
	}
	if err := json.Unmarshal(data, &export); err != nil {
		return medians, err
	}
	if len(export.Results) != len(medians) {
		return medians, errors.New("hyperfine: not two results")
	}
	for i, r := range export.Results {
		medians[i] = r.Median
	}
	return medians, nil
}

// runs is how often a command of some milliseconds runs in the time for a cell.
func (b *bench) runs() int { return max(20, int(b.cell.Milliseconds()/10)) }
