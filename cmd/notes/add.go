package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

// addFlags are the flags of add.
type addFlags struct {
	file   string
	title  string
	tags   []string
	pin    bool
	format format
}

func newAdd(a *app) *cobra.Command {
	var f addFlags
	cmd := &cobra.Command{
		Use:   "add [TEXT…]",
		Short: "Add a note",
		Long: `Add a note and print its id.

The text comes from the words of the command line, from a file (-F), from stdin
("-", or when it is not a terminal), or else from your editor. Its first line is
the title, an empty line after it is left out, and what follows is the body,
byte for byte. A first line of more than 1 KiB stays in the body, and its
beginning is the title. With --title the whole text is the body.

When the note cannot be saved, its text is kept in a file, which is named.`,
		Example: `  notes add Buy milk
  notes add --tag home --pin "Call the plumber"
  notes add < log.txt
  notes add -F draft.md
  printf 'Title\n\nThe body.\n' | notes add -`,
		RunE: func(cmd *cobra.Command, words []string) error {
			text, err := a.source(cmd.Context(), words, f.file, keeping{"add", addCommand(f)})
			if err != nil {
				return err
			}
			if text == nil {
				return a.addByEditor(cmd.Context(), f)
			}
			return a.add(cmd.Context(), f, *text)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVarP(&f.file, "file", "F", "", "take the text from this `file` (- is stdin)")
	cmd.Flags().StringVar(&f.title, "title", "", "the title; the text is the body alone")
	cmd.Flags().VarP((*tagList)(&f.tags), "tag", "t", "give the note this `tag` (may repeat)")
	must(cmd.RegisterFlagCompletionFunc("tag", a.completeTagFlag))
	cmd.Flags().BoolVar(&f.pin, "pin", false, "pin the note")
	addFormatFlags(cmd, &f.format, noteFields)
	return cmd
}

// source is the text that a command is given by words, file or stdin; nil: by
// none of them.
func (a *app) source(ctx context.Context, words []string, file string, k keeping) (*string, error) {
	switch {
	case file != "" && len(words) > 0:
		return nil, usagef("the text comes from the words or from -F, not from both")
	case len(words) == 1 && words[0] == "-":
		file = "-"
	case len(words) > 0:
		return new(strings.Join(words, " ")), nil
	case file == "" && isTerminal(a.in):
		return nil, nil
	case file == "":
		file = "-"
	}
	text, err := a.readText(ctx, file, k)
	return &text, err
}

// add saves a note, and keeps its text when that fails.
func (a *app) add(ctx context.Context, f addFlags, text string) error {
	n, err := a.createNote(ctx, f, text)
	inFile := f.file != "" && f.file != "-"
	switch {
	case err == nil:
		return a.printAdded(ctx, f, n)
	case inFile || strings.TrimSpace(text) == "":
		return err
	}
	return a.keepText(err, keeping{"add", addCommand(f)}, text)
}

func (a *app) createNote(ctx context.Context, f addFlags, text string) (api.Note, error) {
	n := api.NewNote{Title: f.title, Body: text, Tags: f.tags, Pinned: f.pin}
	if f.title == "" {
		n.Title, n.Body = splitText(strings.TrimLeft(text, "\r\n"))
	}
	if strings.TrimSpace(n.Title+n.Body) == "" {
		return api.Note{}, withHint(usagef("there is no text to add"), "for example: notes add Buy milk")
	}
	c, err := a.client()
	if err != nil {
		return api.Note{}, err
	}
	return c.CreateNote(ctx, n)
}

func (a *app) printAdded(ctx context.Context, f addFlags, n api.Note) error {
	var err error
	if f.format.active() {
		err = f.format.write(ctx, a.printer(), recordOf(n))
	} else {
		_, err = fmt.Fprintln(a.out, n.ID)
	}
	if err != nil { // or the note would be added once more
		return fmt.Errorf("the note was added as %s, but that could not be printed: %w", n.ID, err)
	}
	return nil
}

// addByEditor takes the text from the editor. The draft is there until the note
// is saved.
func (a *app) addByEditor(ctx context.Context, f addFlags) error {
	if _, err := a.client(); err != nil { // before an hour of writing, not after
		return err
	}
	d, err := a.newDraft("add", "")
	if err != nil {
		return err
	}
	text, err := a.edit(d)
	if err == nil && strings.TrimSpace(f.title+text) == "" {
		d.remove()
		return errors.New("there was no text: nothing is added")
	}
	if err != nil {
		return a.kept(d, err, addCommand(f))
	}
	n, err := a.createNote(ctx, f, text)
	if err != nil {
		return a.kept(d, err, addCommand(f))
	}
	d.remove()
	return a.printAdded(ctx, f, n)
}

// addCommand is the command line that adds a note with the same flags from a
// file, whose name is to follow.
func addCommand(f addFlags) string {
	var b strings.Builder
	b.WriteString("notes add")
	if f.title != "" {
		b.WriteString(" --title " + quoteArg(f.title))
	}
	for _, t := range f.tags {
		b.WriteString(" --tag " + quoteArg(t))
	}
	if f.pin {
		b.WriteString(" --pin")
	}
	b.WriteString(" -F")
	return b.String()
}
