package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/term"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

const otherPassword = "a wholly other phrase"

// operate runs one command, with these lines on stdin.
func operate(t *testing.T, url, stdin string, args ...string) (code int, out, errOut string) {
	t.Helper()
	return operateFrom(t, strings.NewReader(stdin), url, args...)
}

func operateFrom(t *testing.T, in io.Reader, url string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e strings.Builder
	cmd := newCommand(&o, &e, none)
	cmd.SetIn(in)
	code = execute(t.Context(), cmd, append(args, "--store", url))
	return code, o.String(), e.String()
}

// did wants a command to succeed, and returns what it printed.
func did(t *testing.T, url, stdin string, args ...string) string {
	t.Helper()
	code, out, errOut := operate(t, url, stdin, args...)
	if code != 0 {
		t.Fatalf("notesd %v: exit code %d: %s", args, code, errOut)
	}
	return out
}

// TestUsersCountAtOnce operates beside a running server, whose cache a client
// keeps hot: the first request after each command knows of it.
func TestUsersCountAtOnce(t *testing.T) {
	t.Parallel()
	for engine, url := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			p := serveStore(t, "--store", url, "--signup", "closed")
			did(t, url, password+"\n", "users", "add", "ann", "--password-stdin")
			ann := loggedIn(t, p, "ann", password)
			defer keepHot(t, ann)()

			for range 2 {
				did(t, url, "", "users", "disable", "ann")
				wantMe(t, ann, "disabled", api.ErrUnauthorized)
				wantNoLogin(t, p, "ann", password)
			}
			did(t, url, "", "users", "enable", "ANN")
			wantMe(t, ann, "enabled again", nil)

			did(t, url, otherPassword+"\n", "users", "set-password", "ann", "--password-stdin")
			wantMe(t, ann, "another password", api.ErrUnauthorized)
			wantNoLogin(t, p, "ann", password)
			again := loggedIn(t, p, "ann", otherPassword)
			defer keepHot(t, again)()

			if out := did(t, url, "", "users", "delete", "ann", "--yes"); !strings.Contains(out, "0 notes and 1 login or token is deleted") {
				t.Errorf("what was deleted: %s", out)
			}
			wantMe(t, again, "deleted", api.ErrUnauthorized)
			wantNoLogin(t, p, "ann", otherPassword)
		})
	}
}

func loggedIn(t *testing.T, p process, name, pass string) *client.Client {
	t.Helper()
	l, err := newClient(t, p.url).Login(t.Context(), api.NewSession{Username: name, Password: pass})
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, p.url, client.WithToken(l.AccessToken))
}

func wantNoLogin(t *testing.T, p process, name, pass string) {
	t.Helper()
	if _, err := newClient(t, p.url).Login(t.Context(), api.NewSession{Username: name, Password: pass}); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("a login of %s: %v", name, err)
	}
}

func wantMe(t *testing.T, c *client.Client, when string, want error) {
	t.Helper()
	if _, err := c.Me(t.Context()); !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", when, err, want)
	}
}

// keepHot asks and asks until stop is called.
func keepHot(t *testing.T, c *client.Client) (stop func()) {
	stopped := make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() {
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			select {
			case <-stopped:
				tick.Stop()
				return
			case <-tick.C:
				_, _ = c.Me(t.Context())
			}
		}
	})
	return func() { close(stopped); asking.Wait() }
}

func TestUsersList(t *testing.T) {
	t.Parallel()
	for engine, url := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			p := serveStore(t, "--store", url)
			for _, name := range []string{"Zoë", "bob", "Ann"} {
				did(t, url, password+"\n", "users", "add", name, "--password-stdin")
			}
			ann := loggedIn(t, p, "ann", password)
			for range 2 {
				if _, err := ann.CreateNote(t.Context(), api.NewNote{Title: "t"}); err != nil {
					t.Fatal(err)
				}
			}
			did(t, url, "", "users", "disable", "bob")

			var names []string
			lines := map[string]userLine{}
			for line := range strings.Lines(did(t, url, "", "users", "list", "--json")) {
				var u userLine
				if err := json.Unmarshal([]byte(line), &u); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				names, lines[u.Username] = append(names, u.Username), u
			}
			if d := cmp.Diff([]string{"Ann", "bob", "Zoë"}, names); d != "" {
				t.Errorf("names (-want +got):\n%s", d)
			}
			if u := lines["Ann"]; u.Notes != 2 || u.Sessions != 1 || u.LastUsedAt == nil || u.DisabledAt != nil {
				t.Errorf("ann: %+v", u)
			}
			if u := lines["bob"]; u.Notes != 0 || u.Sessions != 0 || u.LastUsedAt != nil || u.DisabledAt == nil {
				t.Errorf("bob: %+v", u)
			}
			table := strings.Split(did(t, url, "", "users", "list"), "\n")
			if len(table) != 5 || !strings.HasPrefix(table[0], "NAME") || !strings.HasSuffix(table[1], "  1         2      active") ||
				!strings.Contains(table[2], "disabled since 20") {
				t.Errorf("table:\n%s", strings.Join(table, "\n"))
			}
		})
	}
}

// TestUsersListPages lists more users than are read at once, which is 500.
func TestUsersListPages(t *testing.T) {
	t.Parallel()
	const users = 1001
	path := t.TempDir() + "/notes.db"
	st, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	load := func(yield func(store.Record, error) bool) {
		for i := range users {
			key := fmt.Sprintf("user%04d", i)
			if !yield(store.Record{User: &store.User{ID: api.NewID(), Username: key, Key: key}}, nil) {
				return
			}
		}
	}
	if err := st.Load(t.Context(), load); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(did(t, "sqlite:"+path, "", "users", "list"), "\n")
	for i := range users {
		if want := fmt.Sprintf("user%04d ", i); !strings.HasPrefix(lines[i+1], want) {
			t.Fatalf("line %d is %q, want %s", i, lines[i+1], want)
		}
	}
}

