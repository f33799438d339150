package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// moved is how many notes go in and out, of some 700 bytes each.
const moved = 100_000

// move measures how fast the command line brings notes into a server on SQLite
// that has none, and out again, and how much memory either program needs for it.
func (b *bench) move(ctx context.Context) ([]row, error) {
	s, err := b.startServer(ctx, "move.db")
	if err != nil {
		return nil, err
	}
	defer s.stop()
	file, folder, out := filepath.Join(b.dir, "move.ndjson"), filepath.Join(b.dir, "move"), filepath.Join(b.dir, "out.ndjson")
	size, err := writeMoved(file)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, c := range []struct {
		what, target string
		args         []string
	}{
		{"import, a file", "at least 5000/s; 100 MiB each", []string{"import", file}},
		{"import of the same again", "", []string{"import", file}},
		{"export, a file", "100 MiB each", []string{"export", "-"}},
		{"export, a folder", "100 MiB each", []string{"export", folder}},
	} {
		took, peak, err := b.timed(ctx, s, out, c.args...)
		if err != nil {
			return nil, err
		}
		server, err := peakKiB(s.process.Process.Pid)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{
			what:   fmt.Sprintf("%s: %d notes, %d MB", c.what, moved, size/1_000_000),
			notes:  fmt.Sprintf("%.0f/s", moved/took.Seconds()),
			beside: fmt.Sprintf("memory %s, of the server until then %s", mib(peak), mib(server)),
			target: c.target,
		})
	}
	return rows, nil
}

// writeMoved writes the notes as lines: words of which some are frequent, as in
// any language.
func writeMoved(path string) (size int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 20_000)
	for i := range words {
		words[i] = fmt.Sprintf("%c%x", 'a'+i%26, i*i%99_991)
	}
	often := rand.NewZipf(r, 1.2, 8, uint64(len(words)-1))
	w := bufio.NewWriter(f)
	lines := json.NewEncoder(w)
	for i := range moved {
		var text strings.Builder
		for range 20 + r.IntN(150) {
			text.WriteString(words[often.Uint64()] + " ")
		}
		at := api.TimeOf(time.Date(2020, 1, 1, 0, i, 0, 0, time.UTC))
		if err := lines.Encode(api.PortableNote{
			ID: api.NewID(), Title: fmt.Sprint("Note ", i), Body: text.String(), Tags: []string{fmt.Sprint("tag", r.IntN(40))}, CreatedAt: at, UpdatedAt: at,
		}); err != nil {
			return 0, err
		}
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	size, err = f.Seek(0, io.SeekCurrent)
	return size, errors.Join(err, f.Close())
}

// timed runs notes, with its stdout into a file, and returns how long it took and
// how many KiB it had at most.
func (b *bench) timed(ctx context.Context, s *server, out string, args ...string) (took time.Duration, peak int, err error) {
	stdout, err := os.Create(out)
	if err != nil {
		return 0, 0, err
	}
	defer stdout.Close()
	cmd := exec.CommandContext(ctx, filepath.Join(b.dir, "notes"), args...)
	cmd.Env = append(os.Environ(), "NOTES_SERVER="+s.url, "NOTES_TOKEN="+s.token, "NOTES_CONFIG_DIR="+b.dir)
	cmd.Stdout = stdout
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case err := <-ended:
			return time.Since(begun), peak, err
		case <-look.C:
			if now, err := peakKiB(cmd.Process.Pid); err == nil {
				peak = now
			}
		}
	}
}
