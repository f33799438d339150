//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestBulkInterrupted: Ctrl-C lets end what has begun, begins no more, and says
// how far it came.
func TestBulkInterrupted(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	var pid atomic.Int64
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := seen.Add(1); n == 20 {
			_ = syscall.Kill(int(pid.Load()), syscall.SIGINT)
			close(release)
		} else if n > 20 {
			<-release
		}
		w.Header().Set("Content-Type", "application/json")
		id := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/api/v1/notes/"), "/restore")
		_, _ = fmt.Fprintf(w, `{"id":%q,"title":"t","tags":[],"created_at":"2026-01-31T12:00:00.000Z","updated_at":"2026-01-31T12:00:00.000Z","revision":1}`, id)
	}))
	t.Cleanup(server.Close)
	var ids strings.Builder
	for i := range 1000 {
		_, _ = fmt.Fprintf(&ids, "%012d\n", i)
	}
	cmd := exec.CommandContext(t.Context(), "notes", "restore", "-")
	cmd.Env = append(os.Environ(), "NOTES_SERVER="+server.URL, "NOTES_TOKEN=token", "NOTES_CONFIG_DIR="+t.TempDir())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid.Store(int64(cmd.Process.Pid))
	_, err = io.WriteString(in, ids.String())
	if err := errors.Join(err, in.Close()); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	lines := strings.Split(strings.TrimSuffix(said.String(), "\n"), "\n")
	restored := len(lines) - 2
	want := fmt.Sprintf("hint: %d of 1000 notes are done", restored)
	if cmd.ProcessState.ExitCode() != 130 || lines[len(lines)-2] != "notes: interrupted" || lines[len(lines)-1] != want {
		t.Errorf("exit code %d after %d notes:\n%s", cmd.ProcessState.ExitCode(), restored, strings.Join(lines[len(lines)-2:], "\n"))
	}
	if n := int(seen.Load()); n != restored || n >= 1000 {
		t.Errorf("%d requests, and %d notes are told", n, restored)
	}
}
