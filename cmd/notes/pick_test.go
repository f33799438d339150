package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	esc  = "\x1b"
	down = "\x1b[B"
)

// Somebody types a part of a title, sees the note, and gets its id; the terminal
// is theirs again.
func TestPick(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	milk := output(t, env, "", "add", "--tag", "shop", "--title", "Buy milk", "two bottles")
	evil := output(t, env, "", "add", "--title", "Evil \x1b]0;pwned\a \x1b[2J", "\x1b]0;body\a")
	for range 30 {
		output(t, env, "", "add", "Something else")
	}
	file := filepath.Join(t.TempDir(), "id")

	s := open(t, env, "sh", "-c", `notes pick > "$0"`, file)
	s.expect("32/32")
	s.send("mlk shp")
	s.expect("1/32")
	s.expect("two bottles")
	s.send(enter)
	s.expect(leaveScreen)
	s.exits(0)
	if got, err := os.ReadFile(file); string(got) != milk+"\n" {
		t.Errorf("the id is %q, want %q, %v", got, milk, err)
	}
	if !s.unchanged() {
		t.Errorf("the terminal is left in disorder after %q", s.text())
	}

	// What others wrote does nothing to the terminal.
	s = open(t, env, "notes", "pick", "evil")
	s.expect(`Evil \x1b]0;pwned\x07 \x1b[2J`)
	s.expect(`\x1b]0;body\x07`)
	s.send(enter)
	s.expect(evil)
	s.exits(0)
	if strings.Contains(s.text(), "\x1b]0") || strings.Contains(s.text(), "\x1b[2J") {
		t.Errorf("control characters reached the terminal: %q", s.text())
	}

	for _, key := range []string{esc, ctrlC, ctrlD} {
		s = open(t, env, "notes", "pick")
		s.expect("32/32")
		s.send(key)
		s.expect(leaveScreen)
		s.exits(130)
		if !s.unchanged() || strings.Contains(s.text(), "notes:") {
			t.Errorf("after %q: %q", key, s.text())
		}
	}

	s = open(t, env, "notes", "pick", "--show", "--tag", "shop")
	s.expect("1/1")
	s.send(down + enter)
	s.expect(leaveScreen)
	s.expect("two bottles")
	s.exits(0)

	// What is typed after the choice is for the editor.
	s = open(t, append(env, `NOTES_EDITOR=sh -c 'read line; echo "$line" > "$1"' ed`), "notes", "pick", "--edit", "milk")
	s.expect("1/32")
	s.send(enter)
	s.expect(leaveScreen)
	s.send("Typed" + enter)
	s.expect(`saved ` + milk + ` "Typed"`)
	s.exits(0)
}

// The first notes are there before the last have come, and the server's absence
// is told on the user's own screen.
func TestPickOfMany(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	var lines strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&lines, `{"id":"%012d","title":"Note %d","body":"","tags":[],"pinned":false,"archived":false,"created_at":"2020-01-01T00:00:00Z","updated_at":"2020-01-01T00:00:00Z","trashed_at":null}`+"\n", i, i)
	}
	output(t, env, lines.String(), "import", "-")
	s := open(t, env, "notes", "pick")
	s.expect(" …")
	s.expect("1000/1000")
	s.send("note 777" + enter)
	s.expect(fmt.Sprintf("%012d", 777))
	s.exits(0)

	s = open(t, []string{"NOTES_SERVER=http://127.0.0.1:1", "NOTES_TOKEN=token"}, "notes", "pick")
	s.expect(leaveScreen)
	s.expect("notes: http://127.0.0.1:1 cannot be reached")
	s.exits(6)
	if !s.unchanged() {
		t.Error("the terminal is left in disorder")
	}
}
