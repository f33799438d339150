package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func newRemove(a *app) *cobra.Command {
	var purge, yes bool
	cmd := &cobra.Command{
		Use:     "rm ID…",
		Aliases: []string{"delete"},
		Short:   "Put notes into the trash",
		Long: `Put notes into the trash, from where "notes restore" takes them back for 30 days.
With --purge they are deleted for good.`,
		Example: `  notes rm k3 p0
  notes rm --purge --yes k3`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			ctx := cmd.Context()
			c, err := a.client()
			if err != nil {
				return err
			}
			if purge {
				if err := a.confirm(ctx, yes, "delete %s for good", strings.Join(words, ", ")); err != nil {
					return err
				}
			}
			operation := api.NewID()
			return a.eachNote(ctx, c, words, func(id string) error {
				if err := c.TrashNote(ctx, id, client.WithOperation(operation)); err != nil {
					return err
				}
				if !purge {
					a.say("%s is in the trash", id)
					return nil
				}
				if err := c.PurgeNote(ctx, id); err != nil {
					return err
				}
				a.say("%s is deleted for good", id)
				return nil
			})
		},
		ValidArgsFunction: a.completeIDs(api.StateAll),
	}
	cmd.Flags().BoolVar(&purge, "purge", false, "delete them for good")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask before deleting for good")
	return cmd
}

// eachNote does the same to several notes. One that fails is reported and keeps
// none of the others from being done; the exit code is that of the first one
// that failed.
func (a *app) eachNote(ctx context.Context, c *client.Client, words []string, do func(id string) error) error {
	var first error
	for _, arg := range words {
		id, err := noteID(ctx, c, arg)
		if err == nil {
			err = aboutNote(arg, do(id))
		}
		if err == nil {
			continue
		}
		if errors.Is(err, context.Canceled) {
			return err
		}
		a.report(err, false)
		if first == nil {
			first = told{err}
		}
	}
	return first
}
