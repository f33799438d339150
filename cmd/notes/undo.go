package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// undoFields are what --json offers of an operation, and of its undo.
var undoFields = []string{"id", "at", "action", "label", "notes", "note", "undone", "left"}

// undoRecord is an operation as --json sees it, and what its undo did.
type undoRecord struct {
	api.Operation
	Undone []api.NoteRef `json:"undone,omitzero"`
	Left   []api.Left    `json:"left,omitzero"`
}

func newUndo(a *app) *cobra.Command {
	var f format
	var list bool
	cmd := &cobra.Command{
		Use:   "undo [OPERATION]",
		Short: "Take back what you did last",
		Long: `Take back the last thing you did, from whichever program, whatever it was and to
however many notes, or another one of the last 20: "notes undo --list" shows them.

Each note that is still as the operation left it becomes as it was before; a note
that it made goes into the trash. Notes that were changed since stay as they are
and are listed; then the exit code is 5. What was deleted for good is gone.

An undo can be undone, too: "notes undo" twice changes nothing.`,
		Example: `  notes undo
  notes undo --list
  notes undo 4f`,
		Args: args(func(cmd *cobra.Command, words []string) error {
			if list && len(words) > 0 {
				return errors.New("--list lists them all: it takes no operation")
			}
			return cobra.MaximumNArgs(1)(cmd, words)
		}),
		RunE: func(cmd *cobra.Command, words []string) error {
			ctx := cmd.Context()
			c, err := a.client()
			if err != nil {
				return err
			}
			operations, err := c.ListOperations(ctx)
			if err != nil {
				return err
			}
			if list {
				return a.listOperations(ctx, operations, &f)
			}
			o, err := findOperation(operations, words)
			if err != nil {
				return err
			}
			return a.undo(ctx, c, o, &f)
		},
		ValidArgsFunction: a.completeOperations,
	}
	cmd.Flags().BoolVar(&list, "list", false, "list the last 20 operations")
	addFormatFlags(cmd, &f, undoFields)
	return cmd
}

// findOperation returns the operation whose id the word begins, or the last one
// where there is no word.
func findOperation(operations []api.Operation, words []string) (api.Operation, error) {
	if len(words) == 0 {
		if len(operations) == 0 {
			return api.Operation{}, &api.Error{Code: api.CodeNotFound, Message: "there is nothing to undo"}
		}
		return operations[0], nil
	}
	var found []api.Operation
	var lines []string
	prefix := typedID(words[0])
	for _, o := range operations {
		if api.ValidIDPrefix(prefix) && strings.HasPrefix(o.ID, prefix) {
			found = append(found, o)
			lines = append(lines, o.ID+"  "+describe(o))
		}
	}
	switch len(found) {
	case 0:
		message := fmt.Sprintf("there is no operation %q among the last ones", words[0])
		return api.Operation{}, hinted{&api.Error{Code: api.CodeNotFound, Message: message}, "see them with: notes undo --list"}
	case 1:
		return found[0], nil
	}
	return api.Operation{}, hinted{&ambiguousError{prefix: words[0], what: "operations", candidates: lines}, "type more of the id"}
}

// describe says what an operation did, and to what.
func describe(o api.Operation) string {
	if o.Note != nil {
		return fmt.Sprintf("%s of %q", o.Action, titleOf(api.NoteMeta{Title: o.Note.Title}))
	}
	return fmt.Sprintf("%s of %s", o.Action, countNotes(o.Notes))
}

// undo takes an operation back and tells of each note.
func (a *app) undo(ctx context.Context, c *client.Client, o api.Operation, f *format) error {
	r := undoRecord{Operation: o, Undone: []api.NoteRef{}, Left: []api.Left{}}
	if !f.active() {
		a.say("undo: %s, %s", describe(o), strings.TrimSuffix(relativeTime(a.now(), o.At.Time)+", by "+o.Label, ", by "))
	}
	for part, err := range c.Undo(ctx, o.ID) {
		if err != nil && len(r.Undone) > 0 {
			return hinted{err, fmt.Sprintf("done so far: %s; for the others: notes undo %s", countNotes(len(r.Undone)), o.ID)}
		}
		if err != nil {
			return err
		}
		r.Undone, r.Left = append(r.Undone, part.Undone...), append(r.Left, part.Left...)
		if !f.active() {
			a.sayUndone(part, o.Action)
		}
	}
	if f.active() {
		if err := f.write(ctx, a.printer(), r); err != nil {
			return err
		}
	}
	return r.incomplete()
}

// incomplete is the error of an undo that did not bring all notes back. What it
// does not tell of was deleted for good, or its step was pushed out by much else
// that was done meanwhile.
func (r undoRecord) incomplete() error {
	told := len(r.Undone) + len(r.Left)
	if gone := r.Notes - told; gone > 0 {
		return &api.Error{Code: api.CodeConflict, Message: fmt.Sprintf("not found any more: %d of %s", gone, countNotes(r.Notes))}
	}
	if len(r.Left) == 0 {
		return nil
	}
	message := fmt.Sprintf("left as they are: %d of %s", len(r.Left), countNotes(told))
	return hinted{&api.Error{Code: api.CodeConflict, Message: message}, "see what has changed them with: notes history ID"}
}

func (a *app) sayUndone(part api.Undone, action api.Action) {
	for _, n := range part.Undone {
		what := "is as it was before"
		if action == api.ActionCreate {
			what = "is in the trash"
		}
		a.say("%s %q %s", n.ID, titleOf(api.NoteMeta{Title: n.Title}), what)
	}
	for _, n := range part.Left {
		switch n.Reason {
		case api.ReasonPurged:
			a.say("%s was deleted for good since", n.ID)
		case api.ReasonChanged:
			a.say("%s %q was changed since and stays as it is", n.ID, titleOf(api.NoteMeta{Title: n.Title}))
		default:
			a.say("%s %q stays as it is: %s", n.ID, titleOf(api.NoteMeta{Title: n.Title}), n.Reason)
		}
	}
}

func (a *app) listOperations(ctx context.Context, operations []api.Operation, f *format) error {
	p := a.printer()
	if f.active() {
		records := make([]undoRecord, len(operations))
		for i, o := range operations {
			records[i].Operation = o
		}
		return f.write(ctx, p, records)
	}
	t := newTable(p, "id", "when", "what", "notes", "title", "by")
	t.shrink = 4
	for _, o := range operations {
		title := cell{}
		if o.Note != nil {
			title = textCell(o.Note.Title, plain)
		}
		err := t.row(
			idCell(o.ID, uniquePrefix(operations, o.ID)), t.timeCell(o.At.Time), textCell(string(o.Action), green),
			textCell(strconv.Itoa(o.Notes), plain), title, textCell(o.Label, dim),
		)
		if err != nil {
			return err
		}
	}
	return t.flush()
}

// uniquePrefix is how much of an id one has to type to mean this operation.
func uniquePrefix(operations []api.Operation, id string) int {
	n := 1
	for _, o := range operations {
		for o.ID != id && n < len(id) && strings.HasPrefix(o.ID, id[:n]) {
			n++
		}
	}
	return n
}

// completeOperations offers the operations that can be undone.
func (a *app) completeOperations(cmd *cobra.Command, words []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(words) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var offers []cobra.Completion
	for _, o := range complete(a, cmd, func(ctx context.Context, c *client.Client) ([]api.Operation, error) { return c.ListOperations(ctx) }) {
		if strings.HasPrefix(o.ID, begun) {
			offers = append(offers, cobra.CompletionWithDesc(o.ID, describe(o)))
		}
	}
	return offers, keepOrder
}
