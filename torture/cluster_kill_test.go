//go:build linux

package torture

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// TestClusterKilled kills one server after the other, and now and then the
// database below all of them, while people write through what stands before the
// servers. What was acknowledged must be there, on every server, and what was not
// must be there once when it was sent again.
func TestClusterKilled(t *testing.T) {
	t.Parallel()
	database := mongotest.StartKillable(t)
	c := startCluster(t, database.URI())
	login := signUp(t, c.server(0).URL, "ann")
	l := newLedger(t, 8)
	followed := follow(t, c, login)
	rounds := count(1, 30)
	var slowest time.Duration
	for round := range rounds {
		ctx, stop := context.WithCancel(t.Context())
		stopped := l.run(ctx, c.as(login), writePause)
		wantWrites := func(n int64) time.Duration {
			goal := l.acked.Load() + n
			return eventually(t, time.Minute, "writes", func() bool { return l.acked.Load() >= goal })
		}
		for i := range clusterSize {
			wantWrites(10 + rand.Int64N(20))
			c.server(i).Kill()
			wantWrites(8) // by the others
			c.restart(i)
		}
		wantWrites(10 + rand.Int64N(20))
		refused := l.refused.Load()
		database.Kill()
		eventually(t, time.Minute, "calls that fail", func() bool { return l.refused.Load() >= refused+8 })
		database.Restart()
		slowest = max(slowest, wantWrites(8))
		stop()
		stopped()
		l.check(t.Context(), c.as(login))
		if t.Failed() {
			t.Fatalf("stopped after round %d", round)
		}
	}
	notes := c.settle(login, l)
	t.Logf("%d kills of a server and %d of the database under 8 writers: %d writes acknowledged, %d calls failed and were repeated; %d notes, none lost, none twice; %d reads beside them; writes at most %s after the database was back",
		rounds*clusterSize, rounds, l.acked.Load(), l.refused.Load(), notes, followed(), slowest.Round(time.Millisecond))
}
