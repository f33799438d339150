//go:build linux

package torture

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// follow starts what looks on while a cluster is written to: for each server one
// who reads from it again and again, and one who follows the changes, by whichever
// server stands. Nobody may see a note go back to what it was before, whichever
// server showed it to whom. Followed is called when all is written: it waits until
// each of those who follow has what the store has, ends them, and returns how often
// the others have read.
func follow(tb testing.TB, c *cluster, login api.Login) (followed func() int64) {
	tb.Helper()
	f := &followers{tb: tb, seen: map[string]int64{}}
	ctx, cancel := context.WithCancel(tb.Context())
	copies := make([]*copied, clusterSize)
	for i := range copies {
		copies[i] = copyNotes(tb, c, login)
		f.all.Go(func() { copies[i].follow(ctx, tb, c, login) })
	}
	for i := range clusterSize {
		f.all.Go(func() {
			for ctx.Err() == nil {
				f.read(ctx, c, i, login)
				time.Sleep(10 * writePause)
			}
		})
	}
	tb.Cleanup(f.all.Wait) // also where the test ends early
	return func() int64 {
		want := copyNotes(tb, c, login).revisions
		for i, kept := range copies {
			eventually(tb, time.Minute, fmt.Sprintf("follower %d with what the store has", i), func() bool { return maps.Equal(kept.now(), want) })
		}
		cancel()
		f.all.Wait()
		return f.reads.Load()
	}
}

// followers know the highest revision that one of them was shown of each note.
type followers struct {
	tb    testing.TB
	all   sync.WaitGroup
	reads atomic.Int64

	mu   sync.Mutex
	seen map[string]int64
}

// read lists what was saved last, on one server. One that is away is asked again.
func (f *followers) read(ctx context.Context, c *cluster, i int, login api.Login) {
	f.mu.Lock()
	before := maps.Clone(f.seen)
	f.mu.Unlock()
	page, err := as(f.tb, c.server(i).URL, login).ListSummaries(ctx, api.ListOptions{Limit: 20})
	switch {
	case ctx.Err() != nil || errors.Is(err, api.ErrUnavailable):
		return
	case err != nil:
		f.tb.Errorf("a list: %v", err)
		return
	}
	f.reads.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range page.Notes {
		if n.Revision < before[n.ID] {
			f.tb.Errorf("server %d shows revision %d of a note, when %d was shown before", i, n.Revision, before[n.ID])
		}
		f.seen[n.ID] = max(f.seen[n.ID], n.Revision)
	}
}

// copied is what somebody knows who keeps a copy of the notes: which there are, and
// in which revision.
type copied struct {
	cursor string

	mu        sync.Mutex
	revisions map[string]int64
}

// copyNotes takes the present cursor, then all notes.
func copyNotes(tb testing.TB, c *cluster, login api.Login) *copied {
	tb.Helper()
	begun, err := c.as(login).ListChanges(tb.Context(), api.ChangeOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	kept := &copied{cursor: begun.Cursor, revisions: map[string]int64{}}
	for n, err := range c.as(login).AllSummaries(tb.Context(), api.ListOptions{State: api.StateAll, Limit: api.MaxPage}) {
		if err != nil {
			tb.Fatal(err)
		}
		kept.revisions[n.ID] = n.Revision
	}
	return kept
}

// follow keeps the copy up to date.
func (k *copied) follow(ctx context.Context, tb testing.TB, c *cluster, login api.Login) {
	for e, err := range c.as(login).Follow(ctx, client.FollowOptions{Since: k.cursor}) {
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			tb.Errorf("a follower: %v", err)
			return
		case e.Change == nil:
			tb.Error("a follower was told to begin anew")
			return
		}
		k.apply(*e.Change)
	}
}

func (k *copied) apply(v api.LiveChange) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case v.Kind == api.ChangePurged:
		delete(k.revisions, v.ID)
	case v.Revision > k.revisions[v.ID]:
		k.revisions[v.ID] = v.Revision
	}
}

func (k *copied) now() map[string]int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.revisions)
}
