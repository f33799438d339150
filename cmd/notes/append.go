package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

func newAppend(a *app) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:   "append ID [TEXT…]",
		Short: "Add to the end of a note",
		Long: `Add text to the end of a note's body, on a line of its own. The text comes from
the words of the command line, or from stdin.

When the text cannot be saved, it is kept in a file, which is named.`,
		Example: `  notes append k3 and eggs
  date | notes append k3`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			k := keepingFor("append", words[0], "notes append "+quoteArg(words[0])+" - <")
			text, err := a.source(cmd.Context(), words[1:], "", k)
			if err != nil {
				return err
			}
			if text == nil || *text == "" {
				return withHint(usagef("there is no text to append"), "for example: notes append %s and eggs", words[0])
			}
			n, err := a.appendText(cmd.Context(), words[0], *text)
			if err != nil && strings.TrimSpace(*text) != "" {
				return a.keepText(err, k, *text)
			}
			if err != nil {
				return err
			}
			return a.printNote(cmd.Context(), &f, n, "appended to %s", named(n))
		},
		ValidArgsFunction: a.completeIDs(),
	}
	addFormatFlags(cmd, &f, noteFields)
	return cmd
}

func (a *app) appendText(ctx context.Context, arg, text string) (api.Note, error) {
	c, err := a.client()
	if err != nil {
		return api.Note{}, err
	}
	id, err := noteID(ctx, c, arg)
	if err != nil {
		return api.Note{}, err
	}
	n, err := c.AppendNote(ctx, id, text)
	return n, aboutNote(arg, err)
}
