package main

import (
	"slices"

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
	var limit int
	var f format
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List the notes in the trash, and when each is deleted for good",
		Example: `  notes trash ls`,
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.list(cmd.Context(), listing{
				options: api.ListOptions{State: api.StateTrashed}, limit: limit, format: &f,
				columns: append(slices.Clip(noteColumns), "goes"), shrink: 1, row: trashRow,
				more: "notes trash ls -n %d", none: "the trash is empty",
			})
		},
	}
	addLimit(cmd.Flags(), &limit)
	addFormatFlags(cmd, &f, noteFields)
	return cmd
}

// trashRow is a note with the day on which it goes.
func trashRow(t *table, s api.Summary) []cell {
	var goes cell
	if s.ExpiresAt != nil {
		goes = t.timeCell(s.ExpiresAt.Time)
	}
	return append(noteRow(t, s), goes)
}

func newTrashEmpty(a *app) *cobra.Command {
	var yes bool
	var f format
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
			if f.active() {
				return f.write(ctx, a.printer(), api.Purged{Purged: n})
			}
			a.say("deleted for good: %d", n)
			return nil
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	addFormatFlags(cmd, &f, []string{"purged"})
	return cmd
}
