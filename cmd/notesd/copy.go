package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/progress"
	"github.com/notesd/notesd/pkg/store"
)

func newCopy(out, errOut io.Writer, getenv func(string) string) *cobra.Command {
	c := copier{out: out}
	c.now = time.Now
	var verify, giveUp bool
	cmd := &cobra.Command{
		Use:   "copy --from URL --to URL",
		Short: "Copy everything in one store into another one, of either engine",
		Long: `Copy everything in one store into another one, from SQLite to MongoDB, from
MongoDB to SQLite, or within one engine: users, notes, tombstones, history,
operations, sessions, tokens, and settings with the signing key. Counts of wrong
passwords stay behind. At the end both stores are read once more, and the copy is
done when the counts and a digest of all that they hold are the same.

A copy that was cut short, by Ctrl-C, a crash or a lost connection, goes on where
it was with the same command: what is there already is read and compared, not
written again, and what has changed in the source since is put right. Until it is
done, no server opens the store that is copied to.

From: servers may run on it. Of a SQLite store the copy holds what was there when
the command began. MongoDB cannot hold a moment still, so a database that is
written to all the time cannot be verified: the command then says so, and ends
with 1. Stop the servers and give it again, and it brings what is new. To stop a
server for that short time alone, with either engine: copy with --leave-open while
it runs, stop it, and copy once more without.

To: no server may run on it, which is checked where the store is a SQLite file. It
must be empty, or new. With --into-existing it may have users and notes of its own.
They are never changed: what is missing is added, what is the same is left, and
where both have something else under one id, the store keeps its own, the command
names it and ends with 1. Of a note that is kept so, the history is, too. The store
keeps its settings, with its signing key, so logins that are copied have to be made
again; personal access tokens go on. A user name that belongs to another user there
is an error before anything is written.

URLs may hold passwords: give them by NOTESD_FROM and NOTESD_TO then, which other
users of the machine cannot see.`,
		Example: `  notesd copy --from sqlite:/var/lib/notesd/notes.db --to mongodb://db1,db2/notes
  notesd copy --verify --from sqlite:notes.db --to mongodb://db1,db2/notes`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.from, c.to = cmp.Or(c.from, getenv("NOTESD_FROM")), cmp.Or(c.to, getenv("NOTESD_TO"))
			c.line = progress.New(errOut, c.now)
			if verify && giveUp || c.leaveOpen && (verify || giveUp) {
				return usageError{errors.New("of --leave-open, --verify and --give-up say one")}
			}
			if giveUp {
				return c.giveUp(cmd.Context())
			}
			if err := c.validate(); err != nil {
				return err
			}
			c.begun = c.now()
			if verify {
				return c.verify(cmd.Context())
			}
			return c.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&c.from, "from", "", "copy what is in `URL`: sqlite:PATH or mongodb://…")
	flags.StringVar(&c.to, "to", "", "copy it into `URL`: sqlite:PATH or mongodb://…")
	flags.BoolVar(&c.existing, "into-existing", false, "add to a store that has users, and change nothing that it has")
	flags.BoolVar(&c.leaveOpen, "leave-open", false, "let no server in at the end, so that the same command can bring what comes later")
	flags.BoolVar(&verify, "verify", false, "copy nothing, and say whether both hold the same; with --into-existing, whether the one holds all of the other")
	flags.BoolVar(&giveUp, "give-up", false, "let servers in again where a copy with --into-existing cannot be finished; what was added stays")
	return cmd
}

// copier copies one store into another one.
type copier struct {
	from, to            string // URLs
	existing, leaveOpen bool
	out                 io.Writer
	line                *progress.Line
	now                 func() time.Time
	begun               time.Time
}

func (c *copier) validate() error {
	if err := cmp.Or(wantEngine("from", c.from), wantEngine("to", c.to)); err != nil {
		return err
	}
	if sourceName(c.from) == sourceName(c.to) {
		return usageError{errors.New("--from and --to are the same store")}
	}
	return nil
}

func (c *copier) run(ctx context.Context) error {
	err := c.runWithStores(ctx)
	if err != nil && ctx.Err() != nil {
		err = &hintError{errors.New("interrupted: the copy is not whole"), "the same command goes on with it"}
	}
	return err
}

func (c *copier) runWithStores(ctx context.Context) (err error) {
	from, err := openSource(ctx, "from", c.from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, resumed, err := c.openTarget(ctx, store.Copying{Source: sourceName(c.from), Existing: c.existing})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if resumed {
		fmt.Fprintln(c.out, "going on with the copy that was begun before")
	}
	if err := c.clearUsers(ctx, from, to); err != nil {
		if c.existing && !resumed { // nothing was written, so nothing is to be gone on with
			err = errors.Join(err, to.Finish(context.WithoutCancel(ctx)))
		}
		return err
	}
	last, err := c.copyAll(ctx, from, to)
	c.line.Clear()
	if err != nil {
		return err
	}
	if err := c.finish(ctx, to); err != nil {
		return err
	}
	return c.report(from, last)
}

// maxRounds is how often a source that changes is read to find it unchanged.
const maxRounds = 5

// copyAll reads both stores, and writes what is missing, until there is nothing to
// write. What was read last is then, record by record, what was read before: so it
// is what the source held at the moment in between.
func (c *copier) copyAll(ctx context.Context, from source, to store.Target) (*round, error) {
	total, err := from.CountRecords(ctx)
	if err != nil {
		return nil, err
	}
	var before *round
	for n := 1; ; n++ {
		r := &round{copier: c, to: to, total: total, before: before, fixed: from.fixed}
		if err := r.run(ctx, from); err != nil {
			return nil, err
		}
		if r.isClean() {
			return r, nil
		}
		if n == maxRounds {
			return nil, &hintError{
				fmt.Errorf("not verified: %s is written to, and %s of it changed while it was read for the last time", redact(c.from), plural(r.changes, "record")),
				"stop the servers on it and give the same command again: it brings what is new",
			}
		}
		before = r
	}
}

// finish lets SQLite look for damage, and servers in.
func (c *copier) finish(ctx context.Context, to store.Target) error {
	if v, ok := to.(interface{ Verify(context.Context) error }); ok {
		if err := v.Verify(ctx); err != nil {
			return err
		}
	}
	if c.leaveOpen {
		return nil
	}
	return to.Finish(context.WithoutCancel(ctx))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
