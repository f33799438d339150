package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var _ store.Dumper = (*Store)(nil)

// Dump implements [store.Dumper]. It reads one snapshot on a connection of its
// own, so that nobody waits for it; but until it ends the log can only grow.
func (s *Store) Dump(ctx context.Context) iter.Seq2[store.Record, error] {
	return dumpOf(ctx, s.dump)
}

func dumpOf(ctx context.Context, dump func(context.Context, func(store.Record) bool) (enough bool, err error)) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		enough, err := dump(ctx, func(r store.Record) bool { return yield(r, nil) })
		if err != nil && !enough {
			yield(store.Record{}, wrap("dump", err))
		}
	}
}

// dump reports whether yield had enough.
func (s *Store) dump(ctx context.Context, yield func(store.Record) bool) (enough bool, err error) {
	snapshot, err := s.Snapshot(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, snapshot.Close()) }()
	return snapshot.dump(ctx, yield)
}

// Snapshot is a store as it was at one moment.
type Snapshot struct {
	db *sql.DB
	tx *sql.Tx
}

// Snapshot begins one, on a connection of its own. It is to be closed.
func (s *Store) Snapshot(ctx context.Context) (*Snapshot, error) {
	db, err := openDB(s.path, reading, 1)
	if err != nil {
		return nil, wrap("snapshot", err)
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err == nil {
		var n int
		err = tx.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&n) // with which it begins
	}
	if err != nil {
		return nil, wrap("snapshot", errors.Join(err, db.Close()))
	}
	return &Snapshot{db, tx}, nil
}

// Close ends the snapshot.
func (s *Snapshot) Close() error {
	_ = s.tx.Rollback() // it wrote nothing
	return s.db.Close()
}

// Dump is as [Store.Dump], the same whenever it is called.
func (s *Snapshot) Dump(ctx context.Context) iter.Seq2[store.Record, error] {
	return dumpOf(ctx, s.dump)
}

func (s *Snapshot) dump(ctx context.Context, yield func(store.Record) bool) (enough bool, err error) {
	reads := newStatements(s.tx)
	defer func() { err = errors.Join(err, reads.close()) }()
	for _, p := range dumpParts {
		err := reads.each(ctx, p.query, nil, func(scan scanFunc) (bool, error) {
			r, err := p.scan(scan)
			enough = err == nil && !yield(r)
			return enough, err
		})
		if enough || err != nil {
			return enough, err
		}
	}
	return false, nil
}

// CountRecords implements [store.Dumper].
func (s *Store) CountRecords(ctx context.Context) (n int, err error) {
	err = s.reads.get(ctx, `SELECT (SELECT count(*) FROM settings) + (SELECT count(*) FROM users) + (SELECT count(*) FROM sessions)
		+ (SELECT count(*) FROM notes) + (SELECT count(*) FROM operations) + (SELECT count(*) FROM steps)`, nil, &n)
	return n, wrap("count records", err)
}

// dumpParts are the tables in the order of a dump. Those they do not name hold
// nothing that is to be kept, or what follows from the others.
var dumpParts = []struct {
	query string
	scan  func(scanFunc) (store.Record, error)
}{
	{`SELECT name, value FROM settings ORDER BY name`, func(scan scanFunc) (store.Record, error) {
		var v store.Setting
		err := scan(&v.Name, &v.Value)
		return store.Record{Setting: &v}, err
	}},
	{`SELECT ` + userColumns + ` FROM users ORDER BY id`, func(scan scanFunc) (store.Record, error) {
		u, err := scanUser(scan)
		return store.Record{User: &u}, err
	}},
	{`SELECT ` + sessionColumns + ` FROM sessions ORDER BY id`, func(scan scanFunc) (store.Record, error) {
		v, err := scanSession(scan)
		return store.Record{Session: &v}, err
	}},
	{`SELECT ` + columns("n", true) + `, n.owner, n.purged_at FROM notes n ORDER BY owner, id`, scanNoteRecord},
	{`SELECT owner, id, at, action, session, label FROM operations ORDER BY owner, id`, func(scan scanFunc) (store.Record, error) {
		var o store.Operation
		var at int64
		err := scan(&o.Owner, &o.ID, &at, &o.Action, &o.Session, &o.Label)
		o.At = timeOf(at)
		return store.Record{Operation: &o}, err
	}},
	{`SELECT ` + stepWithBody + ` FROM steps ORDER BY owner, id, revision`, func(scan scanFunc) (store.Record, error) {
		v, err := scanStep(scan)
		return store.Record{Step: &v}, err
	}},
}

func scanNoteRecord(scan scanFunc) (store.Record, error) {
	var n store.Note
	var purged sql.NullInt64
	err := scanNote(&n, func(dest ...any) error { return scan(append(dest, &n.Owner, &purged)...) })
	if err != nil || !purged.Valid {
		return store.Record{Note: &n}, err
	}
	return store.Record{Tombstone: &store.Tombstone{Owner: n.Owner, ID: n.ID, Revision: n.Revision, PurgedAt: timeOf(purged.Int64)}}, nil
}

// Load implements [store.Dumper], in one transaction.
func (s *Store) Load(ctx context.Context, records iter.Seq2[store.Record, error]) error {
	// What runs in the transaction must not go on when the caller is gone, whose
	// records it reads: it looks at the context by itself.
	return wrap("load", s.writer.doOnce(context.WithoutCancel(ctx), func(t tx) error {
		var full bool
		if err := t.get(`SELECT `+anything, nil, &full); err != nil {
			return err
		}
		if full {
			return errFull
		}
		if _, err := t.exec(`DELETE FROM settings`); err != nil {
			return err
		}
		for r, err := range records {
			if err := errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			if err := t.load(r); err != nil {
				return err
			}
			if len(*t.postings) == 1000 { // not all of them have room in memory
				if err := t.flush(); err != nil {
					return err
				}
			}
		}
		return nil
	}, s.versions.raiseAll))
}

// anything is whether there is more than settings.
const anything = `EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM sessions) OR EXISTS (SELECT 1 FROM notes)`

var errFull = &api.Error{Code: api.CodeConflict, Message: "the store is not empty"}

func (t tx) load(r store.Record) (err error) {
	switch {
	case r.Setting != nil:
		_, err = t.exec(insertSetting, r.Setting.Name, r.Setting.Value)
	case r.User != nil:
		_, err = t.exec(insertUser, userArgs(*r.User)...)
	case r.Session != nil:
		_, err = t.exec(insertSession, sessionArgs(*r.Session)...)
	case r.Note != nil:
		err = t.loadNote(place(store.Write{Note: *r.Note}))
	case r.Tombstone != nil:
		_, err = t.exec(insertNote, noteArgs(r.Tombstone.Note(), nil)...)
	case r.Operation != nil:
		_, err = t.exec(insertOperation, operationArgs(*r.Operation)...)
	case r.Step != nil:
		_, err = t.exec(insertStep, stepArgs(*r.Step)...)
	}
	return err
}

func (t tx) loadNote(w placed) error {
	if _, err := t.exec(insertNote, noteArgs(w.Note, nil)...); err != nil {
		return err
	}
	return t.index(w)
}
