package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/echo"
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
	show, err := echo.Hide(f.Fd())
	if err != nil {
		return "", err
	}
	defer fmt.Fprintln(c.errOut)
	defer show()
	fmt.Fprint(c.errOut, question)
	return typed(ctx, f)
}

// confirm asks for a word before something that cannot be taken back.
func (c *console) confirm(ctx context.Context, question, word string) error {
	f, ok := c.terminal()
	if !ok {
		return usageError{&hintError{errors.New("this cannot be taken back, and there is no terminal to ask on"), "use --yes"}}
	}
	fmt.Fprint(c.errOut, question)
	answer, err := typed(ctx, f)
	if err != nil {
		fmt.Fprintln(c.errOut) // ends the line of the question
		return err
	}
	if answer != word {
		return errors.New("nothing was done")
	}
	return nil
}

// maxLine is how much of a line a terminal gives at most, and all at once.
const maxLine = 4096

// typed returns the line that somebody types, or an error as soon as ctx ends: a
// read of a terminal cannot be called off.
func typed(ctx context.Context, f *os.File) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		line := make([]byte, maxLine)
		n, err := f.Read(line)
		answered <- answer{strings.TrimRight(string(line[:n]), "\r\n"), err}
	}()
	select {
	case a := <-answered:
		if errors.Is(a.err, io.EOF) { // Ctrl-D
			a.err = errors.New("nothing was typed: nothing is done")
		}
		return a.text, a.err
	case <-ctx.Done():
		return "", errInterrupted
	}
}
