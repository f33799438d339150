package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func newRemove(a *app) *cobra.Command {
	var purge, yes bool
	var f format
	cmd := &cobra.Command{
		Use:     "rm ID…",
		Aliases: []string{"delete"},
		Short:   "Put notes into the trash",
		Long: `Put notes into the trash, from where "notes restore" takes them back for 30 days.
With --purge they are deleted for good.

"-" reads ids from stdin, the first field of each line. --json gives an array of
the notes that are gone, as they were.`,
		Example: `  notes rm k3 p0
  notes ls --before 2020-01-01 | notes rm -
  notes rm --purge --yes k3`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			ctx := cmd.Context()
			ids, err := a.idWords(ctx, words)
			if err != nil {
				return err
			}
			b := &bulk{app: a, format: &f, do: remover(purge, f.active())}
			if purge {
				if ids, err = a.purged(ctx, b, ids, yes); err != nil {
					return err
				}
			}
			err = b.run(ctx, ids)
			if !purge && !f.active() {
				a.sayUntilWhen(ctx, b)
			}
			return err
		},
		ValidArgsFunction: a.completeManyIDs(api.StateAll),
	}
	cmd.Flags().BoolVar(&purge, "purge", false, "delete them for good")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask before deleting for good")
	addFormatFlags(cmd, &f, noteFields)
	return cmd
}

// purged returns the whole ids of the notes that the user agrees to lose. They are
// looked up before the first of them is gone: the beginning of an id that fits two
// notes must not come to mean the other one. What cannot be found is left to b to
// report in its turn.
func (a *app) purged(ctx context.Context, b *bulk, words []string, yes bool) (ids []string, err error) {
	c, err := a.client()
	if err != nil {
		return nil, err
	}
	missing, seen := map[string]error{}, map[string]bool{}
	var names []string
	for d := range inOrder(ctx, words, func(word string) done {
		n, err := getNote(ctx, c, word)
		return done{note: n, said: word, err: err}
	}) {
		switch id := d.note.ID; {
		case d.err != nil:
			missing[d.said] = d.err
			ids = append(ids, d.said)
		case !seen[id]:
			seen[id] = true
			ids, names = append(ids, id), append(names, named(d.note))
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	remove := b.do
	b.do = func(ctx context.Context, c *client.Client, arg string) done {
		if err := missing[arg]; err != nil {
			return done{err: err}
		}
		return remove(ctx, c, arg)
	}
	what := strings.Join(names, ", ")
	if len(names) > 8 {
		what = countNotes(len(names))
	}
	if len(names) == 0 {
		return ids, nil
	}
	return ids, a.confirm(ctx, yes, "delete %s for good", what)
}

// remover puts a note into the trash, and from there away for good if it must.
// The note as it was is only asked for where somebody wants to see it.
func remover(purge, show bool) func(context.Context, *client.Client, string) done {
	operation := client.WithOperation(api.NewID())
	return func(ctx context.Context, c *client.Client, arg string) (d done) {
		id, err := noteID(ctx, c, arg)
		if err != nil {
			return done{err: err}
		}
		d.note.ID, d.said = id, id+" is in the trash"
		err = c.TrashNote(ctx, id, operation)
		if err == nil && show {
			d.note, err = c.Note(ctx, id)
		}
		if err == nil && purge {
			d.said = id + " is deleted for good"
			err = c.PurgeNote(ctx, id)
		}
		d.err = aboutNote(arg, err)
		return d
	}
}

// sayUntilWhen tells the day until which notes can be taken out of the trash
// that were put there just now. It is only talk, so what goes wrong is not told.
func (a *app) sayUntilWhen(ctx context.Context, b *bulk) {
	if b.count == 0 {
		return
	}
	c, err := a.client()
	if err != nil {
		return
	}
	n, err := c.Note(ctx, b.last.ID)
	if err != nil || n.ExpiresAt == nil {
		return
	}
	goes := n.ExpiresAt.In(a.now().Location()).Format("2006-01-02")
	if b.count == 1 {
		a.say("until %s it can be taken back: notes restore %s", goes, n.ID)
		return
	}
	a.say("until %s they can be taken back: notes restore ID…, or all of them with: notes undo", goes)
}
