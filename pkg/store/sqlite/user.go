package sqlite

import (
	"context"
	"database/sql"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	userColumns = `id, username, key, password_hash, created_at, disabled_at`
	insertUser  = `INSERT INTO users (` + userColumns + `) VALUES (?, ?, ?, ?, ?, ?)`
)

// CreateUser implements [store.Users].
func (s *Store) CreateUser(ctx context.Context, u store.User) error {
	_, err := s.exec(ctx, insertUser, userArgs(u)...)
	return wrap("create user", err)
}

func userArgs(u store.User) []any {
	return []any{u.ID, u.Username, u.Key, u.PasswordHash, u.CreatedAt.UnixMilli(), optional(u.DisabledAt)}
}

// User implements [store.Users].
func (s *Store) User(ctx context.Context, id string) (store.User, error) {
	return s.user(ctx, "user", `id = ?`, id)
}

// UserByKey implements [store.Users].
func (s *Store) UserByKey(ctx context.Context, key string) (store.User, error) {
	return s.user(ctx, "user by key", `key = ?`, key)
}

func (s *Store) user(ctx context.Context, call, where, arg string) (store.User, error) {
	var u store.User
	err := s.reads.one(ctx, `SELECT `+userColumns+` FROM users WHERE `+where, []any{arg}, func(scan scanFunc) (err error) {
		u, err = scanUser(scan)
		return err
	})
	if err != nil {
		return store.User{}, wrap(call, err)
	}
	return u, nil
}

// ListUsers implements [store.Users].
func (s *Store) ListUsers(ctx context.Context, after string, limit int) ([]store.User, error) {
	var list []store.User
	err := s.reads.each(ctx, `SELECT `+userColumns+` FROM users WHERE key > ? ORDER BY key LIMIT ?`, []any{after, limit},
		func(scan scanFunc) (bool, error) {
			u, err := scanUser(scan)
			list = append(list, u)
			return false, err
		})
	if err != nil {
		return nil, wrap("list users", err)
	}
	return list, nil
}

func scanUser(scan scanFunc) (store.User, error) {
	var u store.User
	var created int64
	var disabled sql.NullInt64
	err := scan(&u.ID, &u.Username, &u.Key, &u.PasswordHash, &created, &disabled)
	u.CreatedAt, u.DisabledAt = timeOf(created), timeOrNil(disabled)
	return u, err
}

// SetDisabled implements [store.Users].
func (s *Store) SetDisabled(ctx context.Context, id string, at *api.Time) error {
	n, err := s.exec(ctx, `UPDATE users SET disabled_at = ? WHERE id = ?`, optional(at), id)
	return wrap("set disabled", someOf(n, err))
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

// DeleteUser implements [store.Users]. Everything of the user goes in one
// transaction: what there may be much of some at a time, since SQLite keeps in
// memory what one statement changes, and the rest by foreign key.
func (s *Store) DeleteUser(ctx context.Context, id string, _ api.Time) error {
	return wrap("delete user", s.writer.do(ctx, func(t tx) error {
		// In their order: FTS5 writes out what it has when a row comes that is below the last one.
		_, err := t.exec(`DELETE FROM places WHERE place IN (SELECT place FROM places JOIN notes ON number = note WHERE owner = ?)`, id)
		if err != nil {
			return err
		}
		for _, some := range []string{
			`DELETE FROM notes WHERE number IN (SELECT number FROM notes WHERE owner = ? LIMIT 500)`,
			`DELETE FROM steps WHERE (owner, id, revision) IN (SELECT owner, id, revision FROM steps WHERE owner = ? LIMIT 500)`,
		} {
			for n := 1; n > 0; {
				var err error
				if n, err = t.exec(some, id); err != nil {
					return err
				}
			}
		}
		return someOf(t.exec(`DELETE FROM users WHERE id = ?`, id))
	}, s.changed(id)))
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
