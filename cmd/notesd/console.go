package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/notesd/notesd/pkg/api"
)

// console is where a command asks and answers.
type console struct {
	in          io.Reader
	out, errOut io.Writer
}

var errInterrupted = errors.New("interrupted: nothing was done")

func (c *console) say(format string, args ...any) error {
	_, err := fmt.Fprintf(c.out, format+"\n", args...)
	return err
}

// terminal returns stdin if somebody types there.
func (c *console) terminal() (f *os.File, ok bool) {
	f, ok = c.in.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// line is the first line of stdin.
func (c *console) line() (string, error) {
	s := bufio.NewScanner(io.LimitReader(c.in, api.MaxPassword+3)) // a line that is longer stays too long
	if !s.Scan() {
		return "", errors.Join(usageError{errors.New("there is no line on stdin")}, s.Err())
	}
	return s.Text(), nil
}

// askPassword asks twice, since nobody sees what is typed.
func (c *console) askPassword(ctx context.Context, name string, check func(string) error) (string, error) {
	f, ok := c.terminal()
	if !ok {
		return "", usageError{&hintError{errors.New("cannot ask for the password: stdin is not a terminal"), "use --password-stdin"}}
	}
	password, err := c.askHidden(ctx, f, fmt.Sprintf("Password of %s (%d characters at least): ", name, api.MinPassword))
	if err != nil {
		return "", err
	}
	if err := check(password); err != nil {
		return "", err
	}
	again, err := c.askHidden(ctx, f, "The same again: ")
	if err == nil && again != password {
		err = errors.New("the two passwords are not the same: nothing was done")
	}
	return password, err
}

func (c *console) askHidden(ctx context.Context, f *os.File, question string) (string, error) {
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	defer fmt.Fprintln(c.errOut)
	defer func() { _ = term.Restore(fd, before) }()
	fmt.Fprint(c.errOut, question)
	return await(ctx, func() (string, error) {
		typed, err := term.ReadPassword(fd)
		return string(typed), err
	})
}

// confirm asks for a word before something that cannot be taken back.
func (c *console) confirm(ctx context.Context, question, word string) error {
	f, ok := c.terminal()
	if !ok {
		return usageError{&hintError{errors.New("this cannot be taken back, and there is no terminal to ask on"), "use --yes"}}
	}
	fmt.Fprint(c.errOut, question)
	typed, err := await(ctx, func() (string, error) {
		s := bufio.NewScanner(f)
		s.Scan()
		return s.Text(), s.Err()
	})
	if err == nil && typed != word {
		err = errors.New("nothing was done")
	}
	return err
}

// await returns what somebody types, or an error as soon as ctx ends: a read of
// a terminal cannot be called off.
func await(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := read()
		answered <- answer{text, err}
	}()
	select {
	case a := <-answered:
		if errors.Is(a.err, io.EOF) {
			a.err = errInterrupted
		}
		return a.text, a.err
	case <-ctx.Done():
		return "", errInterrupted
	}
}
