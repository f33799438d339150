package server

import (
	"context"
	"errors"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

const (
	sweepEvery = time.Hour
	// trashLife is how long a note stays in the trash, and a tombstone behind it.
	trashLife = 30 * 24 * time.Hour
	// trashStep is how far the trash believes the clock from one sweep to the next.
	trashStep      = 2 * sweepEvery
	trashClockName = "trash_clock" // of the setting
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
	var trash api.Time
	for _, chore := range []struct {
		what string
		do   func() (int, error)
	}{
		{"clock of the trash", func() (n int, err error) { trash, err = s.trashClock(ctx, now); return 0, err }},
		{"notes purged from the trash", func() (int, error) { return s.store.ExpireNotes(ctx, before(trash, trashLife), now) }},
		{"tombstones", func() (int, error) { return s.store.ExpireTombstones(ctx, before(trash, trashLife)) }},
		{"sessions", func() (int, error) { return s.store.ExpireSessions(ctx, now) }},
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

// trashClock returns the time as the trash counts it: what it deletes nobody gets
// back, and a clock may be wrong by years until somebody sets it. So it is kept
// in the store, goes on by two hours a sweep at most, and stands still while the
// clock is behind it.
func (s *Server) trashClock(ctx context.Context, now api.Time) (api.Time, error) {
	var last api.Time
	text, _ := now.MarshalText() // never fails
	kept, err := s.store.CreateSetting(ctx, trashClockName, text)
	if err != nil {
		return last, err
	}
	if err := last.UnmarshalText(kept); err != nil {
		return last, err
	}
	if !now.After(last.Time) {
		return now, nil
	}
	if limit := api.TimeOf(last.Add(trashStep)); now.After(limit.Time) {
		now = limit
	}
	text, _ = now.MarshalText()
	err = s.store.SetSetting(ctx, trashClockName, kept, text)
	if errors.Is(err, api.ErrStale) {
		return last, nil // another server sweeps, too
	}
	return now, err
}
