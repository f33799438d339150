package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/exchange"
)

// TestMoveMemory moves more text than either program may have memory, in and out.
func TestMoveMemory(t *testing.T) {
	t.Parallel()
	const notes, length, limit = 3000, 50 << 10, 100 << 10 // 150 MB, and KiB
	s, err := startServer("127.0.0.1:0", filepath.Join(t.TempDir(), "notes.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	env := []string{"NOTES_CONFIG_DIR=" + filepath.Join(dir, "config"), "NOTES_SERVER=" + s.url}
	signUp(t, env)
	file := filepath.Join(dir, "notes.ndjson")
	writeNotes(t, file, notes, length)
	for _, args := range [][]string{{"import", file}, {"export", "-"}, {"export", filepath.Join(dir, "folder")}, {"import", filepath.Join(dir, "folder")}} {
		if peak := peakOf(t, env, args...); peak > limit || peak == 0 {
			t.Errorf("notes %s took %d MiB", args[0], peak>>10)
		} else {
			t.Logf("notes %s: %d MiB", args[0], peak>>10)
		}
	}
	if peak, ok := highWater(s.cmd.Process.Pid); peak > limit || !ok {
		t.Errorf("the server took %d MiB", peak>>10)
	}
}

func writeNotes(t *testing.T, file string, notes, length int) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	all := bufio.NewWriter(f)
	n := api.PortableNote{Body: strings.Repeat("word ", length/5)}
	for i := range notes {
		n.ID, n.Title = fmt.Sprintf("%012d", i), fmt.Sprint("Note ", i)
		line, err := exchange.Line(n)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(line)
		all.WriteByte('\n')
	}
	if err := errors.Join(all.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// peakOf runs notes and returns how many KiB it had at most. What the system
// tells at the end counts this process in, which begins the other one.
func peakOf(t *testing.T, env []string, args ...string) (peak int64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "notes", args...)
	cmd.Env = append(os.Environ(), env...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("notes %s: %v\n%s", args[0], err, said.String())
			}
			return peak
		case <-look.C:
			if now, ok := highWater(cmd.Process.Pid); ok {
				peak = now
			}
		}
	}
}

// highWater returns the KiB that a process, if there is one, had at most.
func highWater(pid int) (kib int64, ok bool) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	if !ok {
		return 0, false
	}
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	return kib, err == nil
}

// TestImportProgress: on a terminal a line shows how far the import is, and is
// gone at the end.
func TestImportProgress(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	file := filepath.Join(t.TempDir(), "notes.ndjson")
	writeNotes(t, file, 1200, 100)
	s := open(t, env, "notes", "import", file)
	s.expect(fmt.Sprintf("%%  %d notes", batchNotes))
	s.expect("\r\x1b[K")
	s.expect("imported: 1200 added")
	s.exits(0)
}
