package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// page lets a person read what write writes in a pager: NOTES_PAGER, else
// PAGER, else less where there is one. An empty NOTES_PAGER, or cat, turns it
// off, and so does an output that is no terminal. A reader who leaves early is
// no error. lookupenv is os.LookupEnv.
func (p *printer) page(lookupenv func(string) (string, bool), write func(w io.Writer) error) error {
	command := pagerCommand(lookupenv)
	if command == "" || !p.tty {
		return write(p)
	}
	cmd := shellCommand(command)
	cmd.Stdout, cmd.Stderr, cmd.Env = p.Writer, os.Stderr, pagerEnv(cmd.Environ())
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return write(p)
	}
	err = write(in)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, os.ErrClosed) {
		err = nil
	}
	_ = in.Close() // fails where the pager has left
	if exit := cmd.Wait(); exit != nil {
		err = errors.Join(err, fmt.Errorf("the pager %q: %w", command, exit))
	}
	return err
}

// pagerCommand returns the pager's command line, empty for none.
func pagerCommand(lookupenv func(string) (string, bool)) string {
	command, ok := lookupenv("NOTES_PAGER")
	if !ok {
		command, ok = lookupenv("PAGER")
	}
	if !ok {
		if _, err := exec.LookPath("less"); err != nil {
			return ""
		}
		command = "less"
	}
	if command = strings.TrimSpace(command); command == "cat" {
		return ""
	}
	return command
}

// shellSyntax are the characters that make more of a command line than a
// program and its arguments.
const shellSyntax = "|&;<>()$`\\\"'*?[#~=%"

// shellCommand runs a command line that the user chose as git runs its own: by
// the shell, so that it may have arguments and quotes. A program that has the
// terminal takes the shell's place, which would die of its Ctrl-C and end the
// wait for it. Windows has no such shell; there the line is split at spaces.
func shellCommand(line string) *exec.Cmd {
	ctx := context.Background() // the program ends when its user ends it
	if runtime.GOOS == "windows" {
		words := strings.Fields(line)
		return exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // the user's own command
	}
	if !strings.ContainsAny(line, shellSyntax) {
		line = "exec " + line
	}
	return exec.CommandContext(ctx, "sh", "-c", line) //nolint:gosec // the user's own command
}

// pagerEnv is the environment of the pager: without the login, and with what
// makes less pass colours through, leave a short text on the screen and quit.
func pagerEnv(environ []string) []string {
	env := withoutLogin(environ)
	if !slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "LESS=") }) {
		env = append(env, "LESS=FRX")
	}
	return env
}

// withoutLogin is the environment of a program that has no need of the login.
func withoutLogin(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		return strings.HasPrefix(kv, "NOTES_TOKEN=")
	})
}
