package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// On a terminal the command has one of its own, of the same size, and what is
// typed reaches it; the note has its text without colours.
func TestRunOnATerminal(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	s := open(t, env, "notes", "run", "--title", "Typed", "sh", "-c",
		`test -t 0 && test -t 1 && test -t 2 && stty size; read line; printf '\033[31mgot %s\033[0m\n' "$line"; exit 3`)
	s.expect("24 80")
	s.send("hello" + enter)
	s.expect("\x1b[31mgot hello")
	s.expect("notes: kept as ")
	s.exits(3)
	if !s.unchanged() {
		t.Error("the terminal is left in disorder")
	}
	if got := output(t, env, "", "ls", "--json", "title,body", "--jq", ".[]|.title,.body"); !strings.Contains(got, "24 80\nhello\ngot hello\n") {
		t.Errorf("the note is %q", got)
	}
}

// Ctrl-C is the command's, once, with and without a terminal of its own; then the
// note is saved.
func TestInterruptedRun(t *testing.T) {
	t.Parallel()
	const command = `trap 'echo CAUGHT >&2; exit 7' INT; echo READY >&2; while :; do sleep 0.05; done`
	for name, line := range map[string][]string{
		"with a terminal":    {"notes", "run", "sh", "-c", command},
		"with a pipe":        {"sh", "-c", `trap : INT; notes run sh -c "$0" > /dev/null`, command},
		"that does not care": {"notes", "run", "sh", "-c", `echo READY; exec sleep 100`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := person(t)
			signUp(t, env)
			s := open(t, env, line[0], line[1:]...)
			s.expect("READY")
			s.send(ctrlC)
			want := 7
			if name == "that does not care" {
				want = 130
			} else {
				s.expect("CAUGHT")
			}
			s.expect("notes: kept as ")
			s.exits(want)
			body := output(t, env, "", "ls", "--json", "body", "--jq", ".[].body")
			if strings.Count(body, "READY\n") != 1 || want == 7 && strings.Count(body, "CAUGHT\n") != 1 {
				t.Errorf("the note is %q", body)
			}
		})
	}
}

// A signal from elsewhere is passed on.
func TestSignalToRun(t *testing.T) {
	t.Parallel()
	for _, sig := range []string{"TERM", "QUIT"} {
		t.Run(sig, func(t *testing.T) {
			t.Parallel()
			env := person(t)
			signUp(t, env)
			out := filepath.Join(t.TempDir(), "out")
			cmd := exec.CommandContext(t.Context(), "sh", "-c", `
notes run sh -c 'trap "echo CAUGHT; exit 9" '$1'; echo $PPID; while :; do sleep 0.05; done' > "$0" < /dev/null &
until test -s "$0"; do sleep 0.05; done
kill -$1 $(cat "$0")
wait $!`, out, sig)
			cmd.Env = append(cmd.Environ(), env...)
			said, err := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != 9 {
				t.Errorf("%v: %s", err, said)
			}
			if body := output(t, env, "", "ls", "--json", "body", "--jq", ".[].body"); !strings.Contains(body, "CAUGHT\n") {
				t.Errorf("the note is %q", body)
			}
		})
	}
}
