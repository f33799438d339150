package main

import (
	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func newRestore(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "restore ID…",
		Short:   "Take notes out of the trash",
		Long:    `Take notes out of the trash, to where they were.`,
		Example: `  notes restore k3`,
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			ctx := cmd.Context()
			c, err := a.client()
			if err != nil {
				return err
			}
			operation := api.NewID()
			return a.eachNote(ctx, c, words, func(id string) error {
				n, err := c.RestoreNote(ctx, id, client.WithOperation(operation))
				if err == nil {
					a.say("restored %s", named(n))
				}
				return err
			})
		},
		ValidArgsFunction: a.completeIDs(api.StateTrashed),
	}
}
