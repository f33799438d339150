package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

var searchChecks = []check{
	{"Scripts", testSearchScripts},
	{"Generated", testSearchGenerated},
	{"EveryFilter", testSearchFilters},
	{"FollowsWrites", testSearchFollows},
	{"PagesHoldWhileOthersChange", testSearchHolds},
	{"OneMillisecond", testSearchOneMillisecond},
	{"EveryTime", testSearchEveryTime},
	{"OwnersApart", testSearchOwners},
	{"DeletedUser", testSearchDeletedUser},
	{"Load", testSearchLoad},
	{"ManyTokens", testSearchManyTokens},
	{"MaxBytesEndsAPage", testSearchBytes},
	{"Context", testSearchContext},
}

func testSearchGenerated(t *testing.T, s store.Store) {
	u := addUser(t, s)
	r := random()
	notes := wordyNotes(r, u.ID, 400)
	addNotes(t, s, notes)
	limits := []int{1, 3, 17, 100, 500}
	hits := 0
	for i := range 300 {
		q := searchFor(someQuery(r), limits[i%len(limits)])
		if q.Limit == 1 && len(scan(notes, q)) > 30 {
			q.Limit = 9
		}
		wantFound(t, s, u.ID, notes, q)
		if len(scan(notes, q)) > 0 {
			hits++
		}
	}
	if hits < 100 {
		t.Errorf("%d queries of 300 find anything: this proves little", hits)
	}
}

func testSearchFilters(t *testing.T, s store.Store) {
	u := addUser(t, s)
	r := random()
	notes := wordyNotes(r, u.ID, 200)
	addNotes(t, s, notes)
	for _, text := range []string{"a", "mi", "the milk", "-the", "is:pinned m", "tag:a the", "is:trashed a", "nowhere"} {
		for _, q := range []store.ListQuery{
			{State: api.StateActive},
			{State: api.StateArchived},
			{State: api.StateTrashed},
			{State: api.StateAll, Tags: []string{"a"}},
			{State: api.StateAll, Tags: []string{"a", "b"}},
			{State: api.StateAll, Pinned: ptr(true)},
			{State: api.StateActive, Pinned: ptr(false)},
			{State: api.StateAll, IDPrefix: "0k"},
			{State: api.StateAll, From: ptr(at(100))},
			{State: api.StateAll, Before: ptr(at(300)), From: ptr(at(50)), Tags: []string{"b"}},
		} {
			q.Search, q.Limit = search.Parse(text), 7
			wantFound(t, s, u.ID, notes, q)
		}
	}
}

// testSearchFollows wants that a search sees notes as they are now.
func testSearchFollows(t *testing.T, s store.Store) {
	u := addUser(t, s)
	r := random()
	notes := wordyNotes(r, u.ID, 150)
	addNotes(t, s, notes)
	for range 4 {
		for i := range notes {
			n := notes[i]
			switch r.IntN(6) {
			case 0:
				n.Body = someWords(r, 8)
			case 1:
				n.Title = someWords(r, 2)
			case 2:
				n.Tags = []string{"new", vocabulary[8]}
			case 3:
				n.UpdatedAt = at(r.IntN(300)) // an undo gives the old time back
			case 4:
				n.TrashedAt = ptr(at(i))
			case 5:
				n.TrashedAt, n.Pinned = nil, !n.Pinned
			}
			n.Revision++
			w := store.Change{Operation: store.Operation{ID: api.NewID(), Owner: u.ID, At: at(9)}, Apply: func(v *store.Note) (bool, error) {
				n.Operations = v.Operations
				n.Revision = v.Revision
				*v = n
				return true, nil
			}}
			write, _, err := w.Plan(notes[i])
			ok(t, err)
			ok(t, s.UpdateNote(t.Context(), write.Note, write.Revision, write.Trace))
			notes[i] = write.Note
		}
		for range 25 {
			wantFound(t, s, u.ID, notes, searchFor(someQuery(r), 40))
		}
		wantFound(t, s, u.ID, notes, searchFor("new", 40))
	}

	purge(t, s, notes[0], at(1))
	_, err := s.EmptyTrash(t.Context(), u.ID, at(2))
	ok(t, err)
	notes = slices.DeleteFunc(notes[1:], func(n store.Note) bool { return n.TrashedAt != nil })
	for i := range notes[:20] {
		notes[i].TrashedAt, notes[i].Revision = ptr(at(3)), notes[i].Revision+1
		ok(t, s.UpdateNote(t.Context(), notes[i], notes[i].Revision-1, nil))
	}
	_, err = s.ExpireNotes(t.Context(), at(4), at(5))
	ok(t, err)
	notes = notes[20:]
	for _, w := range vocabulary {
		wantFound(t, s, u.ID, notes, searchFor(w, 100))
	}
}

