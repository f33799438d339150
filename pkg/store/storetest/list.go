package storetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var listChecks = []check{
	{"Empty", testListEmpty},
	{"EveryQuery", testListEveryQuery},
	{"FollowsUpdates", testListFollows},
	{"SummaryHasNoBody", testListSummary},
	{"ManyTags", testListManyTags},
}

var (
	states = []api.State{api.StateActive, api.StateArchived, api.StateTrashed, api.StateAll}
	sorts  = []api.Sort{api.SortUpdated, api.SortCreated, api.SortTitle, api.SortID}
	orders = []api.Order{api.OrderAsc, api.OrderDesc}
)

func random() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func compare(a, b string) int { return strings.Compare(a, b) }

// mixedNotes returns notes that tie on every sort key, in all states, with
// titles whose order by bytes is not that by UTF-16, by alphabet or by length.
func mixedNotes(r *rand.Rand, owner string, n int) []store.Note {
	titles := []string{"", "a", "a\x01", "a ", "ab", "B", "b", "é", "e\u0301", "\uffff", "\U0001f600", "10", "9"}
	notes := make([]store.Note, n)
	for i := range notes {
		v := newNote(owner)
		if i%3 == 0 {
			v.ID = "0k" + v.ID[2:]
		}
		v.TitleKey = titles[r.IntN(len(titles))]
		v.Title = v.TitleKey
		v.CreatedAt, v.UpdatedAt = at(r.IntN(9)-4), at(r.IntN(9)-4)
		for _, tag := range []string{"a", "b", "c"} {
			if r.IntN(2) == 0 {
				v.Tags = append(v.Tags, tag)
			}
		}
		v.Pinned, v.Archived = r.IntN(3) == 0, r.IntN(3) == 0
		if r.IntN(3) == 0 {
			v.TrashedAt = ptr(at(i))
		}
		notes[i] = v
	}
	return notes
}

func stateOf(n store.Note) api.State {
	switch {
	case n.TrashedAt != nil:
		return api.StateTrashed
	case n.Archived:
		return api.StateArchived
	}
	return api.StateActive
}

// answer is what all pages of a query together must be.
func answer(notes []store.Note, q store.ListQuery) []store.Note {
	var out []store.Note
	for _, n := range notes {
		missing := slices.ContainsFunc(q.Tags, func(t string) bool { return !slices.Contains(n.Tags, t) })
		if missing || (q.State != api.StateAll && q.State != stateOf(n)) ||
			(q.Pinned != nil && *q.Pinned != n.Pinned) ||
			q.From != nil && n.UpdatedAt.Before(q.From.Time) || q.Before != nil && !n.UpdatedAt.Before(q.Before.Time) || !strings.HasPrefix(n.ID, q.IDPrefix) {
			continue
		}
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b store.Note) int {
		return comparePlaces(store.PlaceOf(a, q.Sort), store.PlaceOf(b, q.Sort), q.Order)
	})
	return out
}

func comparePlaces(a, b store.Place, order api.Order) int {
	c := cmp.Or(compare(a.Title, b.Title), a.Time.Compare(b.Time.Time), compare(a.ID, b.ID))
	if order == api.OrderDesc {
		c = -c
	}
	return cmp.Or(cmp.Compare(a.Rank, b.Rank), c)
}

// goOn returns the place to go on behind. It ends the test where that is not behind the one
// before: there would be no end of pages.
func goOn(t *testing.T, before *store.Place, last store.Place, order api.Order) *store.Place {
	t.Helper()
	if before != nil && comparePlaces(last, *before, order) <= 0 {
		t.Fatalf("a page behind %+v ends at %+v", *before, last)
	}
	return &last
}

// pages returns all pages of a query as one. Between two of them it calls
// between.
func pages(t *testing.T, s store.Store, owner string, q store.ListQuery, between func()) []store.Note {
	t.Helper()
	if q.MaxBytes == 0 {
		q.MaxBytes = api.MaxPageBytes
	}
	var out []store.Note
	for {
		notes, more, err := s.ListNotes(t.Context(), owner, q)
		ok(t, err)
		if len(notes) > q.Limit {
			t.Fatalf("a page of %d notes with limit %d", len(notes), q.Limit)
		}
		for _, n := range notes {
			if n.Tags == nil {
				t.Error("Tags is nil")
			}
		}
		out = append(out, notes...)
		if !more {
			return out
		}
		if len(notes) == 0 {
			t.Fatal("an empty page, and more behind it")
		}
		between()
		q.After = goOn(t, q.After, store.PlaceOf(notes[len(notes)-1], q.Sort), q.Order)
	}
}

func testListEmpty(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	addNote(t, s, newNote(other.ID))
	for _, owner := range []string{u.ID, api.NewID()} {
		notes, more, err := s.ListNotes(t.Context(), owner, store.ListQuery{
			State: api.StateAll, Sort: api.SortTitle, Order: api.OrderAsc, Limit: 9, MaxBytes: 9,
		})
		ok(t, err)
		if len(notes) != 0 || more {
			t.Errorf("%d notes and more %t where there are none", len(notes), more)
		}
	}
}

