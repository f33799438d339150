package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func newTag(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tag",
		Short: "Tag notes, and rename tags",
		Long: `Put tags on notes and take them off, and rename tags. A tag is one word; case does
not matter.`,
	}
	onlySubcommands(cmd)
	list := newTagList(a, "ls")
	list.Aliases = []string{"list"}
	cmd.AddCommand(list, newTagAdd(a), newTagRemove(a), newTagRename(a))
	return cmd
}

func newTagAdd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "add TAG ID…",
		Short: "Put a tag on notes",
		Long: `Put a tag, or several separated by commas, on notes.

"-" reads ids from stdin, the first field of each line. --json gives an array of
the notes.`,
		Example: `  notes tag add home k3 p0
  notes search invoice | notes tag add money -`,
		ValidArgsFunction: func(cmd *cobra.Command, words []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(words) == 0 {
				return a.completeTagFlag(cmd, words, begun)
			}
			return a.completeManyIDs(api.StateAll)(cmd, words, begun)
		},
	}
	a.runTag(cmd, "tagged", func(tags []string) updateFlags { return updateFlags{tag: tags} })
	return cmd
}

func newTagRemove(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "rm TAG ID…",
		Aliases: []string{"delete"},
		Short:   "Take a tag off notes",
		Long: `Take a tag, or several separated by commas, off notes.

"-" reads ids from stdin, the first field of each line. --json gives an array of
the notes.`,
		Example: `  notes tag rm home k3 p0
  notes ls --all --tag home | notes tag rm home -`,
		ValidArgsFunction: func(cmd *cobra.Command, words []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(words) == 0 {
				return a.completeTagFlag(cmd, words, begun)
			}
			return a.completeIDsOf(api.ListOptions{State: api.StateAll, Tags: words[:1]})(cmd, words, begun)
		},
	}
	a.runTag(cmd, "untagged", func(tags []string) updateFlags { return updateFlags{untag: tags} })
	return cmd
}

// runTag makes cmd the change of the tags of several notes.
func (a *app) runTag(cmd *cobra.Command, said string, flags func(tags []string) updateFlags) {
	var f format
	cmd.Args = args(cobra.MinimumNArgs(2))
	cmd.RunE = func(cmd *cobra.Command, words []string) error {
		var tags tagList
		if err := tags.Set(words[0]); err != nil {
			return usageError{err}
		}
		ids, err := a.idWords(cmd.Context(), words[1:])
		if err != nil {
			return err
		}
		operation := client.WithOperation(api.NewID())
		b := bulk{app: a, format: &f, do: func(ctx context.Context, c *client.Client, arg string) done {
			n, changed, err := updateNote(ctx, c, arg, api.NotePatch{}, flags(tags), operation)
			return done{n, saidOf(n, changed, said), err}
		}}
		return b.run(cmd.Context(), ids)
	}
	addFormatFlags(cmd, &f, noteFields)
}