func TestUsersRefuses(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/notes.db"
	serveStore(t, "--store", url).stop()
	did(t, url, password+"\n", "users", "add", "ann", "--password-stdin")
	for _, tt := range []struct {
		args, stdin string
		code        int
		want        string
	}{
		{"users bogus", "", 2, "bogus"},
		{"users add", "", 2, "one user name"},
		{"users add a b", "", 2, "one user name"},
		{"users list ann", "", 2, "ann"},
		{"users list --bogus", "", 2, "--bogus"},
		{"users add bob", "", 2, "--password-stdin"},
		{"users add bob --password-stdin", "", 2, "no line"},
		{"users add bob --password-stdin", "short\n", 1, "12 characters"},
		{"users add bob --password-stdin", "passwordpassword\n", 1, "too common"},
		{"users add bob --password-stdin", strings.Repeat("x-y", 400) + "\n", 1, "1024 bytes"},
		{"users add Ann --password-stdin", password + "\n", 1, "ann (" /* its id */},
		{"users add a/b --password-stdin", password + "\n", 1, "letters"},
		{"users set-password bob --password-stdin", password + "\n", 1, "notesd users list"},
		{"users set-password ann --password-stdin", "short\n", 1, "12 characters"},
		{"users disable bob", "", 1, "no user"},
		{"users enable bob", "", 1, "no user"},
		{"users unlock bob", "", 1, "no user"},
		{"users delete bob --yes", "", 1, "no user"},
		{"users delete ann", "ann\n", 2, "--yes"},
	} {
		code, out, errOut := operate(t, url, tt.stdin, strings.Fields(tt.args)...)
		if code != tt.code || !strings.Contains(errOut, tt.want) || out != "" {
			t.Errorf("notesd %s: exit code %d, want %d; %q lacks %q; prints %q", tt.args, code, tt.code, errOut, tt.want, out)
		}
	}
	for _, url := range []string{"sqlite:" + t.TempDir() + "/none.db", "sqlite:" + t.TempDir() + "/none/notes.db"} {
		if code, _, errOut := operate(t, url, "", "users", "list"); code != 1 || !strings.Contains(errOut, "NOTESD_STORE") {
			t.Errorf("no store: exit code %d: %s", code, errOut)
		}
		if _, err := os.Stat(strings.TrimPrefix(url, "sqlite:")); err == nil {
			t.Error("a store was made")
		}
	}
}

// typist types into the terminal that a command asks on.
type typist struct {
	t       *testing.T
	control *os.File
	tty     *os.File
	plain   term.State
	mu      sync.Mutex
	shown   bytes.Buffer // what the terminal shows by itself
}

func newTypist(t *testing.T) *typist {
	t.Helper()
	control, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	y := &typist{t: t, control: control, tty: tty, plain: *plain}
	go func() {
		b := make([]byte, 1024)
		for {
			n, err := control.Read(b)
			y.mu.Lock()
			y.shown.Write(b[:n])
			y.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { _ = tty.Close(); _ = control.Close() })
	return y
}

// hidden types lines as soon as the terminal does not show them.
func (y *typist) hidden(lines ...string) { y.unseen(strings.Join(lines, "\n") + "\n") }

func (y *typist) unseen(keys string) {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if state, err := term.GetState(int(y.tty.Fd())); err == nil && *state != y.plain {
			_, _ = io.WriteString(y.control, keys)
			return
		}
	}
	y.t.Error("nobody asked for a password")
}

func TestUsersAsk(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/notes.db"
	p := serveStore(t, "--store", url)
	y := newTypist(t)
	ask := func(want int, says string, typing func(), args ...string) {
		t.Helper()
		var typed sync.WaitGroup
		typed.Go(typing)
		code, out, errOut := operateFrom(t, y.tty, url, args...)
		typed.Wait()
		if code != want || !strings.Contains(out+errOut, says) {
			t.Errorf("notesd %v: exit code %d, %q lacks %q", args, code, out+errOut, says)
		}
	}
	ask(1, "not the same", func() { y.hidden(password, otherPassword) }, "users", "add", "ann")
	const ctrlD = "\x04"
	ask(1, "notesd: nothing was typed: nothing is done", func() { y.unseen(ctrlD) }, "users", "add", "ann")
	ask(1, "notesd: nothing was typed: nothing is done", func() { y.unseen(password + "\n" + ctrlD) }, "users", "add", "ann")
	ask(1, "too common", func() { y.hidden("passwordpassword") }, "users", "add", "ann")
	ask(0, "ann (", func() { y.hidden(password, password) }, "users", "add", "ann")
	loggedIn(t, p, "ann", password)
	ask(1, "there already", func() {}, "users", "add", "ann")

	line := func(s string) func() { return func() { _, _ = io.WriteString(y.control, s+"\n") } }
	ask(1, "nothing was done", line("yes"), "users", "delete", "ann")
	ask(1, "\nnotesd: nothing was typed: nothing is done", func() { _, _ = io.WriteString(y.control, ctrlD) }, "users", "delete", "ann")
	ask(0, "is deleted", line("ann"), "users", "delete", "ann")

	y.mu.Lock()
	defer y.mu.Unlock()
	if shown := y.shown.String(); strings.Contains(shown, "horse") || strings.Contains(shown, "phrase") {
		t.Errorf("the terminal shows a password: %q", shown)
	}
}
