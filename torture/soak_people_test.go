//go:build linux

package torture

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

// TestSoakPeople lets 64 people do everything at once, each with notes that
// carry a mark. Nobody may see another's mark in an answer, whatever it answers;
// each answer must be the one that fits what she did before; the store must hold
// in the end what they know; and the second half must leave no more behind than
// the first.
func TestSoakPeople(t *testing.T) {
	path := t.TempDir() + "/notes.db"
	soakPeople(t, "sqlite:"+path, 64, 0, soakLength(), func(ctx context.Context) (store.Store, error) { return sqlite.Open(ctx, path) })
}

// TestSoakPeopleMongoDB is shorter, with fewer: what stands in for MongoDB takes
// one command at a time.
func TestSoakPeopleMongoDB(t *testing.T) {
	uri := mongotest.URI(t)
	soakPeople(t, uri, 8, 20, soakLength()/3, func(ctx context.Context) (store.Store, error) { return mongo.Open(ctx, uri) })
}

func soakPeople(t *testing.T, url string, count, pool int, length time.Duration, open func(context.Context) (store.Store, error)) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := startSoak(t, "--store", url, "--signup", "open")
	idle := s.usage()
	c := newCrowd()
	people := make([]*person, count)
	for i := range people {
		people[i] = newPerson(t, s.URL, i, seed, c)
	}
	if t.Failed() {
		return
	}

	liveAll(t, people, length/2)
	first := s.settled(idle, pool)
	acts := liveAll(t, people, length/2)
	second := s.settled(idle, pool)
	t.Logf("%d people, %s: %d acts in the second half; answers by status %v; idle %s; after the first half %s, after the second %s",
		count, length, acts, c.statuses, idle, first, second)
	s.wantFlat(first, second)
	if marks.MatchString(s.Log()) {
		t.Error("the log holds what somebody wrote")
	}

	if code := s.Stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	st, err := open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for _, p := range people {
		p.wantStored(st)
	}
}

// liveAll has everybody act for so long, then hang up.
func liveAll(t *testing.T, people []*person, length time.Duration) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var acts atomic.Int64
	var lives sync.WaitGroup
	for _, p := range people {
		lives.Go(func() { acts.Add(int64(p.live(ctx))) })
	}
	lives.Wait()
	for _, p := range people {
		p.http.CloseIdleConnections()
	}
	return acts.Load()
}

// wantStored wants the store to hold her notes, and no other under her name.
func (p *person) wantStored(st store.Store) {
	p.tb.Helper()
	notes := map[string]api.Note{}
	q := store.ListQuery{State: api.StateAll, Sort: api.SortCreated, Order: api.OrderAsc, Limit: api.MaxPage, MaxBytes: api.MaxPageBytes}
	for more := true; more; {
		var page []store.Note
		var err error
		if page, more, err = st.ListNotes(p.tb.Context(), p.login.User.ID, q); err != nil {
			p.tb.Fatal(err)
		}
		for _, n := range page {
			notes[n.ID] = n.Note
		}
		if more {
			at := store.PlaceOf(page[len(page)-1], q.Sort)
			q.After = &at
		}
	}
	// When the trash lets go of a note is the server's to say.
	if diff := cmp.Diff(p.notes, notes, cmpopts.IgnoreFields(api.NoteMeta{}, "ExpiresAt")); diff != "" {
		p.tb.Errorf("%s: what she knows and what is stored (-want +got):\n%.2000s", p.mark, diff)
	}
	for _, id := range p.purged {
		if _, err := st.Note(p.tb.Context(), p.login.User.ID, id); err == nil {
			p.tb.Errorf("%s: %s was purged and is stored", p.mark, id)
		}
	}
}
