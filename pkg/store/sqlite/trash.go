package sqlite

import (
	"context"

	"github.com/notesd/notesd/pkg/api"
)

// EmptyTrash implements [store.Notes].
func (s *Store) EmptyTrash(ctx context.Context, owner string, now api.Time) (int, error) {
	n, err := s.bury(ctx, s.changed(owner), now, `owner = ? AND state = 2`, owner)
	return n, wrap("empty trash", err)
}

// ExpireNotes implements [store.Notes].
func (s *Store) ExpireNotes(ctx context.Context, trashedBefore, now api.Time) (int, error) {
	n, err := s.bury(ctx, s.versions.raiseAll, now, `state = 2 AND trashed_at < ?`, trashedBefore.UnixMilli())
	return n, wrap("expire notes", err)
}

// ExpireTombstones implements [store.Notes].
func (s *Store) ExpireTombstones(ctx context.Context, before api.Time) (int, error) {
	n, err := s.some(ctx, nil, func(t tx) (int, error) {
		const old = ` FROM notes WHERE number IN (SELECT number FROM notes WHERE purged_at < ? ORDER BY purged_at, number LIMIT 500)`
		_, err := t.exec(`UPDATE feeds SET floor = max(floor, last) FROM (SELECT owner AS of, max(seq) AS last`+old+` GROUP BY owner)
			WHERE owner = of AND last NOT NULL`, before.UnixMilli())
		if err != nil {
			return 0, err
		}
		return t.exec(`DELETE`+old, before.UnixMilli())
	})
	return n, wrap("expire tombstones", err)
}

// bury makes tombstones of all notes of which this is true, and returns how many.
func (s *Store) bury(ctx context.Context, after func(), now api.Time, where string, args ...any) (int, error) {
	return s.some(ctx, after, func(t tx) (int, error) {
		list, err := t.toBury(where, args)
		if err != nil {
			return 0, err
		}
		for _, v := range list {
			seq, err := t.next(v.owner)
			if err != nil {
				return 0, err
			}
			_, err = t.exec(`UPDATE notes SET purged_at = ?, revision = revision + 1, tags = '', operations = '', title = '', title_key = '',
				excerpt = '', body = '', saved_by = '', saved_since = NULL, seq = ? WHERE number = ?`, now.UnixMilli(), seq, v.number)
			if err != nil {
				return 0, err
			}
		}
		return len(list), nil
	})
}

// mortal is a note that is to become a tombstone.
type mortal struct {
	number int64
	owner  string
}

// toBury returns at most 500 of them. They are in the order of their places: FTS5
// writes out what it has when a row comes that is below the last one.
func (t tx) toBury(where string, args []any) (list []mortal, err error) {
	err = t.statements.each(context.Background(), `SELECT number, owner FROM (SELECT number, owner, updated_at, id FROM notes WHERE `+where+` LIMIT 500)
		ORDER BY updated_at, id`, args, func(scan scanFunc) (bool, error) {
		var v mortal
		err := scan(&v.number, &v.owner)
		list = append(list, v)
		return false, err
	})
	return list, err
}
