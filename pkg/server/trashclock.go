package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	// trashStep is how far the trash believes the clock from one sweep to the next.
	trashStep      = 2 * sweepEvery
	trashClockName = "trash_clock" // of the setting
)

// trashClock is the time as the sweep counts it: what that deletes nobody gets
// back, and a clock may be wrong by years until somebody sets it. So it is kept
// in the store, goes on by two hours an hour at most, however many servers there
// are and however often they start, and stands still while the clock is behind.
type trashClock struct {
	settings store.Settings
	last     atomic.Pointer[api.Time] // what was kept when this server last looked

	mu   sync.Mutex // held while one sweeps
	seen []byte     // what was kept after the previous sweep; nil: there was none
}

// openTrashClock reads the clock. The first sweep of all starts it.
func openTrashClock(ctx context.Context, settings store.Settings) (*trashClock, error) {
	t := &trashClock{settings: settings}
	t.last.Store(&api.Time{})
	kept, err := settings.Setting(ctx, trashClockName)
	if errors.Is(err, api.ErrNotFound) {
		return t, nil
	}
	if err == nil {
		_, err = t.read(kept)
	}
	if err != nil {
		return nil, fmt.Errorf("clock of the trash: %w", err)
	}
	return t, nil
}

func (t *trashClock) read(kept []byte) (last api.Time, err error) {
	if err := last.UnmarshalText(kept); err != nil {
		return last, err
	}
	t.last.Store(&last)
	return last, nil
}

// stamp is the time for what the sweep will look at: now, but not before the
// clock, or the time of what was deleted today would be over at once.
func (t *trashClock) stamp(now api.Time) api.Time {
	if last := *t.last.Load(); now.Before(last.Time) {
		return last
	}
	return now
}

// sweep returns the time until which the sweep may delete. The clock goes on by
// this if no other server has moved it since the sweep before.
func (t *trashClock) sweep(ctx context.Context, now api.Time) (api.Time, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, _ := now.MarshalText() // never fails
	kept, err := t.settings.CreateSetting(ctx, trashClockName, text)
	if err != nil {
		return api.Time{}, err
	}
	last, err := t.read(kept)
	if err != nil {
		return last, err
	}
	mine := bytes.Equal(kept, t.seen)
	t.seen = kept
	if !now.After(last.Time) {
		return now, nil
	}
	if !mine {
		return last, nil
	}
	if limit := api.TimeOf(last.Add(trashStep)); now.After(limit.Time) {
		now = limit
	}
	text, _ = now.MarshalText()
	err = t.settings.SetSetting(ctx, trashClockName, kept, text)
	if errors.Is(err, api.ErrStale) {
		return last, nil // another server sweeps, too
	}
	if err != nil {
		return last, err
	}
	t.seen = text
	return t.read(text)
}
