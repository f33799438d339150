package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// renamed is a rename as --json sees it.
type renamed struct {
	Tag     string `json:"tag"`
	Changed int    `json:"changed"`
	Merged  bool   `json:"merged"`
}

func newTagRename(a *app) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:   "rename OLD NEW",
		Short: "Rename a tag, or merge it with another",
		Long: `Rename a tag in all notes that have it, those in the archive and in the trash too.
Where there is a tag of the new name, the two become one. The notes keep their
time. It is one operation: "notes undo" takes it back.`,
		Example: `  notes tag rename todo to-do`,
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, words []string) error {
			r, err := a.renameTag(cmd.Context(), words[0], words[1])
			switch {
			case err != nil:
				return err
			case f.active():
				return f.write(cmd.Context(), a.printer(), r)
			case r.Tag == strings.ToLower(words[0]):
				a.say("the tag is called %s already", r.Tag)
			case r.Merged:
				a.say("merged %s into %s: %s changed", words[0], r.Tag, countNotes(r.Changed))
			default:
				a.say("renamed %s to %s in %s", words[0], r.Tag, countNotes(r.Changed))
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, words []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(words) > 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.offerTags(cmd, "", words), keepOrder
		},
	}
	addFormatFlags(cmd, &f, []string{"tag", "changed", "merged"})
	return cmd
}

// renameTag asks for as many parts of the rename as it takes.
func (a *app) renameTag(ctx context.Context, old, name string) (r renamed, err error) {
	if err := api.ValidateTags(lower([]string{name})); err != nil {
		return r, usageError{err}
	}
	c, err := a.client()
	if err != nil {
		return r, err
	}
	tags, err := c.ListTags(ctx)
	if err != nil {
		return r, err
	}
	operation := client.WithOperation(api.NewID())
	for more := true; more; {
		part, err := c.RenameTag(ctx, old, name, operation)
		if r.Changed > 0 && errors.Is(err, api.ErrNotFound) {
			break // the rest was purged meanwhile
		}
		switch {
		case errors.Is(err, api.ErrNotFound):
			return r, withHint(err, "see the tags with: notes tags")
		case err != nil && r.Changed > 0:
			return r, withHint(err, "%s changed; the same command again does the rest", countNotes(r.Changed))
		case err != nil:
			return r, err
		}
		r.Tag, r.Changed, more = part.Tag, r.Changed+part.Changed, part.More
	}
	r.Merged = r.Changed > 0 && slices.ContainsFunc(tags, func(t api.TagCount) bool { return t.Tag == r.Tag })
	return r, nil
}
