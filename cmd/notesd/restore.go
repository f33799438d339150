package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/backup"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

func newRestoreCommand(out io.Writer, getenv func(string) string) *cobra.Command {
	var c config
	var endSessions bool
	now := time.Now
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of the store, while no server runs",
		Long: `Put a backup in the place of the store, while no server runs. The file is read
wholly before anything is touched.

SQLite: the new store is built and checked beside the old one, which is then kept
as notes.db.before-restore-TIME. Whenever this is cut short, the old store or the
new one is in place, whole.

MongoDB: the database must hold no users and notes. Name another one in --store,
restore, and start the servers on that; the old one stays as it is.

Logins and tokens are those of the backup: what was ended since then is valid
again. --end-sessions ends them all.`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.completeStore(cmd.Flags(), getenv); err != nil {
				return err
			}
			err := runRestore(cmd.Context(), args[0], c.store, endSessions, now(), out)
			if errors.Is(err, errCutShort) {
				err = fmt.Errorf("%w: nothing was restored, the store is as it was", errCutShort)
			}
			return err
		},
	}
	c.registerStore(cmd.Flags(), getenv)
	cmd.Flags().BoolVar(&endSessions, "end-sessions", false, "end all logins and tokens of the backup")
	return cmd
}

func runRestore(ctx context.Context, file, url string, endSessions bool, now time.Time, out io.Writer) error {
	r, err := newRestore(ctx, file, endSessions)
	if err != nil {
		return err
	}
	engine, path, err := splitStore(url)
	if err != nil {
		return err
	}
	var kept string
	if engine == engineMongo {
		err = r.intoMongo(ctx, url)
	} else {
		kept, err = r.intoSQLite(ctx, path, now)
	}
	if err != nil {
		return err
	}
	return r.report(out, kept)
}

// restore is a backup that was read wholly once.
type restore struct {
	path        string
	endSessions bool
	header      backup.Header
	manifest    backup.Manifest // of what is to be restored
}

// errCutShort is what there is instead of the error of a restore whose context
// ended before anything was touched.
var errCutShort = errors.New("interrupted")

func newRestore(ctx context.Context, path string, endSessions bool) (*restore, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // a pipe cannot be read twice
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	r := &restore{path: path, endSessions: endSessions}
	err := r.open(func(b *backup.Reader) (err error) {
		r.header = b.Header
		r.manifest, err = backup.Sum(r.header, r.records(ctx, b))
		return err
	})
	if err != nil && ctx.Err() != nil {
		return nil, errCutShort
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// open calls f with the file from its beginning.
func (r *restore) open(f func(*backup.Reader) error) error {
	file, err := os.Open(r.path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	b, err := backup.NewReader(file)
	if err != nil {
		return err
	}
	return f(b)
}

// records are those of the file that are to be restored, until ctx ends.
func (r *restore) records(ctx context.Context, b *backup.Reader) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for v, err := range b.Records() {
			err = cmp.Or(err, ctx.Err())
			if r.endSessions && v.Session != nil {
				continue
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

// load puts the records into an empty store, and compares what it gives back.
func (r *restore) load(ctx context.Context, st store.Dumper) error {
	err := r.open(func(b *backup.Reader) error { return st.Load(ctx, r.records(ctx, b)) })
	if err != nil {
		return err
	}
	got, err := backup.Sum(r.header, st.Dump(ctx))
	if err != nil {
		return err
	}
	if got != r.manifest {
		return fmt.Errorf("the store does not hold what the backup does: %s instead of %s", got.Counts, r.manifest.Counts)
	}
	return nil
}

// build makes a SQLite store of the backup, and lets SQLite look for damage.
func (r *restore) build(ctx context.Context, path string) (err error) {
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = errCutShort
		}
	}()
	st, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := r.load(ctx, st); err != nil {
		return err
	}
	return st.Verify(ctx)
}

// intoSQLite returns the name under which the old store is kept.
func (r *restore) intoSQLite(ctx context.Context, path string, now time.Time) (kept string, err error) {
	fresh, err := sqlite.Beside(path, ".restoring")
	if err != nil {
		return "", fmt.Errorf("the store %s: %w", path, err)
	}
	if err := wantNoBackup(path); err != nil {
		return "", err
	}
	unlock, err := sqlite.Lock(path)
	if errors.Is(err, sqlite.ErrInUse) {
		return "", &hintError{err, "stop the server first"}
	}
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := sqlite.Remove(fresh); err != nil { // of a restore that was cut short
		return "", err
	}
	if err := r.build(ctx, fresh); err != nil {
		return "", errors.Join(err, sqlite.Remove(fresh))
	}
	// What is ready takes its place, though somebody may just want to end this.
	kept, err = sqlite.Replace(context.WithoutCancel(ctx), path, fresh, ".before-restore-"+now.UTC().Format("20060102T150405.000Z"))
	if err != nil {
		return "", errors.Join(err, sqlite.Remove(fresh))
	}
	return kept, nil
}

// wantNoBackup keeps backups in their place, should one be named as the store.
// Anything else may be what damage has left of a store.
func wantNoBackup(path string) error {
	const magic = "\x1f\x8b" // of gzip
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(f, head); err == nil && string(head) == magic {
		return &hintError{fmt.Errorf("%s is no store, but a backup", path), hintNoStore}
	}
	return nil
}

func (r *restore) intoMongo(ctx context.Context, url string) (err error) {
	defer func() {
		if err != nil && ctx.Err() != nil { // how far it came, the error tells
			err = fmt.Errorf("interrupted: %w", err)
		}
	}()
	st, err := mongo.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	err = r.load(ctx, st)
	if errors.Is(err, api.ErrConflict) {
		return &hintError{err, "name an empty database in --store, such as mongodb://host/notes2, and start the servers on that"}
	}
	return err
}

func (r *restore) report(out io.Writer, kept string) error {
	_, err := fmt.Fprintf(out, "restored: %s, as they were on %s\n", r.manifest.Counts, r.header.CreatedAt)
	if kept != "" {
		_, keptErr := fmt.Fprintf(out, "the old store is kept: %s\n", kept)
		err = errors.Join(err, keptErr)
	}
	if !r.endSessions && r.manifest.Counts.Sessions > 0 {
		_, noticeErr := fmt.Fprintln(out, "logins and tokens that were ended since then are valid again; restoring with --end-sessions ends them all")
		err = errors.Join(err, noticeErr)
	}
	return err
}
