package server

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	// quotaShare is the part of the room that is left which a server gives away
	// before it counts again: so many servers may do so on one store.
	quotaShare = 8
	// quotaLife is how long a count is believed, and quotaFullLife how long one is
	// that left no room: another server may have made some. To count a million
	// notes takes up to a second.
	quotaLife     = time.Minute
	quotaFullLife = 10 * time.Second
	quotaMax      = 16 << 10 // owners that are remembered
)

// quota bounds how many notes each user has. It counts them when the bound could
// have been reached since the last count, and so hardly ever, but near the bound.
// That is passed by as many notes as are added at the very same time.
type quota struct {
	notes store.Notes
	now   func() time.Time
	max   int

	mu   sync.Mutex
	room map[string]room
}

// room is how many notes may be added until the next count; below zero: none.
type room struct {
	left  int
	until time.Time
}

func newQuota(c Config) *quota {
	return &quota{notes: c.Store, now: c.Now, max: cmp.Or(c.MaxNotes, 1_000_000), room: map[string]room{}}
}

// take is called before a note is added.
func (q *quota) take(ctx context.Context, owner string) error {
	_, err := q.takeSome(ctx, owner, 1)
	return err
}

// takeSome is called before notes are added, and returns for how many of them
// there is room. The error is there where it is not for all.
func (q *quota) takeSome(ctx context.Context, owner string, wanted int) (int, error) {
	if wanted == 0 {
		return 0, nil
	}
	now := q.now()
	q.mu.Lock()
	r, ok := q.room[owner]
	known := ok && now.Before(r.until) && (r.left < 0 || r.left >= wanted)
	if known && r.left > 0 {
		r.left -= wanted
		q.room[owner] = r
	}
	q.mu.Unlock()
	given := wanted
	if !known {
		n, err := q.notes.CountNotes(ctx, owner)
		if err != nil {
			return 0, err
		}
		given = min(wanted, max(q.max-n, 0))
		r = q.counted(owner, n, given, now)
	}
	if r.left < 0 || given < wanted {
		if r.left < 0 {
			given = 0
		}
		return given, &api.Error{Code: api.CodeUnprocessable, Message: fmt.Sprintf(
			"there are %d notes already, as many as this server keeps of one user; delete some for good first", q.max)}
	}
	return given, nil
}

// counted keeps what a count says, less the notes that are about to be added.
func (q *quota) counted(owner string, n, added int, now time.Time) room {
	r := room{left: max((q.max-n)/quotaShare, added) - added, until: now.Add(quotaLife)}
	if n >= q.max {
		r = room{left: -1, until: now.Add(quotaFullLife)}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.room) >= quotaMax {
		clear(q.room)
	}
	q.room[owner] = r
	return r
}

// freed is called after n notes of a user were deleted for good. Only where no
// room was left does that call for a count: who purges and adds in turns would
// else have all notes counted each time.
func (q *quota) freed(owner string, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n > 0 && q.room[owner].left < 0 {
		delete(q.room, owner)
	}
}
