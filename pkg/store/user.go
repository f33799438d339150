package store

import (
	"context"
	"iter"

	"github.com/notesd/notesd/pkg/api"
)

// User is one account as the store keeps it.
type User struct {
	ID           string    `json:"id"`            // an api id
	Username     string    `json:"username"`      // as typed
	Key          string    `json:"key"`           // the name without case, made above the store; unique
	PasswordHash string    `json:"password_hash"` // opaque to the engine
	CreatedAt    api.Time  `json:"created_at"`
	DisabledAt   *api.Time `json:"disabled_at"` // since when nobody may act for the user; nil: one may
}

// Users keeps the accounts.
type Users interface {
	// CreateUser adds u. ErrConflict: its Key or its ID is taken.
	CreateUser(ctx context.Context, u User) error

	// User returns the user with this id, UserByKey the one with this key.
	User(ctx context.Context, id string) (User, error)
	UserByKey(ctx context.Context, key string) (User, error)

	// ListUsers returns users in the order of their Keys, at most limit of them,
	// from the first Key behind after on ("" begins).
	ListUsers(ctx context.Context, after string, limit int) ([]User, error)

	// SetDisabled replaces DisabledAt.
	SetDisabled(ctx context.Context, id string, at *api.Time) error

	// SetPassword replaces the password hash where it still is old, so that of
	// two changes at once one wins. ErrStale: it is another by now.
	SetPassword(ctx context.Context, id, old, hash string) error

	// DeleteUser deletes the user with all sessions and notes, tombstones too,
	// and frees the name. When it returns, nothing of the user can be read.
	// Cut short, it leaves a user that cannot be read any more and whose rest
	// [Users.ExpireUsers] deletes.
	DeleteUser(ctx context.Context, id string, now api.Time) error

	// ExpireUsers finishes deletions begun before this time: it deletes what a
	// request that was under way may have written after them. It returns how
	// many users are now gone for good. An engine whose DeleteUser leaves
	// nothing behind returns 0.
	ExpireUsers(ctx context.Context, before api.Time) (int, error)
}

// usersPage is how many users AllUsers reads at once.
const usersPage = 500

// AllUsers goes through all users in the order of their Keys. An error is the
// last thing that it gives.
func AllUsers(ctx context.Context, s Users) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		for after := ""; ; {
			page, err := s.ListUsers(ctx, after, usersPage)
			if err != nil {
				yield(User{}, err)
				return
			}
			for _, u := range page {
				if !yield(u, nil) {
					return
				}
				after = u.Key
			}
			if len(page) < usersPage {
				return
			}
		}
	}
}
