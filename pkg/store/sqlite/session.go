package sqlite

import (
	"context"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	sessionColumns = `id, user_id, kind, scope, label, created_at, last_used_at, expires_at, generation, secret_hash, rotated_at`
	insertSession  = `INSERT INTO sessions (` + sessionColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// CreateSession implements [store.Sessions].
func (s *Store) CreateSession(ctx context.Context, v store.Session) error {
	_, err := s.exec(ctx, insertSession, sessionArgs(v)...)
	return wrap("create session", err)
}

func sessionArgs(v store.Session) []any {
	return []any{
		v.ID, v.UserID, string(v.Kind), string(v.Scope), v.Label, v.CreatedAt.UnixMilli(), v.LastUsedAt.UnixMilli(), v.ExpiresAt.UnixMilli(),
		v.Generation, v.SecretHash[:], v.RotatedAt.UnixMilli(),
	}
}

// Session implements [store.Sessions].
func (s *Store) Session(ctx context.Context, id string) (store.Session, error) {
	var v store.Session
	err := s.reads.one(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE id = ?`, []any{id}, func(scan scanFunc) (err error) {
		v, err = scanSession(scan)
		return err
	})
	if err != nil {
		return store.Session{}, wrap("session", err)
	}
	return v, nil
}

// ListSessions implements [store.Sessions].
func (s *Store) ListSessions(ctx context.Context, userID string) ([]store.Session, error) {
	var list []store.Session
	err := s.reads.each(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE user_id = ? ORDER BY created_at DESC, id DESC`, []any{userID},
		func(scan scanFunc) (bool, error) {
			v, err := scanSession(scan)
			list = append(list, v)
			return false, err
		})
	if err != nil {
		return nil, wrap("list sessions", err)
	}
	return list, nil
}

func scanSession(scan scanFunc) (store.Session, error) {
	var v store.Session
	var created, used, expires, rotated int64
	var hash []byte
	err := scan(&v.ID, &v.UserID, &v.Kind, &v.Scope, &v.Label, &created, &used, &expires, &v.Generation, &hash, &rotated)
	v.CreatedAt, v.LastUsedAt, v.ExpiresAt, v.RotatedAt = timeOf(created), timeOf(used), timeOf(expires), timeOf(rotated)
	copy(v.SecretHash[:], hash)
	return v, err
}

// UpdateSession implements [store.Sessions].
func (s *Store) UpdateSession(ctx context.Context, v store.Session, generation int64) error {
	return wrap("update session", s.writer.do(ctx, func(t tx) error {
		n, err := t.exec(`UPDATE sessions SET last_used_at = ?, expires_at = ?, generation = ?, secret_hash = ?, rotated_at = ?
			WHERE id = ? AND generation = ?`,
			v.LastUsedAt.UnixMilli(), v.ExpiresAt.UnixMilli(), v.Generation, v.SecretHash[:], v.RotatedAt.UnixMilli(), v.ID, generation)
		if err != nil || n > 0 {
			return err
		}
		return t.staleIf(`SELECT 1 FROM sessions WHERE id = ?`, v.ID)
	}, nil))
}

// DeleteSession implements [store.Sessions].
func (s *Store) DeleteSession(ctx context.Context, userID, id string) error {
	n, err := s.exec(ctx, `DELETE FROM sessions WHERE id = ? AND user_id = ?`, id, userID)
	return wrap("delete session", someOf(n, err))
}

// DeleteSessions implements [store.Sessions].
func (s *Store) DeleteSessions(ctx context.Context, userID, except string) (int, error) {
	n, err := s.exec(ctx, `DELETE FROM sessions WHERE user_id = ? AND id <> ?`, userID, except)
	return n, wrap("delete sessions", err)
}

// ExpireSessions implements [store.Sessions].
func (s *Store) ExpireSessions(ctx context.Context, before api.Time) (int, error) {
	n, err := s.repeat(ctx, `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < ? LIMIT 500)`, before.UnixMilli())
	return n, wrap("expire sessions", err)
}
