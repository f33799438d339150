package storetest

import (
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var throttleChecks = []check{
	{"ComesOutAsItWentIn", testThrottle},
	{"ComparesAndSets", testThrottleStale},
	{"Delete", testDeleteThrottle},
	{"Expire", testExpireThrottles},
}

func newThrottle(key string) store.Throttle {
	return store.Throttle{Key: key, Count: 3, Strikes: 1, Since: at(1), Until: at(2), Revision: 1}
}

func wantThrottle(t *testing.T, s store.Store, want store.Throttle) {
	t.Helper()
	got, err := s.Throttle(t.Context(), want.Key)
	ok(t, err)
	equal(t, got, want)
}

func testThrottle(t *testing.T, s store.Store) {
	for _, v := range []store.Throttle{
		newThrottle("account:ada"),
		newThrottle("ACCOUNT:ada"), // keys are compared by bytes
		newThrottle("network:2001:db8::/64"),
		{Key: "zero", Revision: 1}, // the zero time is a time too
	} {
		ok(t, s.SetThrottle(t.Context(), v, 0))
		wantThrottle(t, s, v)
		v = store.Throttle{Key: v.Key, Count: 1 << 30, Strikes: 7, Since: at(-9), Until: at(9), Revision: 2}
		ok(t, s.SetThrottle(t.Context(), v, 1))
		wantThrottle(t, s, v)
	}
}

func testThrottleStale(t *testing.T, s store.Store) {
	want := newThrottle("a")
	late := want
	late.Count, late.Revision = 99, 4
	wantErr(t, s.SetThrottle(t.Context(), late, 3), api.ErrStale) // there is none at all
	_, err := s.Throttle(t.Context(), "a")
	wantErr(t, err, api.ErrNotFound)

	ok(t, s.SetThrottle(t.Context(), want, 0))
	for _, revision := range []int64{0, 2} {
		late.Revision = revision + 1
		wantErr(t, s.SetThrottle(t.Context(), late, revision), api.ErrStale)
		wantThrottle(t, s, want)
	}
}

func testDeleteThrottle(t *testing.T, s store.Store) {
	a, b := newThrottle("a"), newThrottle("b")
	ok(t, s.SetThrottle(t.Context(), a, 0))
	ok(t, s.SetThrottle(t.Context(), b, 0))
	for range 2 {
		ok(t, s.DeleteThrottle(t.Context(), "a"))
		_, err := s.Throttle(t.Context(), "a")
		wantErr(t, err, api.ErrNotFound)
	}
	wantThrottle(t, s, b)
	ok(t, s.SetThrottle(t.Context(), a, 0)) // its counting begins anew
	wantThrottle(t, s, a)
}

func testExpireThrottles(t *testing.T, s store.Store) {
	var kept []store.Throttle
	for key, until := range map[string]int{"long ago": -1000, "just before": 9, "now": 10, "later": 11} {
		v := newThrottle(key)
		v.Until = at(until)
		ok(t, s.SetThrottle(t.Context(), v, 0))
		if until >= 10 {
			kept = append(kept, v)
		}
	}
	n, err := s.ExpireThrottles(t.Context(), at(10))
	wantCount(t, n, err, 2)
	for _, v := range kept {
		wantThrottle(t, s, v)
	}
	_, err = s.Throttle(t.Context(), "just before")
	wantErr(t, err, api.ErrNotFound)
}
