package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func newEdit(a *app) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:   "edit ID",
		Short: "Edit a note in your editor",
		Long: `Edit a note in your editor: NOTES_EDITOR, VISUAL, EDITOR, or vi. Its first line is
the title, then comes an empty line, then the body.

When the text cannot be saved, because the note was changed elsewhere meanwhile
or for any other reason, it is kept in a file, which is named.`,
		Example: `  notes edit k3
  NOTES_EDITOR='code --wait' notes edit k3`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			ctx := cmd.Context()
			if !isTerminal(a.in) {
				return withHint(usagef("an editor needs a terminal"), "use: notes update %s -F FILE", words[0])
			}
			c, err := a.client()
			if err != nil {
				return err
			}
			n, err := getNote(ctx, c, words[0])
			if err != nil {
				return err
			}
			changed, err := a.editNote(ctx, c, n)
			switch {
			case err != nil:
				return err
			case changed == nil:
				return a.printNote(ctx, &f, n, "nothing was changed in %s", named(n))
			}
			return a.printNote(ctx, &f, *changed, "saved %s", named(*changed))
		},
		ValidArgsFunction: a.completeIDs(),
	}
	addFormatFlags(cmd, &f, noteFields)
	return cmd
}

// editNote returns the note as it was saved, or nil when nothing was changed.
func (a *app) editNote(ctx context.Context, c *client.Client, n api.Note) (*api.Note, error) {
	before := joinText(n.Title, n.Body)
	ended := strings.HasSuffix(before, "\n")
	if !ended {
		before += "\n" // editors want it; it is taken away again
	}
	d, err := a.newDraft(n.ID, before)
	if err != nil {
		return nil, err
	}
	again := "notes update " + n.ID + " -F"
	after, err := a.edit(d)
	if err != nil {
		return nil, a.kept(d, err, again)
	}
	patch := patchText(before, after, ended)
	if patch == (api.NotePatch{}) {
		d.remove()
		return nil, nil
	}
	if strings.TrimSpace(after) == "" { // an editor that failed, more likely than a wish
		d.remove()
		return nil, withHint(errors.New("the editor left no text: nothing is saved"), "to delete the note: notes rm %s", n.ID)
	}
	saved, err := c.UpdateNote(ctx, n.ID, n.Revision, patch)
	if errors.Is(err, api.ErrStale) {
		err = fmt.Errorf("%s was changed elsewhere while you edited it, and is left as it is there: %w", named(n), err)
		return nil, hinted{err, strings.Join([]string{
			"your text is kept in " + d.path,
			"see the other one with: notes show " + n.ID,
			"then put yours in its place with: " + again + " " + quoteArg(d.path),
		}, hintBreak)}
	}
	if err != nil {
		return nil, a.kept(d, aboutNote(n.ID, err), again)
	}
	d.remove()
	return &saved, nil
}

// patchText is the difference between two texts of a note. Ended says that the
// line feed at the end of the first belongs to the note.
func patchText(before, after string, ended bool) api.NotePatch {
	if !ended {
		before, after = strings.TrimSuffix(before, "\n"), strings.TrimSuffix(after, "\n")
	}
	oldTitle, oldBody := splitText(before)
	title, body := splitText(after)
	var p api.NotePatch
	if title != oldTitle {
		p.Title = &title
	}
	if body != oldBody {
		p.Body = &body
	}
	return p
}
