package sqlite

import (
	"context"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// CreateUser implements [store.Users].
func (s *Store) CreateUser(ctx context.Context, u store.User) error {
	_, err := s.exec(ctx, nil, `INSERT INTO users (id, username, key, password_hash, created_at) VALUES (?, ?, ?, ?, ?)`,
		u.ID, u.Username, u.Key, u.PasswordHash, u.CreatedAt.UnixMilli())
	return wrap("create user", err)
}

const selectUser = `SELECT id, username, key, password_hash, created_at FROM users WHERE `

// User implements [store.Users].
func (s *Store) User(ctx context.Context, id string) (store.User, error) {
	return s.user(ctx, "user", selectUser+`id = ?`, id)
}

// UserByKey implements [store.Users].
func (s *Store) UserByKey(ctx context.Context, key string) (store.User, error) {
	return s.user(ctx, "user by key", selectUser+`key = ?`, key)
}

func (s *Store) user(ctx context.Context, call, query, arg string) (store.User, error) {
	var u store.User
	var created int64
	if err := s.reads.get(ctx, query, []any{arg}, &u.ID, &u.Username, &u.Key, &u.PasswordHash, &created); err != nil {
		return store.User{}, wrap(call, err)
	}
	u.CreatedAt = timeOf(created)
	return u, nil
}

// SetPassword implements [store.Users].
func (s *Store) SetPassword(ctx context.Context, id, old, hash string) error {
	return wrap("set password", s.writer.do(ctx, func(t tx) error {
		n, err := t.exec(`UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?`, hash, id, old)
		if err != nil || n > 0 {
			return err
		}
		return t.staleIf(`SELECT 1 FROM users WHERE id = ?`, id)
	}, nil))
}

// staleIf says why a compare-and-set changed nothing: ErrStale if the query
// finds a row, ErrNotFound otherwise.
func (t tx) staleIf(query string, args ...any) error {
	var one int
	if err := t.get(query, args, &one); err != nil {
		return err
	}
	return api.ErrStale
}

// DeleteUser implements [store.Users]. Everything else of the user goes by
// foreign key, in the same transaction.
func (s *Store) DeleteUser(ctx context.Context, id string, _ api.Time) error {
	n, err := s.exec(ctx, s.changed(id), `DELETE FROM users WHERE id = ?`, id)
	return wrap("delete user", someOf(n, err))
}

// ExpireUsers implements [store.Users]. DeleteUser leaves nothing behind, and a
// note or a session without its user cannot be written.
func (s *Store) ExpireUsers(ctx context.Context, _ api.Time) (int, error) {
	return 0, wrap("expire users", ctx.Err())
}

// someOf turns a change of no rows into ErrNotFound.
func someOf(n int, err error) error {
	if err == nil && n == 0 {
		return api.ErrNotFound
	}
	return err
}
