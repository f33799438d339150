//go:build linux

package torture

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// readyWithin is how long a server may take that was killed while it wrote. One
// start in a hundred may take longer, on a machine that is busy with other tests.
const readyWithin = 2 * time.Second

// TestKilled kills the server under eight writers, again and again, now and then
// while it starts. After each start it must be ready in time; what was
// acknowledged must be there, and what was not must be there once when it was
// sent again.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/notes.db"
	url := "sqlite:" + path
	kills, inStart, late := count(100, 1000), 0, 0
	var slowest time.Duration

	rng := rand.New(rand.NewPCG(1, 2))
	l := newLedger(t, 8)
	p := start(t, "--store", url)
	login := signUp(t, p.URL, "ann")
	for kill := range kills {
		ctx, stop := context.WithCancel(t.Context())
		wait := l.run(ctx, as(t, p.URL, login), 0)
		time.Sleep(time.Duration(20+rng.IntN(160)) * time.Millisecond)
		p.Kill()
		stop()
		wait()
		if kill%10 == 9 { // in the middle of the recovery, perhaps
			killStart(t, url, time.Duration(rng.IntN(60))*time.Millisecond)
			inStart++
		}

		begun := time.Now()
		p = start(t, "--store", url)
		if err := newClient(t, p.URL).Ready(t.Context()); err != nil {
			t.Fatalf("after kill %d: %v", kill, err)
		}
		took := time.Since(begun)
		slowest = max(slowest, took)
		if took > readyWithin {
			late++
		}
		if kill%50 == 25 {
			wantIntact(t, path)
			login = logIn(t, p.URL, "ann") // a token is good for half an hour
			l.check(t.Context(), as(t, p.URL, login))
		}
		if t.Failed() {
			t.Fatalf("stopped after kill %d", kill)
		}
	}
	c := as(t, p.URL, login)
	l.settle(t.Context(), c)
	notes := l.check(t.Context(), c)
	wantIntact(t, path)
	if late > kills/100 {
		t.Errorf("%d of %d starts took more than %s", late, kills, readyWithin)
	}
	t.Logf("%d kills under 8 writers and %d while it started: %d writes acknowledged, %d cut short and repeated; %d notes, none lost, none twice; slowest start %s, %d over %s",
		kills, inStart, l.acked.Load(), l.refused.Load(), notes, slowest.Round(time.Millisecond), late, readyWithin)
}

// killStart kills a server so long after its start.
func killStart(t *testing.T, url string, after time.Duration) {
	t.Helper()
	cmd := command("--store", url)
	cmd.Env = []string{}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}
