package main

import (
	"fmt"
	"os"
	"strings"
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

// keepText is for a text that could not be sent: it goes into a draft, and the
// error tells where, and how to send it. Command is what comes before the path.
func (a *app) keepText(err error, name, text, command string) error {
	d, derr := a.newDraft(name, text)
	if derr != nil {
		return fmt.Errorf("%w (and the text could not be kept: %w)", err, derr)
	}
	return a.kept(d, err, command)
}

// kept adds to an error that the draft is still there.
func (a *app) kept(d draft, err error, command string) error {
	steps := []string{"your text is kept in " + d.path}
	if h := a.hintFor(err); h != "" {
		steps = append(steps, h)
	}
	steps = append(steps, fmt.Sprintf("then send it with: %s %s", command, quoteArg(d.path)))
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
