//go:build linux

package torture

import (
	"context"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// writePause is the pause of each of the writers between two requests: FerretDB
// takes one command at a time.
const writePause = 20 * time.Millisecond

// TestClusterRollingRestart stops one server after the other and starts it again,
// as an upgrade does, while people write and read through what stands before them.
// None of their calls fails, and none is done twice.
func TestClusterRollingRestart(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(*testing.T, *cluster) string{
		"nothing": nil, // the clients themselves go from server to server
		"nginx":   behindNginx,
		"Caddy":   behindCaddy,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := startCluster(t, mongotest.URI(t), "--trusted-proxy", "127.0.0.1/32")
			login := signUp(t, c.server(0).URL, "ann")
			people := c.as(login)
			if before != nil {
				people = as(t, before(t, c), login)
			}
			rollingRestart(t, c, login, people)
		})
	}
}

func rollingRestart(t *testing.T, c *cluster, login api.Login, people *client.Client) {
	t.Helper()
	l := newLedger(t, 8)
	followed := follow(t, c, login)
	ctx, stop := context.WithCancel(t.Context())
	stopped := l.run(ctx, people, writePause)
	rounds := count(1, 30)
	var slowest time.Duration
	for range rounds {
		for i := range clusterSize {
			goal := l.acked.Load() + 25
			eventually(t, time.Minute, "writes", func() bool { return l.acked.Load() >= goal })
			begun := time.Now()
			if code := c.server(i).Stop(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			slowest = max(slowest, time.Since(begun))
			c.restart(i)
		}
	}
	refused := l.refused.Load()
	stop()
	stopped()
	if refused > 0 {
		t.Errorf("%d calls failed, though each was repeated", refused)
	}
	if slowest > stopWithin {
		t.Errorf("a stop took %s", slowest)
	}
	notes := c.settle(login, l)
	t.Logf("%d rolling restarts of %d servers: %d writes acknowledged, no call failed; %d notes, none lost, none twice; %d reads beside them; slowest stop %s",
		rounds, clusterSize, l.acked.Load(), notes, followed(), slowest.Round(time.Millisecond))
}

// settle has what is pending done, and wants every server to give what was
// acknowledged. It returns how many notes there are.
func (c *cluster) settle(login api.Login, l *ledger) (notes int) {
	c.tb.Helper()
	l.settle(c.tb.Context(), c.as(login))
	for i := range clusterSize {
		notes = l.check(c.tb.Context(), as(c.tb, c.server(i).URL, login))
	}
	return notes
}
