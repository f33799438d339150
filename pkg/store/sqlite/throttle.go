package sqlite

import (
	"context"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// Throttle implements [store.Throttles].
func (s *Store) Throttle(ctx context.Context, key string) (store.Throttle, error) {
	var v store.Throttle
	var since, until int64
	err := s.reads.get(ctx, `SELECT key, count, strikes, since, until, revision FROM throttles WHERE key = ?`, []any{key},
		&v.Key, &v.Count, &v.Strikes, &since, &until, &v.Revision)
	if err != nil {
		return store.Throttle{}, wrap("throttle", err)
	}
	v.Since, v.Until = timeOf(since), timeOf(until)
	return v, nil
}

// SetThrottle implements [store.Throttles].
func (s *Store) SetThrottle(ctx context.Context, v store.Throttle, revision int64) error {
	query := `UPDATE throttles SET count = ?2, strikes = ?3, since = ?4, until = ?5, revision = ?6 WHERE key = ?1 AND revision = ?7`
	args := []any{v.Key, v.Count, v.Strikes, v.Since.UnixMilli(), v.Until.UnixMilli(), v.Revision}
	if revision == 0 {
		query = `INSERT INTO throttles (key, count, strikes, since, until, revision) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	} else {
		args = append(args, revision)
	}
	n, err := s.exec(ctx, query, args...)
	if err == nil && n == 0 {
		err = api.ErrStale
	}
	return wrap("set throttle", err)
}

// DeleteThrottle implements [store.Throttles].
func (s *Store) DeleteThrottle(ctx context.Context, key string) error {
	_, err := s.exec(ctx, `DELETE FROM throttles WHERE key = ?`, key)
	return wrap("delete throttle", err)
}

// ExpireThrottles implements [store.Throttles].
func (s *Store) ExpireThrottles(ctx context.Context, before api.Time) (int, error) {
	n, err := s.repeat(ctx, `DELETE FROM throttles WHERE key IN (SELECT key FROM throttles WHERE until < ? LIMIT 500)`, before.UnixMilli())
	return n, wrap("expire throttles", err)
}
