package main

import (
	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/client"
)

func newRevert(a *app) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:   "revert ID REVISION",
		Short: "Bring a text back that a note had",
		Long: `Give a note the title, the body and the tags that it had at a revision. The ones
that it has now become part of its history, and "notes undo" brings them back.`,
		Example: `  notes history k3
  notes revert k3 7`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, words []string) error {
			ctx := cmd.Context()
			past, err := parseRevisions(words[1:])
			if err != nil {
				return err
			}
			c, err := a.client()
			if err != nil {
				return err
			}
			id, err := noteID(ctx, c, words[0])
			if err != nil {
				return err
			}
			n, err := c.RevertNote(ctx, id, client.AnyRevision, past[0])
			if err != nil {
				return aboutRevision(words[0], err)
			}
			return a.printNote(ctx, &f, n, "%s has the text of revision %d again", named(n), past[0])
		},
		ValidArgsFunction: a.completeRevisions,
	}
	addFormatFlags(cmd, &f, noteFields)
	return cmd
}
