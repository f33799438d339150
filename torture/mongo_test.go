//go:build linux

package torture

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

const (
	// answerWithin is how long a request may wait for a database that is away:
	// five seconds, and half of one for the machine.
	answerWithin  = 5500 * time.Millisecond
	recoverWithin = 5 * time.Second
)

// TestMongoDBAway takes the database away under eight writers, in three ways,
// and gives it back. They are answered in time, go on in time, and find each of
// their writes done once.
func TestMongoDBAway(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*mongotest.Server){
		"stopped":    (*mongotest.Server).Stop,
		"frozen":     (*mongotest.Server).Freeze,
		"answer cut": (*mongotest.Server).CutAnswers,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := mongotest.Start(t)
			p := start(t, "--store", database.URI())
			login := signUp(t, p.URL, "ann")
			answers := newTally(t)
			c := as(t, p.URL, login, client.WithHTTPClient(&http.Client{Transport: answers}))
			l := newLedger(t, 8)
			var slowest time.Duration
			faults := count(1, 20)
			for range faults {
				slowest = max(slowest, outage(t, database, fault, p, l, c, answers))
			}
			l.settle(t.Context(), c)
			notes := l.check(t.Context(), c)
			if answers.slowest > answerWithin || slowest > recoverWithin {
				t.Errorf("the slowest answer took %s, the slowest recovery %s", answers.slowest, slowest)
			}
			if code := p.Stop(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			t.Logf("%d times under 8 writers: %d writes acknowledged, %d answers of 503, the slowest after %s; writes again after %s; %d notes, none lost, none twice",
				faults, l.acked.Load(), answers.count(503), answers.slowest.Round(time.Millisecond), slowest.Round(time.Millisecond), notes)
		})
	}
}

// outage is one fault under load. It returns how long the recovery took.
func outage(t *testing.T, database *mongotest.Server, fault func(*mongotest.Server), p *process, l *ledger, c *client.Client, answers *tally) time.Duration {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stopped := l.run(ctx, c, 0)
	defer func() {
		stop()
		stopped()
	}()
	goal := l.acked.Load() + 40
	eventually(t, time.Minute, "writes", func() bool { return l.acked.Load() >= goal })
	refused := answers.count(503)
	answers.faultBegins()
	fault(database)
	eventually(t, time.Minute, "503s", func() bool { return answers.count(503) >= refused+8 })
	if err := newClient(t, p.URL, client.WithTimeout(answerWithin)).Ready(t.Context()); !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("ready without its database: %v", err)
	}
	database.Resume()
	goal = l.acked.Load() + 8
	return eventually(t, 2*recoverWithin, "writes after the database is back", func() bool { return l.acked.Load() >= goal })
}
