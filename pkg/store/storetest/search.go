package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

func searchChecks(e Effort) []check {
	return []check{
		{"Scripts", testSearchScripts},
		{"Generated", e.testSearchGenerated},
		{"EveryFilter", e.testSearchFilters},
		{"FollowsWrites", e.testSearchFollows},
		{"PagesHoldWhileOthersChange", e.testSearchHolds},
		{"OneMillisecond", e.testSearchOneMillisecond},
		{"EveryTime", e.testSearchEveryTime},
		{"OwnersApart", e.testSearchOwners},
		{"DeletedUser", e.testSearchDeletedUser},
		{"BehindManyCandidates", testSearchBehind},
		{"Load", e.testSearchLoad},
		{"ManyTokens", e.testSearchManyTokens},
		{"MaxBytesEndsAPage", testSearchBytes},
		{"Context", testSearchContext},
	}
}

func (e Effort) testSearchGenerated(t *testing.T, s store.Store) {
	u := addUser(t, s)
	r := random()
	notes := wordyNotes(r, u.ID, e.of(400))
	addNotes(t, s, notes)
	limits := []int{1, 3, 17, 100, 500}
	queries, hits := e.of(300), 0
	for i := range queries {
		q := searchFor(someQuery(r), limits[i%len(limits)])
		if q.Limit == 1 && len(scan(notes, q)) > 30 {
			q.Limit = 9
		}
		wantFound(t, s, u.ID, notes, q)
		if len(scan(notes, q)) > 0 {
			hits++
		}
	}
	if hits < queries/3 {
		t.Errorf("%d queries of %d find anything: this proves little", hits, queries)
	}
}

func (e Effort) testSearchFilters(t *testing.T, s store.Store) {
	u := addUser(t, s)
	r := random()
	notes := wordyNotes(r, u.ID, e.of(200))
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
func (e Effort) testSearchFollows(t *testing.T, s store.Store) {
	u := addUser(t, s)
	r := random()
	notes := wordyNotes(r, u.ID, e.of(150))
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
		for range e.of(25) {
			wantFound(t, s, u.ID, notes, searchFor(someQuery(r), 40))
		}
		wantFound(t, s, u.ID, notes, searchFor("new", 40))
	}

	purge(t, s, notes[0], at(1))
	_, err := s.EmptyTrash(t.Context(), u.ID, at(2))
	ok(t, err)
	notes = slices.DeleteFunc(notes[1:], func(n store.Note) bool { return n.TrashedAt != nil })
	some := len(notes) / 3
	for i := range notes[:some] {
		notes[i].TrashedAt, notes[i].Revision = ptr(at(3)), notes[i].Revision+1
		ok(t, s.UpdateNote(t.Context(), notes[i], notes[i].Revision-1, nil))
	}
	_, err = s.ExpireNotes(t.Context(), at(4), at(5))
	ok(t, err)
	notes = notes[some:]
	for _, w := range vocabulary {
		wantFound(t, s, u.ID, notes, searchFor(w, 100))
	}
}

// testSearchOwners has two owners who say the same, with the same ids.
func (e Effort) testSearchOwners(t *testing.T, s store.Store) {
	a, b := addUser(t, s), addUser(t, s)
	notes := map[string][]store.Note{}
	for _, u := range []store.User{a, b} {
		r := random()
		for i := range e.of(200) {
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

func (e Effort) testSearchDeletedUser(t *testing.T, s store.Store) {
	a, b := addUser(t, s), addUser(t, s)
	for _, u := range []store.User{a, b} {
		addNotes(t, s, wordyNotes(random(), u.ID, e.of(100)))
	}
	notes := wordyNotes(random(), b.ID, e.of(100))
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
func (e Effort) testSearchLoad(t *testing.T, s store.Store) {
	u := store.User{ID: api.NewID(), Username: "A", Key: "a", CreatedAt: at(0)}
	notes := wordyNotes(random(), u.ID, e.of(1500))
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

// testSearchManyTokens has as many different words in a note as are kept, at full
// effort.
func (e Effort) testSearchManyTokens(t *testing.T, s store.Store) {
	u := addUser(t, s)
	var b strings.Builder
	for i := range e.of(search.MaxTokens) + 10 {
		fmt.Fprintf(&b, "w%05dx ", i)
	}
	inside := fmt.Sprintf("w%05dx", e.of(30_000))
	n := newNote(u.ID)
	n.Body = b.String()[:min(b.Len(), api.MaxBody)]
	addNote(t, s, n)
	other := addNote(t, s, newNote(u.ID))
	for _, text := range []string{"w00000x", inside, inside[:3], inside[:6], "-w00001x", "w00001x -w00002x"} {
		wantFound(t, s, u.ID, []store.Note{n, other}, searchFor(text, 10))
	}
	if got := found(t, s, u.ID, searchFor(inside, 10), func() {}); len(got) != 1 {
		t.Errorf("%d notes have the word, want 1", len(got))
	}
}

func testSearchContext(t *testing.T, s store.Store) {
	u := addUser(t, s)
	addNotes(t, s, wordyNotes(random(), u.ID, 10))
	_, _, err := s.ListNotes(cancelled(t), u.ID, searchFor("milk", 10))
	wantErr(t, err, api.ErrUnavailable)
}