// testSearchHolds pages through a search while others write, and wants every note
// that nobody touched exactly once and in order.
func testSearchHolds(t *testing.T, s store.Store) {
	for _, text := range []string{"milk", "mi", "-the", "the"} {
		for _, limit := range []int{1, 4, 10} {
			u := addUser(t, s)
			r := random()
			calm, restless := wordyNotes(r, u.ID, 60), wordyNotes(r, u.ID, 20)
			addNotes(t, s, calm)
			addNotes(t, s, restless)
			q := searchFor(text, limit)
			got := found(t, s, u.ID, q, func() {
				addNotes(t, s, wordyNotes(r, u.ID, 1))
				n := &restless[r.IntN(len(restless))]
				n.Revision++
				n.UpdatedAt, n.Title, n.Body = at(r.IntN(100)), someWords(r, 2), someWords(r, 5)
				ok(t, s.UpdateNote(t.Context(), *n, n.Revision-1, nil))
			})
			equal(t, stored(got, calm), scan(calm, q))
		}
	}
}

// testSearchOneMillisecond has more notes of one moment than a page, a batch or
// what an engine looks at first, and ids that begin alike.
func testSearchOneMillisecond(t *testing.T, s store.Store) {
	u := addUser(t, s)
	r := random()
	notes := wordyNotes(r, u.ID, 600)
	for i := range notes {
		notes[i].UpdatedAt = at(i % 2)
		if i%3 == 0 {
			notes[i].ID = "0k0k" + notes[i].ID[4:]
		}
	}
	addNotes(t, s, notes)
	for i, text := range []string{"milk", "m", "mi", "a", "an", "the an", "20", "-the", "東", "привет -a"} {
		wantFound(t, s, u.ID, notes, searchFor(text, []int{7, 50, 700}[i%3]))
	}
}

// testSearchEveryTime has notes of all times there are.
func testSearchEveryTime(t *testing.T, s store.Store) {
	u := addUser(t, s)
	var notes []store.Note
	for i := range 300 {
		n := newNote(u.ID)
		n.Title = "milk"
		if i%10 == 0 { // too few to be found by the way
			n.Body = "and more"
		}
		n.UpdatedAt = api.TimeOfMilli(-62167219200000 + int64(i)*1055570000000) // 33 years apart
		n.Revision = int64(1 + i%2)
		notes = append(notes, n)
	}
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(notes), func(i, j int) { notes[i], notes[j] = notes[j], notes[i] })
	addNotes(t, s, slices.DeleteFunc(slices.Clone(notes), func(n store.Note) bool { return n.Revision == 2 }))
	for _, n := range notes {
		if n.Revision == 2 {
			first := n
			first.Revision = 1
			first.UpdatedAt = at(0)
			addNote(t, s, first)
			ok(t, s.UpdateNote(t.Context(), n, 1, nil))
		}
	}
	for _, text := range []string{"milk", "more", "milk -more"} {
		wantFound(t, s, u.ID, notes, searchFor(text, 11))
		q := searchFor(text, 11)
		q.From, q.Before = ptr(api.TimeOfMilli(-3e12)), ptr(api.TimeOfMilli(9e12))
		wantFound(t, s, u.ID, notes, q)
	}
}

// testSearchOwners has two owners who say the same, with the same ids.
func testSearchOwners(t *testing.T, s store.Store) {
	a, b := addUser(t, s), addUser(t, s)
	notes := map[string][]store.Note{}
	for _, u := range []store.User{a, b} {
		r := random()
		for i := range 200 {
			n := newNote(u.ID)
			n.ID = fmt.Sprintf("%012d", i)
			n.Title, n.Body, n.UpdatedAt = someWords(r, 2), someWords(r, 9), at(i%7)
			if u.ID == b.ID && i%5 == 0 {
				n.Body += " secret"
			}
			notes[u.ID] = append(notes[u.ID], n)
		}
		addNotes(t, s, notes[u.ID])
	}
	for owner, list := range notes {
		for _, text := range append([]string{"secret", "-secret"}, vocabulary...) {
			wantFound(t, s, owner, list, searchFor(text, 50))
		}
	}
	if got := found(t, s, a.ID, searchFor("secret", 50), func() {}); len(got) != 0 {
		t.Errorf("%d notes of another owner", len(got))
	}
	if got := found(t, s, api.NewID(), searchFor("milk", 50), func() {}); len(got) != 0 {
		t.Errorf("%d notes of somebody for nobody", len(got))
	}
}

