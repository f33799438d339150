// Command bench measures notes side by side with the least that could do the
// same, in one run on one machine, and prints one table. `make bench` runs it.
//
// It needs wrk, hyperfine and ripgrep, takes many minutes, and keeps its data in the
// temporary directory, which has to be on a disk (TMPDIR says where it is):
// durable writes to memory say nothing.
//
//	go run ./bench                # all
//	go run ./bench list add       # these parts: memory, list, cli, add, search, large, move, mongo, requests, sizes, stream, browser
//	go run ./bench -time 1s list  # shorter, and less sure
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one line of the table. A ratio of rates wants to be large, one of times
// small: target says which.
type row struct {
	what          string
	notes, beside string
	ratio         float64 // 0: there is nothing beside it
	target        string
}

// bench is one run.
type bench struct {
	dir  string        // everything that is written
	cell time.Duration // how long one figure is measured
	srv  *server
	log  io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, log io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	cell := flags.Duration("time", 3*time.Second, "how long to measure each figure")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "notes-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, cell: *cell, log: log}
	if err := b.build(ctx); err != nil {
		return err
	}
	if b.srv, err = b.startServer(ctx, "notes.db"); err != nil {
		return err
	}
	defer b.srv.stop()

	// The order matters: after the adds a list is no longer fifty notes.
	parts := []struct {
		name    string
		measure func(context.Context) ([]row, error)
	}{
		{"memory", b.memory},
		{"list", b.list},
		{"cli", b.commands},
		{"add", b.add},
		{"search", b.search},
		{"large", b.large},
		{"move", b.move},
		{"mongo", b.mongo},
		{"requests", b.requests},
		{"sizes", b.sizes},
		{"stream", b.stream},
		{"browser", b.browser},
	}
	var table []row
	for _, p := range parts {
		if flags.NArg() > 0 && !slices.Contains(flags.Args(), p.name) {
			continue
		}
		fmt.Fprintln(log, "bench: measuring", p.name)
		rows, err := p.measure(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		table = append(table, rows...)
	}
	return printTable(out, table)
}

// build makes the two programs as `make build` does, and an empty one.
func (b *bench) build(ctx context.Context) error {
	empty := filepath.Join(b.dir, "empty.go")
	if err := os.WriteFile(empty, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		return err
	}
	for name, source := range map[string]string{
		"notesd": "github.com/notesd/notesd/cmd/notesd",
		"notes":  "github.com/notesd/notesd/cmd/notes",
		"empty":  empty,
	} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(b.dir, name), source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return nil
}

func printTable(w io.Writer, table []row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "WHAT\tNOTES\tBESIDE IT\tRATIO\tTO REACH")
	for _, r := range table {
		ratio := ""
		if r.ratio > 0 {
			ratio = fmt.Sprintf("%.2f", r.ratio)
		}
		fmt.Fprintln(t, strings.Join([]string{r.what, r.notes, r.beside, ratio, r.target}, "\t"))
	}
	return t.Flush()
}
