//go:build linux

package torture

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// openStreams opens 20 streams of each login, as many as one may have. Ended waits
// until all of them have broken off, and wants that those of the first login, who
// writes, have seen changes.
func openStreams(t *testing.T, p *process, logins []api.Login) (ended func()) {
	t.Helper()
	const each = 20
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	var open, all sync.WaitGroup
	changes := make([]int, len(logins)*each)
	for i := range changes {
		c := as(t, p.URL, logins[i/each])
		open.Add(1)
		all.Go(func() {
			once, stop := context.WithCancel(ctx)
			defer stop()
			for e, err := range c.Follow(once, client.FollowOptions{Away: func(error) { stop() }}) {
				switch {
				case err != nil:
				case e.Change == nil:
					open.Done()
				default:
					changes[i]++
				}
			}
		})
	}
	open.Wait()
	return func() {
		t.Helper()
		all.Wait()
		if ctx.Err() != nil {
			t.Error("streams did not break off")
		}
		cancel()
		for i, n := range changes {
			if (i < each) != (n > 0) {
				t.Errorf("stream %d of the login %d saw %d changes", i%each, i/each, n)
			}
		}
	}
}
