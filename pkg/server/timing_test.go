package server_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/server"
)

// TestUnknownUserTakesAsLong measures whether the time of an answer tells which
// names exist. Pairs of an unknown name and a wrong password are tried in turn,
// so that whatever else the machine does slows both. With NOTES_TORTURE=long
// there are 500 pairs, whose medians must be within 5 %. Else there are 40 and
// 25 %, far from what leaving out the hash, or half of it, would show; a machine
// too busy for that to come out gets three times as many again.
//
// It runs alone, before the tests that run in parallel.
func TestUnknownUserTakesAsLong(t *testing.T) {
	pairs, rounds, tolerance := 40, 4, 0.25
	switch {
	case os.Getenv("NOTES_TORTURE") == "long":
		pairs, rounds, tolerance = 500, 1, 0.05
	case testing.Short(): // under the race detector
		pairs = 10
	}
	never := server.Limit{Attempts: 1 << 30, Window: time.Hour}
	f := start(t, func(c *server.Config) { c.AccountLimit, c.NetworkLimit = never, never })
	f.signup("ann")
	took := func(name string) time.Duration {
		began := time.Now()
		if status, _ := f.guess(name, wrongPassword); status != 401 {
			t.Fatalf("%s: %d", name, status)
		}
		return time.Since(began)
	}
	took("ann") // opens the connection
	var known, unknown []time.Duration
	var apart float64
	for range rounds {
		for i := range pairs {
			name := fmt.Sprint("nobody", i)
			if i%2 == 0 {
				known = append(known, took("ann"))
				unknown = append(unknown, took(name))
			} else {
				unknown = append(unknown, took(name))
				known = append(known, took("ann"))
			}
		}
		a, b := median(known), median(unknown)
		apart = float64(b-a) / float64(a)
		t.Logf("%d pairs: a wrong password takes %s, an unknown name %s (%+.1f %%)", len(known), a, b, 100*apart)
		if math.Abs(apart) <= tolerance {
			return
		}
	}
	t.Errorf("the medians are %+.1f %% apart, %.0f %% are allowed", 100*apart, 100*tolerance)
}

// median sorts d.
func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
