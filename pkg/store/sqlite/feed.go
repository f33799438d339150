package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// next returns the number of the next write of this owner's notes. It changes
// nothing before [tx.endFeeds].
func (t tx) next(owner string) (int64, error) {
	seq, known := t.feeds[owner]
	if !known {
		err := t.get(`SELECT seq FROM feeds WHERE owner = ?`, []any{owner}, &seq)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
	}
	t.feeds[owner] = seq + 1
	return seq + 1, nil
}

// endFeeds writes where the feeds end now. The owner may have been deleted
// meanwhile.
func (t tx) endFeeds() error {
	for owner, seq := range t.feeds {
		_, err := t.exec(`INSERT INTO feeds (owner, epoch, seq, floor) SELECT id, ?2, ?3, 0 FROM users WHERE id = ?1
			ON CONFLICT (owner) DO UPDATE SET seq = excluded.seq`, owner, api.NewID(), seq)
		if err != nil {
			return err
		}
	}
	return nil
}

// feed is what there is of one owner's.
type feed struct {
	end   store.Position
	floor int64
}

// feed returns sql.ErrNoRows where none was begun.
func (s *Store) feed(ctx context.Context, owner string) (f feed, err error) {
	err = s.reads.get(ctx, `SELECT epoch, seq, floor FROM feeds WHERE owner = ?`, []any{owner}, &f.end.Epoch, &f.end.Seq, &f.floor)
	return f, err
}

// ListChanges implements [store.Feed].
func (s *Store) ListChanges(ctx context.Context, owner string, q store.ChangesQuery) (c store.Changes, err error) {
	if q.After == (store.Position{}) {
		c.End, err = s.feedEnd(ctx, owner)
	} else {
		c, err = s.listChanges(ctx, owner, q)
	}
	if err != nil {
		return store.Changes{}, wrap("list changes", err)
	}
	return c, nil
}

// feedEnd returns the end of a feed, which it begins if need be.
func (s *Store) feedEnd(ctx context.Context, owner string) (store.Position, error) {
	f, err := s.feed(ctx, owner)
	if !errors.Is(err, sql.ErrNoRows) {
		return f.end, err
	}
	_, err = s.exec(ctx, `INSERT INTO feeds (owner, epoch, seq, floor) VALUES (?, ?, 0, 0) ON CONFLICT DO NOTHING`, owner, api.NewID())
	if err != nil {
		return store.Position{}, err
	}
	f, err = s.feed(ctx, owner)
	return f.end, err
}

// listChanges looks at the feed twice: a tombstone that was to be found may have
// been forgotten meanwhile, or the owner with all there was.
func (s *Store) listChanges(ctx context.Context, owner string, q store.ChangesQuery) (store.Changes, error) {
	f, err := s.feedFrom(ctx, owner, q.After)
	if err != nil {
		return store.Changes{}, err
	}
	notes, seqs, err := s.changesUpTo(ctx, owner, q, f.end.Seq)
	if err == nil {
		_, err = s.feedFrom(ctx, owner, q.After)
	}
	return q.Cut(notes, seqs, f.end), err
}

// feedFrom is feed for a reader at p, and ErrGone where he cannot go on.
func (s *Store) feedFrom(ctx context.Context, owner string, p store.Position) (feed, error) {
	f, err := s.feed(ctx, owner)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !p.CanFollow(f.end, f.floor) {
		err = api.ErrGone
	}
	return f, err
}

// changesUpTo returns one note more than the limit.
func (s *Store) changesUpTo(ctx context.Context, owner string, q store.ChangesQuery, end int64) (notes []store.Note, seqs []int64, err error) {
	size := 0
	err = s.reads.each(ctx, changesQuery(!q.Summary), []any{owner, q.After.Seq, end, q.Limit + 1}, func(scan scanFunc) (enough bool, err error) {
		var seq int64
		var purged sql.NullInt64
		n := store.Note{Owner: owner}
		err = scanNote(&n, func(dest ...any) error { return scan(append(dest, &purged, &seq)...) })
		n.PurgedAt = timeOrNil(purged)
		notes, seqs = append(notes, n), append(seqs, seq)
		enough = len(seqs) > 1 && size >= q.MaxBytes
		size += len(n.Title) + len(n.Body)
		return enough, err
	})
	return notes, seqs, err
}

func changesQuery(body bool) string {
	return `SELECT ` + columns("n", body) + `, n.purged_at, n.seq FROM notes n INDEXED BY notes_by_seq
		WHERE owner = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`
}

// FeedEnds implements [store.Feed].
func (s *Store) FeedEnds(ctx context.Context, owners []string) (map[string]store.Position, error) {
	ends := make(map[string]store.Position, len(owners))
	err := s.reads.each(ctx, `SELECT owner, epoch, seq FROM json_each(?) CROSS JOIN feeds WHERE owner = value`, []any{jsonOf(owners)},
		func(scan scanFunc) (bool, error) {
			var owner string
			var end store.Position
			err := scan(&owner, &end.Epoch, &end.Seq)
			ends[owner] = end
			return false, err
		})
	if err != nil {
		return nil, wrap("feed ends", err)
	}
	return ends, nil
}