func testSearchDeletedUser(t *testing.T, s store.Store) {
	a, b := addUser(t, s), addUser(t, s)
	for _, u := range []store.User{a, b} {
		addNotes(t, s, wordyNotes(random(), u.ID, 100))
	}
	notes := wordyNotes(random(), b.ID, 100)
	ok(t, s.DeleteUser(t.Context(), a.ID, at(1)))
	_, err := s.ExpireUsers(t.Context(), at(2))
	ok(t, err)
	for _, text := range vocabulary {
		if got := found(t, s, a.ID, searchFor(text, 50), func() {}); len(got) != 0 {
			t.Errorf("%d notes of one who was deleted", len(got))
		}
		if len(scan(notes, searchFor(text, 50))) != len(found(t, s, b.ID, searchFor(text, 50), func() {})) {
			t.Errorf("%q does not find the notes of who was not deleted", text)
		}
	}
}

// testSearchLoad wants that what comes from a dump is found.
func testSearchLoad(t *testing.T, s store.Store) {
	u := store.User{ID: api.NewID(), Username: "A", Key: "a", CreatedAt: at(0)}
	notes := wordyNotes(random(), u.ID, 1500)
	records := []store.Record{{User: &u}}
	for _, n := range notes {
		records = append(records, store.Record{Note: &n})
	}
	gone := store.Tombstone{Owner: u.ID, ID: api.NewID(), Revision: 1, PurgedAt: at(1)}
	records = append(records, store.Record{Tombstone: &gone})
	ok(t, dumper(t, s).Load(t.Context(), sequence(records, nil)))
	for _, text := range vocabulary {
		wantFound(t, s, u.ID, notes, searchFor(text, 300))
	}
	n := addNote(t, s, newNote(u.ID))
	n.Revision, n.Body = 2, "quite another text"
	ok(t, s.UpdateNote(t.Context(), n, 1, nil))
	wantFound(t, s, u.ID, append(notes, n), searchFor("another", 10))
}

// testSearchManyTokens has as many different words in a note as are kept.
func testSearchManyTokens(t *testing.T, s store.Store) {
	u := addUser(t, s)
	var b strings.Builder
	for i := range search.MaxTokens + 10 {
		fmt.Fprintf(&b, "w%05dx ", i)
	}
	n := newNote(u.ID)
	n.Body = b.String()[:min(b.Len(), api.MaxBody)]
	addNote(t, s, n)
	other := addNote(t, s, newNote(u.ID))
	for _, text := range []string{"w00000x", "w30000x", "w30", "w30000", "-w00001x", "w00001x -w00002x"} {
		wantFound(t, s, u.ID, []store.Note{n, other}, searchFor(text, 10))
	}
	if got := found(t, s, u.ID, searchFor("w30000x", 10), func() {}); len(got) != 1 {
		t.Errorf("%d notes have the word, want 1", len(got))
	}
}

// testSearchBytes has notes of a hundred bytes each.
func testSearchBytes(t *testing.T, s store.Store) {
	u := addUser(t, s)
	var notes []store.Note
	for i := range 6 {
		n := newNote(u.ID)
		n.Title, n.Body, n.UpdatedAt = "milk", strings.Repeat("a", 96), at(i)
		notes = append(notes, addNote(t, s, n))
	}
	for bytes, want := range map[int]int{1: 1, 100: 1, 101: 2, 501: 6, 10_000: 6} {
		q := searchFor("milk", 6)
		q.MaxBytes = bytes
		page, more, err := s.ListNotes(t.Context(), u.ID, q)
		ok(t, err)
		if len(page) != want || more != (want < 6) {
			t.Errorf("%d bytes: %d notes and more %t, want %d", bytes, len(page), more, want)
		}
		wantFound(t, s, u.ID, notes, q)
	}
}

func testSearchContext(t *testing.T, s store.Store) {
	u := addUser(t, s)
	addNotes(t, s, wordyNotes(random(), u.ID, 10))
	_, _, err := s.ListNotes(cancelled(t), u.ID, searchFor("milk", 10))
	wantErr(t, err, api.ErrUnavailable)
}
