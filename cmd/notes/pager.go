package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// page lets a person read what write writes in a pager: NOTES_PAGER, else
// PAGER, else less where there is one. An empty NOTES_PAGER, or cat, turns it off, and so
// does an output that is no terminal. A reader who leaves early is no error.
// lookupenv is os.LookupEnv.
func (p *printer) page(lookupenv func(string) (string, bool), write func(w io.Writer) error) error {
	command := pagerCommand(lookupenv)
	if command == "" || !p.tty {
		return write(p)
	}
	cmd := shellCommand(command)
	cmd.Stdout, cmd.Stderr, cmd.Env = p.Writer, os.Stderr, pagerEnv(os.Environ())
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
	in.Close()
	return errors.Join(err, cmd.Wait())
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

// shellCommand runs a command line as git runs its own: by the shell, so that it may have
// arguments and quotes. Windows has no such shell, and splits at spaces.
func shellCommand(line string) *exec.Cmd {
	if runtime.GOOS == "windows" {
		words := strings.Fields(line)
		return exec.Command(words[0], words[1:]...)
	}
	return exec.Command("sh", "-c", line)
}

// pagerEnv is the environment of the pager: without the login, and with what makes less
// pass colours through, leave a short text on the screen and quit.
func pagerEnv(environ []string) []string {
	env := slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		return strings.HasPrefix(kv, "NOTES_TOKEN=")
	})
	if !slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "LESS=") }) {
		env = append(env, "LESS=FRX")
	}
	return env
}
