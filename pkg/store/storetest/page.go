package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var pageChecks = []check{
	{"MoreIsExact", testPageMore},
	{"MaxBytesEndsAPage", testPageBytes},
	{"AfterNeedsNoNote", testPageAfter},
	{"HoldsWhileOthersChange", testPageHolds},
}

func testPageMore(t *testing.T, s store.Store) {
	u := addUser(t, s)
	for range 4 {
		addNote(t, s, newNote(u.ID))
	}
	for limit, wantMore := range map[int]bool{1: true, 3: true, 4: false, 5: false} {
		notes, more, err := s.ListNotes(t.Context(), u.ID, store.ListQuery{
			State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc, Limit: limit, MaxBytes: api.MaxPageBytes,
		})
		ok(t, err)
		if len(notes) != min(limit, 4) || more != wantMore {
			t.Errorf("limit %d: %d notes and more %t, want more %t", limit, len(notes), more, wantMore)
		}
	}
}

// testPageBytes has notes of a hundred bytes of title and body each.
func testPageBytes(t *testing.T, s store.Store) {
	u := addUser(t, s)
	for i := range 6 {
		n := newNote(u.ID)
		n.Title, n.Body = strings.Repeat("é", 15), strings.Repeat("語", 23)+"." // 30 and 70 bytes, 39 characters
		n.UpdatedAt = at(i)
		addNote(t, s, n)
	}
	q := store.ListQuery{State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderAsc, Limit: 6}
	for _, c := range []struct {
		bytes, want int
		more        bool
	}{
		{1, 1, true}, // one note at least
		{99, 1, true},
		{100, 1, true}, // reached is enough
		{101, 2, true},
		{500, 5, true},
		{501, 6, false},
		{600, 6, false},
		{10_000, 6, false},
	} {
		q.MaxBytes = c.bytes
		notes, more, err := s.ListNotes(t.Context(), u.ID, q)
		ok(t, err)
		if len(notes) != c.want || more != c.more {
			t.Errorf("%d bytes: %d notes and more %t, want %d and %t", c.bytes, len(notes), more, c.want, c.more)
		}
		if len(list(t, s, u.ID, q)) != 6 {
			t.Errorf("%d bytes: the pages together are not all notes", c.bytes)
		}
	}
}

// testPageAfter goes on behind places where no note is any more, or never was.
func testPageAfter(t *testing.T, s store.Store) {
	u := addUser(t, s)
	notes := mixedNotes(random(), u.ID, 30)
	for _, n := range notes[10:] {
		addNote(t, s, n)
	}
	for _, sort := range sorts {
		for _, order := range orders {
			q := store.ListQuery{State: api.StateAll, Sort: sort, Order: order, Limit: 5}
			want := answer(notes, q)
			for _, absent := range notes[:10] {
				q.After = ptr(store.PlaceOf(absent, sort))
				i := slices.IndexFunc(want, func(n store.Note) bool { return n.ID == absent.ID })
				equal(t, list(t, s, u.ID, q), answer(stored(want[i:], notes[10:]), q))
			}
		}
	}
}

// stored returns those of notes that are among these.
func stored(notes, among []store.Note) []store.Note {
	return slices.DeleteFunc(slices.Clone(notes), func(n store.Note) bool {
		return !slices.ContainsFunc(among, func(m store.Note) bool { return m.ID == n.ID })
	})
}

// testPageHolds pages through notes while others come, change their places and
// go, and wants every note that nobody touched exactly once and in order.
func testPageHolds(t *testing.T, s store.Store) {
	for _, sort := range sorts {
		for _, order := range orders {
			for _, q := range []store.ListQuery{{Limit: 1}, {Limit: 4, Tags: []string{"a"}}, {Limit: 10}} {
				q.State, q.Sort, q.Order = api.StateActive, sort, order
				t.Run(queryName(q), func(t *testing.T) { pageHolds(t, s, q) })
			}
		}
	}
}

func pageHolds(t *testing.T, s store.Store, q store.ListQuery) {
	u := addUser(t, s)
	r := random()
	mixed := func(n int) []store.Note {
		notes := mixedNotes(r, u.ID, n)
		for i := range notes {
			notes[i].Archived, notes[i].TrashedAt, notes[i].Tags = false, nil, []string{"a"}
			addNote(t, s, notes[i])
		}
		return notes
	}
	calm, restless := mixed(20), mixed(8)

	got := pages(t, s, u.ID, q, func() {
		mixed(1)
		n := &restless[r.IntN(len(restless))]
		n.Revision++
		n.UpdatedAt, n.CreatedAt, n.TitleKey = at(r.IntN(9)-4), at(r.IntN(9)-4), fmt.Sprint(r.IntN(9))
		if r.IntN(3) == 0 {
			n.TrashedAt = ptr(at(1))
		}
		ok(t, s.UpdateNote(t.Context(), *n, n.Revision-1, nil))
	})
	equal(t, stored(got, calm), answer(calm, q))
}
