package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// schemaCopying stands in the place of the schema's version while the store
// becomes a copy of another one. Every notesd refuses a version above its own.
const schemaCopying = 1_000_000

var errCopying = errors.New("it is to become a copy of another store, and is not whole yet: " +
	"the same notesd copy as before goes on with it")

// Target is a [store.Target].
type Target struct{ *Store }

var _ store.Target = Target{}

// OpenTarget opens the store at path, which it makes where there is none, to become
// a copy. It reports whether that was begun before. A store that has users is
// api.ErrConflict unless the copy is to keep them. The caller holds the [Lock].
func OpenTarget(ctx context.Context, path string, c store.Copying) (t Target, resumed bool, err error) {
	s, err := openWith(ctx, path, func(ctx context.Context, conn *sql.Conn, path string) error {
		v, err := readStamp(ctx, conn)
		if err != nil {
			return err
		}
		if resumed = v.schema == schemaCopying && v.program == applicationID; resumed {
			return resumeCopy(ctx, conn, c)
		}
		if err := errors.Join(c.Begins(), v.check(len(migrations))); err != nil {
			return err
		}
		if v.schema > 0 {
			if err := mayBegin(ctx, conn, c); err != nil {
				return err
			}
		}
		if _, err := migrate(ctx, conn, path, migrations); err != nil {
			return err
		}
		return beginCopy(ctx, conn, c)
	})
	return Target{s}, resumed, openError(path, err)
}

// beginCopy marks the store, and notes what of and for which schema it is.
func beginCopy(ctx context.Context, conn *sql.Conn, c store.Copying) (err error) {
	if _, err := conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
		}
	}()
	if err := mayBegin(ctx, conn, c); err != nil {
		return err
	}
	const table = `CREATE TABLE copying (source TEXT NOT NULL, existing INTEGER NOT NULL, schema INTEGER NOT NULL) STRICT`
	if _, err := conn.ExecContext(ctx, table); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, `INSERT INTO copying VALUES (?, ?, ?)`, c.Source, c.Existing, len(migrations)); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, schemaCopying)); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `COMMIT`)
	return err
}

// mayBegin looks before the store is brought up to date, too: it may be the wrong
// one.
func mayBegin(ctx context.Context, conn *sql.Conn, c store.Copying) error {
	var full bool
	if err := conn.QueryRowContext(ctx, `SELECT `+anything).Scan(&full); err != nil {
		return err
	}
	if full && !c.Existing {
		return errFull
	}
	return nil
}

// resumeCopy wants the store to have been begun as the same copy.
func resumeCopy(ctx context.Context, conn *sql.Conn, c store.Copying) error {
	var begun store.Copying
	var schema, index int
	err := conn.QueryRowContext(ctx, `SELECT source, existing, schema, tokenizer FROM copying, index_state`).
		Scan(&begun.Source, &begun.Existing, &schema, &index)
	if err != nil {
		return err
	}
	if err := c.Resumes(begun); err != nil {
		return err
	}
	if schema != len(migrations) || index != indexVersion {
		return store.ErrOtherVersion
	}
	return makeDurable(ctx, conn)
}

// Add implements [store.Target], in one transaction.
func (t Target) Add(ctx context.Context, records []store.Record) error {
	writes := make([]store.Write, len(records))
	for i, r := range records {
		if r.Note != nil {
			writes[i].Note = *r.Note
		}
	}
	placed := placeAll(writes)
	return t.apply(ctx, "add", records, func(t tx, i int) error {
		if records[i].Note != nil {
			return t.loadNote(placed[i])
		}
		return t.load(records[i])
	})
}

// Replace implements [store.Target].
func (t Target) Replace(ctx context.Context, records []store.Record) error {
	return t.apply(ctx, "replace", records, func(t tx, i int) error {
		r := records[i]
		if u := r.User; u != nil {
			return t.change(`UPDATE users SET username = ?2, key = ?3, password_hash = ?4, created_at = ?5, disabled_at = ?6 WHERE id = ?1`, userArgs(*u)...)
		}
		if err := t.unload(r); err != nil {
			return err
		}
		return t.load(r)
	})
}

// Remove implements [store.Target].
func (t Target) Remove(ctx context.Context, records []store.Record) error {
	return t.apply(ctx, "remove", records, func(t tx, i int) error { return t.unload(records[i]) })
}

// apply calls f with the index of each record.
func (t Target) apply(ctx context.Context, call string, records []store.Record, f func(tx, int) error) error {
	return wrap(call, t.writer.do(ctx, func(t tx) error {
		for i := range records {
			if err := f(t, i); err != nil {
				return err
			}
		}
		return nil
	}, t.versions.raiseAll))
}

func (t tx) change(query string, args ...any) error {
	_, err := t.exec(query, args...)
	return err
}

// unload takes a record away, and nothing that belongs to it.
func (t tx) unload(r store.Record) error {
	switch {
	case r.Setting != nil:
		return t.change(`DELETE FROM settings WHERE name = ?`, r.Setting.Name)
	case r.Session != nil:
		return t.change(`DELETE FROM sessions WHERE id = ?`, r.Session.ID)
	case r.Note != nil:
		return t.unloadNote(r.Note.Owner, r.Note.ID)
	case r.Tombstone != nil:
		return t.unloadNote(r.Tombstone.Owner, r.Tombstone.ID)
	case r.Operation != nil:
		return t.change(`DELETE FROM operations WHERE owner = ? AND id = ?`, r.Operation.Owner, r.Operation.ID)
	case r.Step != nil:
		return t.change(`DELETE FROM steps WHERE owner = ? AND id = ? AND revision = ?`, r.Step.Owner, r.Step.ID, r.Step.Revision)
	}
	return nil
}

// unloadNote takes the tags first: a trigger keeps them, and it is one on updates.
func (t tx) unloadNote(owner, id string) error {
	return errors.Join(
		t.change(`UPDATE notes SET tags = '' WHERE owner = ? AND id = ?`, owner, id),
		t.change(`DELETE FROM notes WHERE owner = ? AND id = ?`, owner, id),
	)
}

// Finish implements [store.Target]. What was copied is in no feed, so whoever
// follows one is to begin anew.
func (t Target) Finish(ctx context.Context) error {
	return wrap("finish the copy", t.writer.do(ctx, func(t tx) error {
		return errors.Join(
			t.change(`UPDATE feeds SET epoch = ?`, api.NewID()),
			t.change(`DROP TABLE copying`),
			t.change(fmt.Sprintf(`PRAGMA user_version = %d`, len(migrations))),
		)
	}, nil))
}
