//go:build unix

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// present is the cursor of now.
func present(t *testing.T, env []string) string {
	t.Helper()
	return output(t, env, "", "api", "GET", "/changes", "--jq", ".cursor")
}

// A server that is stopped and started again costs a watch nothing, and Ctrl-C
// ends it quietly.
func TestWatchGoesOn(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "notes.db")
	server, err := startServer("127.0.0.1:0", db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.stop() })
	env := []string{"NOTES_CONFIG_DIR=" + filepath.Join(t.TempDir(), "config"), "NOTES_SERVER=" + server.url, "NO_COLOR=1"}
	signUp(t, env)
	s := open(t, env, "notes", "watch", "--since", present(t, env))
	s.expect("watching; Ctrl-C ends it")
	output(t, env, "", "add", "One")
	s.expect("One")
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	s.expect("; waiting for it")
	if server, err = startServer(strings.TrimPrefix(server.url, "http://"), db); err != nil {
		t.Fatal(err)
	}
	output(t, env, "", "add", "Two")
	output(t, env, "", "add", "Three")
	s.expect("Two")
	s.expect("Three")
	s.send(ctrlC)
	s.exits(130)
	if said := s.text(); strings.Count(said, "saved") != 3 || strings.Count(said, "notes:") != 1 {
		t.Errorf("it wrote %q", said)
	}
}

// Ctrl-C ends the command of --exec, too, and there is nothing to say about it.
func TestWatchInterruptedCommand(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	since := present(t, env)
	output(t, env, "", "add", "One")
	s := open(t, env, "notes", "watch", "--since", since, "--exec", "echo runs; sleep 1000; echo on")
	s.expect("runs")
	s.send(ctrlC)
	s.exits(130)
	if said := s.text(); strings.Contains(said, "on\r\n") || strings.Contains(said, "notes:") {
		t.Errorf("it wrote %q", said)
	}

	s = open(t, env, "notes", "watch", "--since", since, "--exec", "kill -INT $$") // as where the command is faster than we
	s.exits(130)
	if said := s.text(); said != "" {
		t.Errorf("it wrote %q", said)
	}
}

// Where no terminal does it, a watch that is ended ends what its command has
// started.
func TestWatchLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	since := present(t, env)
	output(t, env, "", "add", "One")
	cmd := exec.Command("notes", "watch", "--since", since, "--exec", "echo runs; sleep 1000; echo on")
	cmd.Env = append(os.Environ(), env...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	if err := r.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, len("runs\n"))
	if _, err := io.ReadFull(r, first); err != nil {
		_ = cmd.Process.Kill()
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(r) // ends when nobody has the pipe any more
	if err != nil || len(rest) > 0 {
		t.Errorf("it wrote %q; %v", rest, err)
	}
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("exit code %d", cmd.ProcessState.ExitCode())
	}
}

// A server that goes away between a change and the question for its note is
// waited for: the change would not come again.
func TestWatchInsists(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	since := present(t, env)
	output(t, env, "", "add", "One")
	behind, err := url.Parse(strings.TrimPrefix(env[1], "NOTES_SERVER="))
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) }}
	var asked atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/notes/") && asked.Add(1) <= 4 { // one more than a call is tried
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	defer front.Close()
	env = append(env, "NOTES_SERVER="+front.URL)
	output(t, env, password+"\n", "login", "--user", "ann", "--password-stdin", "--insecure-storage")
	if got := output(t, env, "", "watch", "--since", since, "-n", "1", "--exec", "cat"); got != "One" {
		t.Errorf("the command read %q", got)
	}
	if asked.Load() != 5 {
		t.Errorf("the note was asked for %d times", asked.Load())
	}
}

// Where the server cannot go on, the gap is told, though the connection held.
func TestWatchTellsGap(t *testing.T) {
	t.Parallel()
	change := "event: change\nid: e-2\ndata: {\"kind\":\"purged\",\"id\":\"00000000000a\",\"revision\":1}\n\n"
	hello := "event: hello\nid: e-1\ndata: {\"cursor\":\"e-1\"}\n\n"
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", api.MediaEvents)
		if r.Header.Get(api.HeaderLastEventID) == "" {
			_, _ = io.WriteString(w, hello+change+"event: resync\nid\ndata: {}\n\n")
		}
	}))
	defer front.Close()
	cmd := exec.Command("notes", "watch", "-n", "2", "--json", "kind", "--jq", ".kind")
	cmd.Env = append(os.Environ(), "NOTES_SERVER="+front.URL, "NOTES_TOKEN=token", "NOTES_CONFIG_DIR="+t.TempDir())
	said, err := cmd.CombinedOutput()
	const gap = "notes: the server cannot go on from the last change: what was changed since is not known\n"
	if want := "purged\n" + gap + "purged\n"; err != nil || string(said) != want {
		t.Errorf("it wrote %q, want %q; %v", said, want, err)
	}
}
