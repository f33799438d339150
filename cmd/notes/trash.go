package main

import (
	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

func newTrash(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trash",
		Short: "List or empty the trash",
		Long:  `List or empty the trash. Notes are deleted from it by themselves after 30 days.`,
	}
	onlySubcommands(cmd)
	cmd.AddCommand(newTrashList(a), newTrashEmpty(a))
	return cmd
}

func newTrashList(a *app) *cobra.Command {
	f := listFlags{state: string(api.StateTrashed), sort: string(api.SortUpdated)}
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List the notes in the trash",
		Example: `  notes trash ls`,
		Args:    args(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.list(cmd.Context(), f) },
	}
	addLimit(cmd.Flags(), &f.limit)
	addFormatFlags(cmd, &f.format, noteFields)
	return cmd
}

func newTrashEmpty(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "empty",
		Short:   "Delete all notes in the trash for good",
		Example: `  notes trash empty --yes`,
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			c, err := a.client()
			if err != nil {
				return err
			}
			if err := a.confirm(ctx, yes, "delete all notes in the trash for good"); err != nil {
				return err
			}
			n, err := c.EmptyTrash(ctx)
			if err != nil {
				return err
			}
			a.say("deleted for good: %d", n)
			return nil
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}
