package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/notesd/notesd/pkg/api"
)

// draft is a text on its way to the server, in a file that outlives a crash.
type draft struct{ path string }

// newDraft writes a text into a file of its own. Name is how it begins.
func (a *app) newDraft(name, text string) (draft, error) {
	dir, err := a.draftsDir()
	if err != nil {
		return draft{}, err
	}
	if err := makeDir(dir); err != nil {
		return draft{}, err
	}
	f, err := os.CreateTemp(dir, name+"-*.md") // 0600
	if err != nil {
		return draft{}, err
	}
	d := draft{f.Name()}
	if err := f.Close(); err != nil {
		return d, err
	}
	return d, writeFile(d.path, []byte(text))
}

func (d draft) remove() { _ = os.Remove(d.path) }

// keeping is how a text is kept that cannot be sent: how the name of its draft
// begins, and the command that sends it, up to the draft's path.
type keeping struct{ name, command string }

// keepingFor is for a command about the note that arg begins, if it begins one.
func keepingFor(verb, arg, command string) keeping {
	if id := typedID(arg); api.ValidIDPrefix(id) {
		verb += "-" + id
	}
	return keeping{verb, command}
}

// keepText is for a text that could not be sent: it goes into a draft, and the
// error tells where, and how to send it.
func (a *app) keepText(err error, k keeping, text string) error {
	d, derr := a.newDraft(k.name, text)
	if derr != nil {
		return fmt.Errorf("%w (and the text could not be kept: %w)", err, derr)
	}
	return a.kept(d, err, k.command)
}

// keepStdin is keepText for a text that has begun, and goes on on stdin.
func (a *app) keepStdin(ctx context.Context, err error, k keeping, begun string) error {
	d, derr := a.newDraft(k.name, begun)
	if derr != nil {
		return fmt.Errorf("%w (and the text could not be kept: %w)", err, derr)
	}
	_, derr = await(ctx, func() (struct{}, error) { return struct{}{}, d.append(a.in) })
	if derr != nil {
		err = fmt.Errorf("%w (and the rest of it could not be kept: %w)", err, derr)
	}
	return a.kept(d, err, k.command)
}

// append adds what r has to the draft. What came before an error is there.
func (d draft) append(r io.Reader) error {
	f, err := os.OpenFile(d.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Sync(), f.Close())
}

// kept adds to an error that the draft is still there, and how to send it unless
// it is too long in any case.
func (a *app) kept(d draft, err error, command string) error {
	steps := []string{"your text is kept in " + d.path}
	if h := a.hintFor(err); h != "" {
		steps = append(steps, h)
	}
	if api.ErrorCode(err) != api.CodeTooLarge {
		steps = append(steps, fmt.Sprintf("then send it with: %s %s", command, quoteArg(d.path)))
	}
	return hinted{err, strings.Join(steps, hintBreak)}
}

// quoteArg quotes an argument for a shell where it may need that.
func quoteArg(arg string) string {
	if arg != "" && strings.Trim(arg, plainInShell) == "" {
		return arg
	}
	return fmt.Sprintf("'%s'", strings.ReplaceAll(arg, "'", `'\''`))
}

// plainInShell are the characters that no shell gives a meaning of its own.
const plainInShell = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-"
