package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/echo"
)

// ask asks a question on the terminal. Where nobody is there to answer, it is
// an error that names the flag to use instead.
func (a *app) ask(ctx context.Context, question, flag string) (string, error) {
	if !isTerminal(a.in) {
		return "", noTerminal(question, flag)
	}
	a.prompt("%s: ", question)
	line, err := a.answer(ctx)
	if err != nil {
		a.prompt("\n") // the line that nobody has ended
	}
	return line, err
}

// answer is the line that somebody types.
func (a *app) answer(ctx context.Context) (string, error) {
	line, err := await(ctx, func() (string, error) { return readLine(a.in) })
	if errors.Is(err, io.EOF) { // Ctrl-D
		err = errors.New("nothing was typed: nothing is done")
	}
	return line, err
}

func (a *app) prompt(format string, args ...any) { _, _ = fmt.Fprintf(a.errOut, format, args...) }

func noTerminal(question, flag string) error {
	return withHint(usagef("cannot ask for the %s: stdin is not a terminal", strings.ToLower(question)), "use %s", flag)
}

// readLine reads up to the end of a line and not a byte further: what follows
// may be for somebody else.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := r.Read(b)
		if n > 0 && b[0] == '\n' {
			break
		}
		if n > 0 {
			line = append(line, b[0])
		}
		if errors.Is(err, io.EOF) && len(line) > 0 {
			break
		}
		if err != nil {
			return "", err
		}
	}
	return strings.TrimSuffix(string(line), "\r"), nil
}

// askPassword is ask without showing what is typed.
func (a *app) askPassword(ctx context.Context, question string) (string, error) {
	if !isTerminal(a.in) {
		return "", noTerminal(question, "--password-stdin")
	}
	show, err := echo.Hide(a.in.(fder).Fd())
	if err != nil {
		return "", err
	}
	defer a.prompt("\n")
	defer show()
	a.prompt("%s: ", question)
	return a.answer(ctx)
}

// askNewPassword asks twice, since nobody sees what is typed.
func (a *app) askNewPassword(ctx context.Context, question string) (string, error) {
	password, err := a.askPassword(ctx, fmt.Sprintf("%s (%d characters at least)", question, api.MinPassword))
	if err != nil {
		return "", err
	}
	again, err := a.askPassword(ctx, "The same again")
	if err != nil {
		return "", err
	}
	if password != again {
		return "", errors.New("the two passwords are not the same: nothing was done")
	}
	return password, nil
}

// passwordLines reads as many lines from stdin, for --password-stdin.
func (a *app) passwordLines(ctx context.Context, n int) ([]string, error) {
	return a.secretLines(ctx, "--password-stdin", n)
}

// secretLines reads as many lines from stdin, for a flag.
func (a *app) secretLines(ctx context.Context, flag string, n int) ([]string, error) {
	const limit = 4 * (api.MaxPassword + 2)
	return await(ctx, func() ([]string, error) {
		var lines []string
		s := bufio.NewScanner(io.LimitReader(a.in, limit))
		for len(lines) < n && s.Scan() {
			lines = append(lines, s.Text())
		}
		if err := s.Err(); err != nil {
			return nil, err
		}
		if len(lines) < n {
			return nil, usagef("%s wants %d line(s) on stdin", flag, n)
		}
		return lines, nil
	})
}

// confirm asks before something that cannot be taken back. Yes is the --yes
// flag.
func (a *app) confirm(ctx context.Context, yes bool, format string, args ...any) error {
	if yes {
		return nil
	}
	question := fmt.Sprintf(format, args...)
	if !isTerminal(a.in) {
		return withHint(usagef("%s: this cannot be taken back, and there is no terminal to ask on", question), "use --yes")
	}
	a.prompt("%s? This cannot be taken back. [y/N] ", sanitize(question))
	answer, err := a.answer(ctx)
	if err != nil {
		a.prompt("\n")
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was done")
}