func testListEveryQuery(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	notes := mixedNotes(random(), u.ID, 60)
	for _, n := range notes {
		addNote(t, s, n)
	}
	for _, n := range mixedNotes(random(), other.ID, 5) {
		addNote(t, s, n)
	}
	limits := []int{3, 7, 25, 60, 200}
	turn := 0
	for _, state := range states {
		for _, sort := range sorts {
			for _, order := range orders {
				for _, q := range []store.ListQuery{
					{},
					{Tags: []string{"a"}},
					{Tags: []string{"a", "b"}},
					{Tags: []string{"c", "absent"}},
					{Pinned: ptr(true)},
					{Pinned: ptr(false)},
					{IDPrefix: "0k"},
					{IDPrefix: notes[0].ID},
					{IDPrefix: "0k%"},
					{Tags: []string{"b"}, Pinned: ptr(false), IDPrefix: "0k"},
					{From: ptr(at(-1))},
					{Before: ptr(at(2))},
					{Tags: []string{"a"}, From: ptr(at(-2)), Before: ptr(at(2))},
					{Pinned: ptr(true), From: ptr(at(0)), Before: ptr(at(0))},
				} {
					q.State, q.Sort, q.Order, q.Limit = state, sort, order, limits[turn%len(limits)]
					turn++
					t.Run(queryName(q), func(t *testing.T) {
						equal(t, list(t, s, u.ID, q), answer(notes, q))
					})
				}
			}
		}
	}
}

func queryName(q store.ListQuery) string {
	name := fmt.Sprintf("%s by %s %s, %d", q.State, q.Sort, q.Order, q.Limit)
	if q.Tags != nil {
		name += " tags " + strings.Join(q.Tags, " ")
	}
	if q.Pinned != nil {
		name += fmt.Sprintf(" pinned %t", *q.Pinned)
	}
	if q.From != nil || q.Before != nil {
		name += fmt.Sprintf(" from %v before %v", q.From, q.Before)
	}
	if q.IDPrefix != "" {
		name += " id " + q.IDPrefix
	}
	return name
}

// testListFollows wants that every list sees a note as it is now, whichever one
// thing of it has changed.
func testListFollows(t *testing.T, s store.Store) {
	u := addUser(t, s)
	notes := mixedNotes(random(), u.ID, 28)
	for _, n := range notes {
		addNote(t, s, n)
	}
	for i := range notes {
		n := &notes[i]
		switch i % 7 {
		case 0:
			n.Tags = []string{"a", "new"}
		case 1:
			n.Tags = []string{}
		case 2:
			n.TitleKey = "new" + n.TitleKey
		case 3:
			n.CreatedAt = at(i - 10)
		case 4:
			n.UpdatedAt = at(i - 10)
		case 5:
			n.Pinned, n.Archived = !n.Pinned, !n.Archived
		case 6:
			if n.TrashedAt != nil {
				n.TrashedAt = nil
			} else {
				n.TrashedAt = ptr(at(i))
			}
		}
		n.Revision = 2
		ok(t, s.UpdateNote(t.Context(), *n, 1, nil))
	}
	for _, state := range states {
		for _, sort := range sorts {
			for _, q := range []store.ListQuery{{}, {Tags: []string{"a"}}, {Tags: []string{"new"}}, {Tags: []string{"b"}}, {Pinned: ptr(true)}} {
				q.State, q.Sort, q.Order, q.Limit = state, sort, api.OrderDesc, 10
				t.Run(queryName(q), func(t *testing.T) {
					equal(t, list(t, s, u.ID, q), answer(notes, q))
				})
			}
		}
	}
}

func testListSummary(t *testing.T, s store.Store) {
	u := addUser(t, s)
	want := addNote(t, s, richNote(u.ID))
	want.Body, want.SavedBy, want.SavedSince = "", "", nil
	for _, sort := range sorts {
		for _, tags := range [][]string{nil, want.Tags} {
			q := store.ListQuery{State: api.StateAll, Sort: sort, Order: api.OrderDesc, Limit: 3, Summary: true, Tags: tags}
			equal(t, list(t, s, u.ID, q), []store.Note{want})
		}
	}
}

// testListManyTags asks for as many tags as a note can have.
func testListManyTags(t *testing.T, s store.Store) {
	u := addUser(t, s)
	tags := make([]string, api.MaxTags)
	for i := range tags {
		tags[i] = fmt.Sprintf("%0*d", api.MaxTag, i)
	}
	n := newNote(u.ID)
	n.Tags = tags
	addNote(t, s, n)
	almost := newNote(u.ID)
	almost.Tags = tags[1:]
	addNote(t, s, almost)
	q := store.ListQuery{State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc, Limit: 9, Tags: tags}
	equal(t, list(t, s, u.ID, q), []store.Note{n})
}
