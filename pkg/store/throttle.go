package store

import (
	"context"

	"github.com/notesd/notesd/pkg/api"
)

// Throttle counts the attempts of one account or one network. What the numbers
// mean is decided above the store.
type Throttle struct {
	Key      string // unique
	Count    int
	Strikes  int
	Since    api.Time // when the counting began
	Until    api.Time // the end of its effect: what expires is deleted
	Revision int64    // 1, 2, 3…
}

// Throttles keeps the counters of the login, so that they outlive a restart and
// hold for all servers together.
type Throttles interface {
	// Throttle returns the counter with this key.
	Throttle(ctx context.Context, key string) (Throttle, error)

	// SetThrottle replaces the counter t.Key where its stored revision is still
	// this one, 0 meaning that there is none yet; t.Revision is revision+1.
	// ErrStale: it is another by now.
	SetThrottle(ctx context.Context, t Throttle, revision int64) error

	// DeleteThrottle forgets the counter; an absent one is no error.
	DeleteThrottle(ctx context.Context, key string) error

	// ExpireThrottles deletes the counters whose Until is before this time and
	// returns how many.
	ExpireThrottles(ctx context.Context, before api.Time) (int, error)
}
