//go:build linux

package torture

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// stopWithin is how long a server may take to end after SIGTERM.
const stopWithin = 10 * time.Second

// TestSecondServer wants one server on a file, and another one as soon as the
// first is gone, however it went.
func TestSecondServer(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/notes.db"
	first := start(t, "--store", url)
	said, code := refusal(t, command("--store", url))
	if code != 1 || !strings.Contains(said, fmt.Sprintf("the store is in use by process %d", first.PID)) {
		t.Errorf("a second server: exit code %d, %s", code, said)
	}
	if err := newClient(t, first.URL).Ready(t.Context()); err != nil {
		t.Errorf("the first server after it: %v", err)
	}
	first.Kill()
	if err := newClient(t, first.URL).Ready(t.Context()); !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("a server that was killed: %v", err)
	}
	second := start(t, "--store", url)
	if err := newClient(t, second.URL).Ready(t.Context()); err != nil {
		t.Errorf("the server after it: %v", err)
	}
}

// TestModes wants what the program makes to be its owner's alone, whatever the
// umask.
func TestModes(t *testing.T) {
	t.Parallel()
	for _, umask := range []string{"000", "022", "277"} {
		root := t.TempDir()
		cmd := command("--store", "sqlite:"+root+"/new/data/notes.db")
		cmd.Args = append([]string{"sh", "-c", "umask " + umask + ` && exec "$0" "$@"`, notesd}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
		p := startCommand(t, cmd)
		signUp(t, p.URL, "ann")
		files := 0
		err := filepath.WalkDir(filepath.Join(root, "new"), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			want := fs.FileMode(0o600)
			if d.IsDir() {
				want = fs.ModeDir | 0o700
			}
			if info.Mode() != want {
				t.Errorf("umask %s: %s is %v, want %v", umask, path, info.Mode(), want)
			}
			files++
			return nil
		})
		if err != nil || files != 6 { // two folders, notes.db, its log and the log's index, the lock
			t.Errorf("umask %s: %d files, %v", umask, files, err)
		}
	}
}

// TestStopUnderLoad stops a server that gets 200 writes a second. It ends in
// time, and what it has acknowledged is there.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/notes.db"
	p := start(t, "--store", url)
	login := signUp(t, p.URL, "ann")
	l := newLedger(t, 10)
	var slowest time.Duration
	stops := count(3, 50)
	for range stops {
		ctx, stop := context.WithCancel(t.Context())
		stopped := l.run(ctx, as(t, p.URL, login), 50*time.Millisecond)
		goal := l.acked.Load() + 200
		eventually(t, time.Minute, "writes", func() bool { return l.acked.Load() >= goal })
		begun := time.Now()
		if code := p.Stop(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		slowest = max(slowest, time.Since(begun))
		stop()
		stopped()
		p = start(t, "--store", url)
		l.check(t.Context(), as(t, p.URL, login))
	}
	c := as(t, p.URL, login)
	l.settle(t.Context(), c)
	notes := l.check(t.Context(), c)
	if slowest > stopWithin {
		t.Errorf("a stop took %s", slowest)
	}
	t.Logf("%d stops under 200 writes a second: %d writes acknowledged, %d notes, none lost, none twice; slowest stop %s",
		stops, l.acked.Load(), notes, slowest.Round(time.Millisecond))
}

// TestStopWithHalfARequest stops a server to which somebody has begun a request
// and not ended it: it waits, though not for ever. A second signal is not waited
// for.
func TestStopWithHalfARequest(t *testing.T) {
	t.Parallel()
	for name, signals := range map[string]int{"once": 1, "twice": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "--store", "sqlite:"+t.TempDir()+"/notes.db")
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write([]byte("POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\n")); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			p.Signal(syscall.SIGTERM)
			if signals == 1 {
				if code := p.Wait(); code != 0 || time.Since(begun) > stopWithin {
					t.Errorf("exit code %d after %s", code, time.Since(begun))
				}
				return
			}
			// The first signal has been taken when no new connection is.
			eventually(t, stopWithin, "no new connections", func() bool {
				c, err := new(net.Dialer).DialContext(t.Context(), "tcp", conn.RemoteAddr().String())
				if err == nil {
					_ = c.Close()
				}
				return err != nil
			})
			p.Signal(syscall.SIGTERM)
			if code := p.Wait(); code != -1 || time.Since(begun) > 3*time.Second {
				t.Errorf("after two signals: exit code %d after %s", code, time.Since(begun))
			}
		})
	}
}
