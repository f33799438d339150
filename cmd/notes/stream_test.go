package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// endless is a server whose list of notes has no end. It gives a page more only
// when asked, and counts.
func endless(t *testing.T, asked chan<- int) string {
	t.Helper()
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n++
		select {
		case asked <- n:
		default:
		}
		notes := make([]string, 200)
		for i := range notes {
			notes[i] = fmt.Sprintf(`{"id":"%012d","title":"note","tags":[],"created_at":"2026-01-31T12:00:00.000Z",`+
				`"updated_at":"2026-01-31T12:00:00.000Z","trashed_at":null,"revision":1,"excerpt":""}`, n*1000+i)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"notes":[%s],"next_cursor":"c%d"}`, strings.Join(notes, ","), n)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestListStreams: the first notes of a list without an end are there at once,
// as lines and as JSON, and a reader who leaves ends it quietly.
func TestListStreams(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"lines": {"ls"}, "json": {"ls", "--json", "id"}, "trash": {"trash", "ls"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), "notes", args...)
			cmd.Env = append(os.Environ(), "NOTES_SERVER="+endless(t, nil), "NOTES_TOKEN=token", "NOTES_CONFIG_DIR="+t.TempDir())
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			cmd.Stderr = &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
			defer late.Stop()
			text := make([]byte, 12)
			if _, err := bufio.NewReader(out).Read(text); err != nil {
				t.Fatal(err)
			}
			_ = out.Close()
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 0 && code != -1 || said.Len() > 0 {
				t.Errorf("exit code %d (-1 is SIGPIPE), and it said %q", code, said.String())
			}
		})
	}
}

// TestListAsksForNoMore: pages are asked for when they are needed.
func TestListAsksForNoMore(t *testing.T) {
	t.Parallel()
	asked := make(chan int, 100)
	cmd := exec.CommandContext(t.Context(), "notes", "ls", "-n", "400")
	cmd.Env = append(os.Environ(), "NOTES_SERVER="+endless(t, asked), "NOTES_TOKEN=token", "NOTES_CONFIG_DIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if lines := strings.Count(string(out), "\n"); err != nil || lines != 400 || len(asked) != 2 {
		t.Errorf("%d lines of %d pages, %v", lines, len(asked), err)
	}
}
