package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func newRestore(a *app) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:   "restore ID…",
		Short: "Take notes out of the trash",
		Long: `Take notes out of the trash, to where they were.

"-" reads ids from stdin, the first field of each line. --json gives an array of
the notes.`,
		Example: `  notes restore k3
  notes trash ls | grep invoice | notes restore -`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			ids, err := a.idWords(cmd.Context(), words)
			if err != nil {
				return err
			}
			operation := client.WithOperation(api.NewID())
			b := bulk{app: a, format: &f, do: func(ctx context.Context, c *client.Client, arg string) done {
				id, err := noteID(ctx, c, arg)
				if err != nil {
					return done{err: err}
				}
				n, err := c.RestoreNote(ctx, id, operation)
				return done{n, "restored " + named(n), aboutNote(arg, err)}
			}}
			return b.run(cmd.Context(), ids)
		},
		ValidArgsFunction: a.completeManyIDs(api.StateTrashed),
	}
	addFormatFlags(cmd, &f, noteFields)
	return cmd
}
