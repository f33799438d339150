package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// browser measures how long after `notes add` began its note is to be seen in an
// open browser. It needs Chromium, and what `npm ci` brings into web.
func (b *bench) browser(ctx context.Context) ([]row, error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("find the module: %w", err)
	}
	figures := filepath.Join(b.dir, "latency.json")
	cmd := exec.CommandContext(ctx, "node", "scripts/e2e.mjs", "latency.spec.ts")
	cmd.Dir = filepath.Join(strings.TrimSpace(string(root)), "web")
	cmd.Env = append(os.Environ(), "NOTES_LATENCY="+figures, "NOTES_TEST_REQUIRE=all")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w (it needs Chromium, and npm ci in web)\n%s", err, out)
	}
	text, err := os.ReadFile(figures)
	if err != nil {
		return nil, err
	}
	var ms []int
	if err := json.Unmarshal(text, &ms); err != nil {
		return nil, err
	}
	took := make([]time.Duration, len(ms))
	for i, n := range ms {
		took[i] = time.Duration(n) * time.Millisecond
	}
	return []row{{what: "notes add, from its start to the row in an open browser", notes: quantiles(took), target: "p95 at most 250 ms"}}, nil
}
