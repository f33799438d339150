package server

import (
	"context"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

const (
	sweepEvery = time.Hour
	// trashLife is how long a note stays in the trash, and a tombstone behind it.
	trashLife = 30 * 24 * time.Hour
	// deletionGrace is longer than any request that was under way when a user
	// was deleted can write after it.
	deletionGrace = time.Minute
)

// sweep deletes what has had its time, now and every hour. Several servers may
// do so at once.
func (s *Server) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		s.sweepOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *Server) sweepOnce(ctx context.Context) {
	now := api.TimeOf(s.now())
	before := func(t api.Time, d time.Duration) api.Time { return api.TimeOf(t.Add(-d)) }
	var trusted api.Time
	for _, chore := range []struct {
		what string
		do   func() (int, error)
	}{
		{"clock of the trash", func() (n int, err error) { trusted, err = s.trash.sweep(ctx, now); return 0, err }},
		{"notes purged from the trash", func() (int, error) { return s.store.ExpireNotes(ctx, before(trusted, trashLife), now) }},
		{"tombstones", func() (int, error) { return s.store.ExpireTombstones(ctx, before(trusted, trashLife)) }},
		{"sessions", func() (int, error) { return s.store.ExpireSessions(ctx, trusted) }},
		{"throttles", func() (int, error) { return s.store.ExpireThrottles(ctx, now) }},
		{"deleted users", func() (int, error) { return s.store.ExpireUsers(ctx, before(now, deletionGrace)) }},
	} {
		n, err := chore.do()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.Error("sweep", "what", chore.what, "error", err)
		case n > 0:
			s.log.Info("sweep", "what", chore.what, "count", n)
		}
	}
}
