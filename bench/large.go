package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

// largeUsers share the notes of a store evenly.
const largeUsers = 10

// large measures the engine with 1,000,000 notes in the store against itself with
// 1,000. An add goes into a search index that is nearly empty in both, so its row
// leaves out what a large index costs; move has that.
func (b *bench) large(ctx context.Context) (rows []row, err error) {
	full, err := b.filledStore(ctx, 1_000_000)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, full.Close()) }()
	small, err := b.filledStore(ctx, 1000)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, small.Close()) }()

	owner := largeUser(1)
	query := store.ListQuery{
		State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc, Limit: listed, MaxBytes: api.MaxPageBytes,
	}
	for _, c := range []struct {
		what string
		call func(*sqlite.Store) error
	}{
		{fmt.Sprintf("list %d notes", listed), func(s *sqlite.Store) error { _, _, err := s.ListNotes(ctx, owner, query); return err }},
		{"get", func(s *sqlite.Store) error {
			_, err := s.Note(ctx, owner, fmt.Sprintf("%012d", largeUsers))
			return err
		}},
		{"add", func(s *sqlite.Store) error { return s.CreateNote(ctx, newStoreNote(owner), nil) }},
	} {
		medians, err := b.alternate(func() error { return c.call(full) }, func() error { return c.call(small) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.what, err)
		}
		rows = append(rows, timeRow(c.what+", 1000000 notes, SQLite", medians, "1000 notes", "at most 1.2"))
	}
	return rows, nil
}

func largeUser(n int) string { return fmt.Sprintf("%012d", n) }

// filledStore returns a store with n notes that one statement added: they are in
// no search index, which a million would take minutes to fill.
func (b *bench) filledStore(ctx context.Context, n int) (*sqlite.Store, error) {
	path := filepath.Join(b.dir, fmt.Sprintf("large-%d", n), "notes.db")
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	for i := range largeUsers {
		id := largeUser(i + 1)
		err = errors.Join(err, s.CreateUser(ctx, store.User{ID: id, Username: id, Key: id, PasswordHash: "x"}))
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(off)&_pragma=cache_size(-500000)")
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?1)
		INSERT INTO notes (owner, id, pinned, archived, created_at, updated_at, revision, tags, operations, title, title_key, excerpt, body)
		SELECT printf('%012d', n % ?2 + 1), printf('%012d', n), n % 100 = 0, 0, n, n * 104729 % ?1, 1, '', '',
			'Title ' || n, 'title ' || n, 'The body of the note is a line.', 'The body of the note is a line.'
		FROM i`, n, largeUsers)
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, path)
}
