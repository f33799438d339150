package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// server is a running notesd on SQLite with a user who has listed notes.
type server struct {
	process *exec.Cmd
	url     string
	token   string
	fresh   int // KiB in memory before anyone came
}

// listed is how many notes the lists have: ten kilobytes of JSON.
const listed = 50

// startServer starts notesd on a free port over a new file, and adds a user and
// the notes.
func (b *bench) startServer(ctx context.Context, db string) (*server, error) {
	s, err := b.launch(ctx, "sqlite:"+filepath.Join(b.dir, db))
	if err != nil {
		return nil, err
	}
	if err := s.fill(ctx); err != nil {
		s.stop()
		return nil, fmt.Errorf("notesd: %w", err)
	}
	return s, nil
}

// launch starts notesd on a free port over a store, with more flags.
func (b *bench) launch(ctx context.Context, store string, more ...string) (*server, error) {
	args := append([]string{"--addr", "127.0.0.1:0", "--log", "json", "--store", store}, more...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(b.dir, "notesd"), args...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{process: cmd}
	if s.url, err = listening(stderr); err != nil {
		s.stop()
		return nil, fmt.Errorf("notesd: %w", err)
	}
	return s, nil
}

// listening waits for the line that says where the server is, and lets the rest
// of its log go.
func listening(log io.Reader) (string, error) {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return line.URL, nil
		}
	}
	return "", errors.Join(errors.New("it ended before it listened"), lines.Err())
}

func (s *server) fill(ctx context.Context) error {
	c, err := client.New(s.url)
	if err != nil {
		return err
	}
	if err := c.Ready(ctx); err != nil {
		return err
	}
	if s.fresh, err = residentKiB(s.process.Process.Pid); err != nil {
		return err
	}
	const name, password = "bench", "a password for the bench"
	if _, err := c.CreateUser(ctx, api.NewUser{Username: name, Password: password}); err != nil {
		return err
	}
	login, err := c.Login(ctx, api.NewSession{Username: name, Password: password})
	if err != nil {
		return err
	}
	s.token = login.AccessToken
	if c, err = client.New(s.url, client.WithToken(s.token)); err != nil {
		return err
	}
	for i := range listed {
		if _, err := c.CreateNote(ctx, api.NewNote{Title: fmt.Sprintf("Note %d", i), Body: "Milk"}); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) stop() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	_ = s.process.Wait()
}

// memory measures the server before its first user came, and with one logged in.
func (b *bench) memory(context.Context) ([]row, error) {
	now, err := residentKiB(b.srv.process.Process.Pid)
	return []row{
		{what: "memory of the server, just started", notes: mib(b.srv.fresh), target: "at most 40 MiB"},
		{what: "memory of the server, a login and 50 adds later", notes: mib(now), target: "at most 40 MiB"},
	}, err
}

func mib(kib int) string { return fmt.Sprintf("%.1f MiB", float64(kib)/1024) }

// residentKiB is what a process has in memory, and peakKiB what it had at most.
func residentKiB(pid int) (int, error) { return memoryKiB(pid, "VmRSS:") }
func peakKiB(pid int) (int, error)     { return memoryKiB(pid, "VmHWM:") }

func memoryKiB(pid int, what string) (int, error) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, what); ok {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
		}
	}
	return 0, fmt.Errorf("no %s in /proc", what)
}
