// Package store is the contract between the server and the engines that keep
// its data. Read [Store], then [Notes], [History] and [Feed].
//
// An engine does three things: it answers queries, it keeps what must be unique
// unique (user names, sessions, note ids), and it replaces one record by
// compare-and-set. All else lives above it, once, for every engine: ids, times,
// validation, cursors, hashing, what an update means. So a note comes in whole
// and complete, and goes out byte for byte as it came.
//
// What every engine promises, and storetest proves:
//
//   - A call that returned nil is on disk. One that returned an error other than
//     [api.ErrUnavailable] changed nothing; after ErrUnavailable nobody knows,
//     and the caller repeats the call or asks.
//   - Each call is atomic for one record. No call needs a transaction over
//     several: where it touches many, it says what is left when it is cut short.
//   - The owner is part of every predicate on notes. There is no call that
//     reaches a note without its owner's id, but the two that clean up.
//   - Absent is api.ErrNotFound, never a zero value with a nil error.
//   - Errors are *api.Error, wrapped with the engine's name and the call:
//     ErrNotFound, ErrConflict, ErrGone, ErrStale, ErrUnavailable. Any other
//     error is a defect.
//   - Strings are ordered by their bytes, times by their milliseconds.
//   - All methods may be called at once from many goroutines.
package store

import (
	"context"
	"errors"
)

// ErrFull is in the chain of an api.ErrUnavailable whose reason is that there is
// no room: what was to be written was not, and reads go on.
var ErrFull = errors.New("the disk is full")

// Store keeps everything that notesd knows. It is made of small parts by noun.
type Store interface {
	Users
	Sessions
	Notes
	History
	Feed
	Settings
	Throttles

	// Ping asks the database for something that only a working one can answer.
	Ping(ctx context.Context) error
	// Close waits for writes under way and releases everything.
	Close() error
}
