package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// canary is in every text, tag and password of TestCanaries, but never in what
// others may read: the talk of NOTES_DEBUG, and the command line and environment
// of the programs that notes starts.
const canary = "canary"

// spy is an editor and a pager that writes down what the system shows of it and
// of notes, its parent.
const spy = `#!/bin/sh
{ tr '\0' '\n' < /proc/$$/cmdline; tr '\0' '\n' < /proc/$$/environ; tr '\0' '\n' < /proc/$PPID/cmdline; } >> "$SPY"
case "$1" in
/*) echo "canary-typed into the editor" > "$1" ;;
*) cat ;;
esac
`

// TestCanaries uses the command line with words to look for. What the server does
// with such is TestCanaries of torture.
func TestCanaries(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
			t.Fatal(err)
		}
		t.Skip("there is no /proc")
	}
	dir := t.TempDir()
	program, report := filepath.Join(dir, "spy"), filepath.Join(dir, "report")
	if err := os.WriteFile(program, []byte(spy), 0o700); err != nil {
		t.Fatal(err)
	}
	env := append(person(t), "NOTES_DEBUG=1", "SPY="+report, "NOTES_EDITOR="+program, "NOTES_PAGER="+program)
	var talk strings.Builder
	notes := func(stdin string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "notes", args...)
		cmd.Env, cmd.Stdin, cmd.Stderr = append(os.Environ(), env...), strings.NewReader(stdin), &talk
		out, err := cmd.Output()
		if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	const pass = "canary-password that is long"
	notes(pass+"\n", "signup", "--user", "ann", "--password-stdin", "--insecure-storage")
	notes("canary-wrong password\n", "login", "--user", "ann", "--password-stdin", "--insecure-storage")
	id := notes("canary-title\ncanary-body\n", "add", "-", "--tag", "canary-tag")
	if len(id) != 12 {
		t.Fatalf("add printed %q: %s", id, talk.String())
	}
	notes("", "ls", "--tag", "canary-tag", "--sort", "title")
	if found := notes("", "search", "canary-body", "-canary-nosuch", "tag:canary-tag"); !strings.HasPrefix(found, id) {
		t.Fatalf("search printed %q: %s", found, talk.String())
	}
	notes("", "search", "canary "+strings.Repeat("canary", 200))
	notes("", "show", id)
	notes("canary-more\n", "append", id, "-")
	notes("", "update", id, "--title", "canary-title two", "--tag", "canary-tag2")
	notes("", "rm", id)
	notes("", "restore", id)
	notes(pass+"\ncanary-new password\n", "passwd", "--password-stdin")
	tokens := secretsIn(t, env)
	env = append(env, "NOTES_TOKEN="+tokens[0])
	notes("", "ls", "--tag", "canary-tag")
	for _, args := range [][]string{{"show", id}, {"add"}, {"edit", id}} {
		s := open(t, env, "notes", args...)
		s.exits(0)
		for line := range strings.Lines(s.text()) {
			if strings.HasPrefix(line, "debug: ") {
				talk.WriteString(line)
			}
		}
	}

	seen, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(seen), "SPY="); n != 3 {
		t.Fatalf("the spy was started %d times: %s", n, seen)
	}
	if n := strings.Count(talk.String(), "debug: "); n < 15 {
		t.Fatalf("%d requests were told of: %s", n, talk.String())
	}
	for line := range strings.Lines(talk.String()) {
		hidden := append([]string{pass, "canary-wrong password", "canary-new password"}, tokens...)
		if strings.HasPrefix(line, "debug: ") { // else it may name a note
			hidden = append(hidden, canary)
		}
		absent(t, line, hidden...)
	}
	absent(t, string(seen), append(tokens, canary)...)
}

// absent wants none of the secrets in a text.
func absent(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
			t.Errorf("%q is in %s", s, text)
		}
	}
}

// secretsIn returns the tokens that are kept in the file, the access token first.
func secretsIn(t *testing.T, env []string) (tokens []string) {
	t.Helper()
	dir := strings.TrimPrefix(env[0], "NOTES_CONFIG_DIR=")
	kept, err := os.ReadFile(filepath.Join(dir, "tokens.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"access_token", "refresh_token"} {
		m := regexp.MustCompile(`"` + name + `": "([^"]+)"`).FindSubmatch(kept)
		if m == nil {
			t.Fatalf("no %s in %s", name, kept)
		}
		tokens = append(tokens, string(m[1]))
	}
	return tokens
}
