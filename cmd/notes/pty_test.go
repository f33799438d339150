package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// screen is a terminal in which one program runs.
type screen struct {
	t       *testing.T
	control *os.File
	tty     *os.File
	cmd     *exec.Cmd

	mu     sync.Mutex
	output strings.Builder
	read   int // what expect has found so far
	grown  chan struct{}
	before *term.State // of the terminal
}

// open runs a program in a terminal of 80 by 24.
func open(t *testing.T, env []string, program string, args ...string) *screen {
	t.Helper()
	control, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(control, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, control: control, tty: tty, cmd: exec.Command(program, args...), grown: make(chan struct{}, 1)}
	if s.before, err = term.GetState(int(tty.Fd())); err != nil {
		t.Fatal(err)
	}
	s.cmd.Env = append(append(os.Environ(), "TERM=xterm", "NOTES_TOKEN="), env...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = tty, tty, tty
	s.cmd.SysProcAttr = ownTerminal()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.follow()
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
		}
		_ = tty.Close()
		_ = control.Close()
	})
	return s
}

func (s *screen) follow() {
	b := make([]byte, 4096)
	for {
		n, err := s.control.Read(b)
		s.mu.Lock()
		s.output.Write(b[:n])
		s.mu.Unlock()
		select {
		case s.grown <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// text is all that the program wrote.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.output.String()
}

// expect waits until the program has written this after what was expected last.
func (s *screen) expect(want string) {
	s.t.Helper()
	late := time.After(patience)
	for {
		all := s.text()
		if i := strings.Index(all[s.read:], want); i >= 0 {
			s.read += i + len(want)
			return
		}
		select {
		case <-s.grown:
		case <-late:
			s.t.Fatalf("no %q in %q", want, all[s.read:])
		}
	}
}

func (s *screen) send(keys string) {
	s.t.Helper()
	if _, err := s.control.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// unchanged reports whether the terminal is as it was at first.
func (s *screen) unchanged() bool {
	s.t.Helper()
	now, err := term.GetState(int(s.tty.Fd()))
	if err != nil {
		s.t.Fatal(err)
	}
	return reflect.DeepEqual(now, s.before)
}

// exits waits for the end of the program and checks its exit code.
func (s *screen) exits(want int) {
	s.t.Helper()
	late := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer late.Stop()
	err := s.cmd.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		s.t.Fatal(err)
	}
	if got := s.cmd.ProcessState.ExitCode(); got != want {
		s.t.Errorf("exit code %d, want %d: %q", got, want, s.text())
	}
}

const (
	ctrlC = "\x03"
	ctrlD = "\x04"
	enter = "\r"
)

// person is somebody at a terminal with a server of their own.
func person(t *testing.T) (env []string) {
	t.Helper()
	return []string{"NOTES_CONFIG_DIR=" + filepath.Join(t.TempDir(), "config"), "NOTES_SERVER=" + serveNotes(t), "NO_COLOR=1"}
}

// output runs notes without a terminal and returns its stdout.
func output(t *testing.T, env []string, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("notes", args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(stdin)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("notes %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
	return strings.TrimSuffix(string(out), "\n")
}

func signUp(t *testing.T, env []string) {
	t.Helper()
	output(t, env, password+"\n", "signup", "--user", "ann", "--password-stdin", "--insecure-storage")
}

func TestPrompts(t *testing.T) {
	t.Parallel()
	env := person(t)

	s := open(t, env, "notes", "signup", "--insecure-storage")
	s.expect("User name: ")
	s.send("ann" + enter)
	s.expect("Password (12 characters at least): ")
	s.send(password + enter)
	s.expect("The same again: ")
	s.send("something else" + enter)
	s.expect("notes: the two passwords are not the same")
	s.exits(1)

	s = open(t, env, "notes", "signup", "--user", "ann", "--insecure-storage")
	for _, question := range []string{"Password (12 characters at least): ", "The same again: "} {
		s.expect(question)
		s.send(password + enter)
	}
	s.expect(" as ann")
	s.exits(0)
	if strings.Contains(s.text(), password) {
		t.Errorf("the password was shown: %q", s.text())
	}

	s = open(t, env, "notes", "login", "--insecure-storage")
	s.expect("User name: ")
	s.send("ann" + enter)
	s.expect("Password: ")
	s.send("wrong" + enter)
	s.expect("notes: the user name or the password is wrong")
	s.exits(4)

	s = open(t, env, "notes", "passwd")
	s.expect("Current password: ")
	s.send(password + enter)
	for _, question := range []string{"New password (12 characters at least): ", "The same again: "} {
		s.expect(question)
		s.send("another long password" + enter)
	}
	s.expect("the password is changed")
	s.exits(0)
}

// On a terminal, an account goes when both its name and its password are typed.
func TestDeleteAccountOnATerminal(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	output(t, env, "", "add", "Buy", "milk")
	del := func(name string, then func(*screen)) {
		s := open(t, env, "notes", "account", "delete")
		s.expect(" has 1 note, 1 login: all that will be deleted")
		s.expect("Type the user name to go on: ")
		s.send(name + enter)
		then(s)
		if strings.Contains(s.text(), password) {
			t.Errorf("the password was shown: %q", s.text())
		}
	}
	del("bob", func(s *screen) {
		s.expect("that is not the user name: nothing was done")
		s.exits(1)
	})
	del("ann", func(s *screen) {
		s.expect("Password: ")
		s.send("not the password" + enter)
		s.exits(4)
	})
	del("ann", func(s *screen) {
		s.expect("Password: ")
		s.send(password + enter)
		s.expect(" is deleted")
		s.exits(0)
	})
}

// A token that is typed or pasted is not shown.
func TestTokenOnATerminal(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	token := output(t, env, "", "token", "create", "laptop")
	s := open(t, env, "notes", "login", "--with-token", "--insecure-storage")
	s.expect("Token: ")
	s.send(token + enter)
	s.expect(" as ann, by a token that may read and change notes")
	s.exits(0)
	if strings.Contains(s.text(), token) {
		t.Errorf("the token was shown: %q", s.text())
	}
}

// Ctrl-C ends a prompt and leaves the terminal as it was.
func TestInterruptedPrompt(t *testing.T) {
	t.Parallel()
	env := person(t)
	for _, args := range [][]string{
		{"login", "--insecure-storage"}, {"login", "--user", "ann", "--insecure-storage"}, {"passwd"},
	} {
		if args[0] == "passwd" {
			signUp(t, env)
		}
		s := open(t, env, "notes", args...)
		s.expect(": ")
		s.send(ctrlC)
		s.exits(130)
		if !s.unchanged() {
			t.Errorf("%v leaves the terminal in disorder", args)
		}
	}
}

// Ctrl-D at a prompt is an answer, too.
func TestNothingTyped(t *testing.T) {
	t.Parallel()
	env := person(t)
	for _, args := range [][]string{
		{"login", "--insecure-storage"}, {"login", "--user", "ann", "--insecure-storage"}, {"trash", "empty"},
	} {
		if args[0] == "trash" {
			signUp(t, env)
		}
		s := open(t, env, "notes", args...)
		if args[0] == "trash" {
			s.expect("[y/N] ")
		} else {
			s.expect(": ")
		}
		s.send(ctrlD)
		s.expect("\nnotes: nothing was typed: nothing is done")
		s.exits(1)
	}
}

// A query that never ends shows what it has, and Ctrl-C ends it.
func TestEndlessQuery(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	s := open(t, env, "notes", "ls", "--json", "id", "--jq", `"first", (repeat(1) | empty)`)
	s.expect("first")
	s.send(ctrlC)
	s.exits(130)
}

func TestInterruptedRequest(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	s := open(t, []string{"NOTES_SERVER=http://" + l.Addr().String(), "NOTES_TOKEN=token"}, "notes", "ls")
	conn, err := l.Accept() // and never answer
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	s.send(ctrlC)
	s.exits(130)
	if strings.Contains(s.text(), "notes:") {
		t.Errorf("it said %q", s.text())
	}
}

// The text that somebody types into notes is not lost to Ctrl-C in the editor,
// which is the editor's own.
func TestEditorOnATerminal(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	editor := filepath.Join(t.TempDir(), "editor")
	err := os.WriteFile(editor, []byte(`#!/bin/sh
test -t 0 && test -t 1 || { echo "no terminal"; exit 1; }
trap 'echo "Typed" > "$1"; exit 0' INT
echo READY
while :; do sleep 0.05; done
`), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	env = append(env, "NOTES_EDITOR="+editor)
	s := open(t, env, "sh", "-c", `trap : INT; id=$(notes add); echo "got <$id>"`)
	s.expect("READY")
	s.send(ctrlC)
	s.expect("got <")
	s.exits(0)
	if got := output(t, env, "", "ls", "--json", "title"); got != `[{"title":"Typed"}]` {
		t.Errorf("the notes are %s after %q", got, s.text())
	}
}

func TestListOnATerminal(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	id := output(t, env, "", "add", "Buy", "milk", "--tag", "home")
	env = append(env, "NO_COLOR=")
	s := open(t, env, "notes", "ls")
	s.exits(0)
	s.expect(fmt.Sprintf("\x1b[36;1m%s\x1b[0m\x1b[2m%s\x1b[0m", id[:1], id[1:]))
	s.expect("just now")

	s = open(t, append(env, "PAGER=sed s/milk/PAGED/"), "notes", "show", id[:4])
	s.exits(0)
	s.expect("Buy PAGED")

	s = open(t, env, "notes", "show", id[:4], "--json", "title")
	s.exits(0)
	s.expect("{\r\n  \"title\": \"Buy milk\"\r\n}")
}
