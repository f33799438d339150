//go:build linux

package torture

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// follow starts what looks on while a cluster is written to: for each server one
// who reads from it again and again. Nobody may see a note go back to what it was
// before, whichever server showed it to whom. Followed ends them, and returns how
// often they have read.
func follow(tb testing.TB, c *cluster, login api.Login) (followed func() int64) {
	tb.Helper()
	f := &followers{tb: tb, seen: map[string]int64{}}
	ctx, cancel := context.WithCancel(tb.Context())
	for i := range clusterSize {
		f.all.Go(func() {
			for ctx.Err() == nil {
				f.read(ctx, c, i, login)
				time.Sleep(10 * writePause)
			}
		})
	}
	return func() int64 {
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
