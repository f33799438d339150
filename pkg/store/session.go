package store

import (
	"context"

	"github.com/notesd/notesd/pkg/api"
)

// Session is one login or one personal access token as the store keeps it. The
// secret itself is never stored.
type Session struct {
	ID         string    `json:"id"` // an api id
	UserID     string    `json:"user_id"`
	Kind       api.Kind  `json:"kind"`
	Scope      api.Scope `json:"scope"`
	Label      string    `json:"label"`
	CreatedAt  api.Time  `json:"created_at"`
	LastUsedAt api.Time  `json:"last_used_at"`
	ExpiresAt  api.Time  `json:"expires_at"`

	// The refresh secret in force is number Generation (0, 1, 2…), its SHA-256
	// is SecretHash, and it came into force at RotatedAt. A personal access token
	// has one secret for life, number 0.
	Generation int64    `json:"generation"`
	SecretHash [32]byte `json:"secret_hash"`
	RotatedAt  api.Time `json:"rotated_at"`
}

// Sessions keeps the logins. A session of a user who is gone is gone too.
type Sessions interface {
	// CreateSession adds s. ErrConflict: its ID is taken. ErrNotFound: there is
	// no such user (an engine without transactions may let one through that
	// races with DeleteUser; its user is not found at the next request).
	CreateSession(ctx context.Context, s Session) error

	// Session returns the session with this id, expired or not.
	Session(ctx context.Context, id string) (Session, error)

	// ListSessions returns all sessions of one user, the latest CreatedAt first,
	// ties by ID descending.
	ListSessions(ctx context.Context, userID string) ([]Session, error)

	// UpdateSession replaces LastUsedAt, ExpiresAt, Generation, SecretHash and
	// RotatedAt where the stored Generation is still this one. ErrStale: it is
	// another by now. ErrNotFound: the session has ended.
	UpdateSession(ctx context.Context, s Session, generation int64) error

	// DeleteSession ends one session of one user. ErrNotFound: there is none.
	DeleteSession(ctx context.Context, userID, id string) error

	// DeleteSessions ends all sessions of one user but the one with id except
	// (empty: no exception) and returns how many.
	DeleteSessions(ctx context.Context, userID, except string) (int, error)

	// ExpireSessions deletes the sessions whose ExpiresAt is before this time
	// and returns how many.
	ExpireSessions(ctx context.Context, before api.Time) (int, error)
}
