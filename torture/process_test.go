//go:build linux

package torture

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
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

// TestStopUnderLoad stops a server that gets 200 writes a second, which 100 streams
// follow. It ends in time, and what it has acknowledged is there.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/notes.db"
	p := start(t, "--store", url)
	login := signUp(t, p.URL, "ann")
	logins := []api.Login{login}
	for i := range 4 {
		logins = append(logins, signUp(t, p.URL, fmt.Sprint("follower", i)))
	}
	l := newLedger(t, 10)
	var slowest time.Duration
	stops := count(3, 50)
	for range stops {
		ctx, stop := context.WithCancel(t.Context())
		stopped := l.run(ctx, as(t, p.URL, login), 50*time.Millisecond)
		ended := openStreams(t, p, logins)
		goal := l.acked.Load() + 200
		eventually(t, time.Minute, "writes", func() bool { return l.acked.Load() >= goal })
		begun := time.Now()
		if code := p.Stop(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		slowest = max(slowest, time.Since(begun))
		ended()
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
	t.Logf("%d stops under 200 writes a second with 100 streams: %d writes acknowledged, %d notes, none lost, none twice; slowest stop %s",
		stops, l.acked.Load(), notes, slowest.Round(time.Millisecond))
}

// TestStopWithHalfARequest stops a server to which somebody has begun a request
// and not ended it.
func TestStopWithHalfARequest(t *testing.T) {
	t.Parallel()
	p := start(t, "--store", "sqlite:"+t.TempDir()+"/notes.db")
	conn := dial(t, p.URL)
	if _, err := conn.Write([]byte("POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\n")); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if code := p.Stop(); code != 0 || time.Since(begun) > stopWithin {
		t.Errorf("exit code %d after %s", code, time.Since(begun))
	}
}

// TestStopWhileARequestRuns stops a server that is in the middle of a write: it
// ends it, and then itself. A second signal is not kept waiting.
func TestStopWhileARequestRuns(t *testing.T) {
	t.Parallel()
	for name, signals := range map[string]int{"once": 1, "twice": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := t.TempDir() + "/notes.db"
			p := start(t, "--store", "sqlite:"+path)
			login := signUp(t, p.URL, "ann")
			release := holdWrites(t, path)
			conn := dial(t, p.URL)
			answers := bufio.NewReader(conn)
			fmt.Fprintf(conn, "POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"+
				"Content-Type: application/json\r\nContent-Length: 23\r\nExpect: 100-continue\r\n\r\n", login.AccessToken)
			wantStatus(t, answers, 100) // from here on it is a request that runs
			fmt.Fprint(conn, `{"title":"t","body":""}`)

			p.Signal(syscall.SIGTERM)
			eventually(t, stopWithin, "no new connections", func() bool {
				c, err := new(net.Dialer).DialContext(t.Context(), "tcp", conn.RemoteAddr().String())
				if err == nil {
					_ = c.Close()
				}
				return err != nil
			})
			if signals == 2 {
				eventually(t, 2*time.Second, "the end", func() bool {
					p.Signal(syscall.SIGTERM) // the second one, or one more if that came too soon after the first
					return p.ended()
				})
				if code := p.Wait(); code != -1 {
					t.Errorf("after two signals: exit code %d", code)
				}
				return
			}
			release()
			wantStatus(t, answers, 201)
			if code := p.Wait(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// holdWrites makes all writes to a store wait.
func holdWrites(t *testing.T, path string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}

func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func wantStatus(t *testing.T, answers *bufio.Reader, status int) {
	t.Helper()
	res, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	if res.StatusCode != status {
		t.Errorf("status %d, want %d", res.StatusCode, status)
	}
}
