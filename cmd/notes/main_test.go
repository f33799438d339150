package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The tests run the real main of notes, as a program of its own, against the
// real notesd.

const password = "correct horse battery"

// patience is how long a test waits for what should simply happen, on a machine
// with much else to do.
const patience = time.Minute

// notesd is the path of the server's program.
var notesd string

func TestMain(m *testing.M) {
	testscript.Main(withNotesd{m}, map[string]func(){"notes": main})
}

// withNotesd builds the server before the tests run.
type withNotesd struct{ m *testing.M }

func (w withNotesd) Run() int {
	dir, err := os.MkdirTemp("", "notesd")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	notesd = filepath.Join(dir, "notesd")
	build := exec.Command("go", "build", "-o", notesd, "../notesd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build notesd: %v\n%s", err, out))
	}
	return w.m.Run()
}

// testServer is a running notesd.
type testServer struct {
	url    string
	cmd    *exec.Cmd
	exited chan error
}

// startServer starts notesd on an address and returns when it is ready.
func startServer(addr, db string) (*testServer, error) {
	cmd := exec.Command(notesd, "--addr", addr, "--store", "sqlite:"+db, "--log", "json")
	cmd.Env = []string{"HOME=" + filepath.Dir(db)}
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &testServer{cmd: cmd, exited: make(chan error, 1)}
	var said bytes.Buffer
	lines := bufio.NewScanner(io.TeeReader(log, &said))
	for lines.Scan() {
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			s.url = line.URL
			go func() {
				_, _ = io.Copy(io.Discard, log)
				s.exited <- cmd.Wait()
			}()
			return s, nil
		}
	}
	return nil, fmt.Errorf("notesd did not start: %w\n%s", cmd.Wait(), said.String())
}

// stop ends the server, where it has not ended, and fails where it did not end
// well.
func (s *testServer) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer late.Stop()
	return <-s.exited
}

// serveNotes runs a server until the test ends.
func serveNotes(t *testing.T) string {
	t.Helper()
	s, err := startServer("127.0.0.1:0", filepath.Join(t.TempDir(), "notes.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("notesd: %v", err)
		}
	})
	return s.url
}
