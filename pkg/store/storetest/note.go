package storetest

import (
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var noteChecks = []check{
	{"ComesOutAsItWentIn", testNote},
	{"TagsAreNeverNil", testNilTags},
	{"AbsentIsNotFound", testNoteAbsent},
	{"IDIsTakenOnce", testCreateAgain},
	{"UpdateReplacesTheWholeNote", testUpdateNote},
	{"UpdateComparesTheRevision", testUpdateStale},
	{"DoesNotAlias", testNoteAlias},
	{"NoteIDs", testNoteIDs},
	{"CountIsOfAllStates", testCountNotes},
}

func testNote(t *testing.T, s store.Store) {
	u := addUser(t, s)
	later := newNote(u.ID)
	later.Revision = 1 << 40
	for _, n := range []store.Note{
		newNote(u.ID),
		richNote(u.ID),
		later,
		{Note: api.Note{NoteMeta: api.NoteMeta{ID: api.NewID(), Tags: []string{}, Revision: 1}}, Owner: u.ID}, // nothing at all
	} {
		addNote(t, s, n)
		wantNote(t, s, n)
	}
}

func testNilTags(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := newNote(u.ID)
	n.Tags = nil
	addNote(t, s, n)
	wantNote(t, s, n)
	all(t, s, u.ID) // looks at the tags too
	n.Revision = 2
	ok(t, s.UpdateNote(t.Context(), n, 1, nil))
	wantNote(t, s, n)
}

func testNoteAbsent(t *testing.T, s store.Store) {
	u := addUser(t, s)
	addNote(t, s, newNote(u.ID))
	absent := newNote(u.ID)
	absent.Revision = 2
	noNote(t, s, u.ID, absent.ID)
	wantErr(t, s.UpdateNote(t.Context(), absent, 1, nil), api.ErrNotFound)
	noNote(t, s, u.ID, absent.ID) // the update made none
}

func testCreateAgain(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := addNote(t, s, newNote(u.ID))
	again := n
	again.Title, again.Body = "other", "text"
	wantErr(t, s.CreateNote(t.Context(), again, nil), api.ErrConflict)
	wantErr(t, s.CreateNote(t.Context(), n, nil), api.ErrConflict) // equal or not: that is decided above
	wantNote(t, s, n)

	purge(t, s, n, at(1))
	wantErr(t, s.CreateNote(t.Context(), n, nil), api.ErrGone)
	wantErr(t, s.CreateNote(t.Context(), again, nil), api.ErrGone)
	noNote(t, s, u.ID, n.ID)
}

func testUpdateNote(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n, kept := addNote(t, s, newNote(u.ID)), addNote(t, s, newNote(u.ID))

	full := richNote(u.ID)
	full.ID, full.Title, full.TitleKey, full.Body, full.Excerpt = n.ID, "New", "new", "newer", "new excerpt"
	full.Revision = 2
	ok(t, s.UpdateNote(t.Context(), full, 1, nil))
	wantNote(t, s, full)

	empty := n
	empty.Title, empty.TitleKey, empty.Body, empty.Excerpt, empty.Revision = "", "", "", "", 3
	ok(t, s.UpdateNote(t.Context(), empty, 2, nil))
	wantNote(t, s, empty)
	wantNote(t, s, kept)
}

func testUpdateStale(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := newNote(u.ID)
	n.Revision = 5
	addNote(t, s, n)
	for _, revision := range []int64{4, 6, 0} {
		late := n
		late.Body, late.Tags, late.Revision = "too late", []string{"late"}, revision+1
		wantErr(t, s.UpdateNote(t.Context(), late, revision, nil), api.ErrStale)
		wantNote(t, s, n)
	}
	tagged := store.ListQuery{State: api.StateAll, Tags: []string{"late"}, Sort: api.SortUpdated, Order: api.OrderAsc, Limit: 9}
	equal(t, list(t, s, u.ID, tagged), []store.Note{})
}

// testNoteAlias changes what was passed in and what came out, and wants that
// the store does not notice.
func testNoteAlias(t *testing.T, s store.Store) {
	u := addUser(t, s)
	want := addNote(t, s, richNote(u.ID))
	in := richNote(u.ID)
	in.ID, in.Revision = want.ID, 2
	want.Revision = 2
	ok(t, s.UpdateNote(t.Context(), in, 1, nil))
	scribble(&in)

	out, err := s.Note(t.Context(), u.ID, want.ID)
	ok(t, err)
	equal(t, out, want)
	scribble(&out)
	listed := all(t, s, u.ID)
	equal(t, listed, []store.Note{want})
	scribble(&listed[0])
	wantNote(t, s, want)
}

func scribble(n *store.Note) {
	n.Tags[0], n.Operations[0], *n.TrashedAt = "scribble", "scribble", at(12345)
}

func testNoteIDs(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	for _, id := range []string{"aaaa00000000", "aaab00000000", "aab000000000", "b00000000000", "zzzzzzzzzzzz"} {
		n := newNote(u.ID)
		n.ID = id
		switch id {
		case "aaab00000000":
			n = trashed(n, at(1))
		case "aab000000000":
			n.Archived = true
		}
		addNote(t, s, n)
	}
	gone := newNote(u.ID)
	gone.ID = "aaac00000000"
	purge(t, s, addNote(t, s, gone), at(1))
	theirs := newNote(other.ID)
	theirs.ID = "aaad00000000"
	addNote(t, s, theirs)

	for _, c := range []struct {
		name     string
		prefixes []string
		limit    int
		want     []string
	}{
		{"none", nil, 9, nil},
		{"all", []string{""}, 9, []string{"aaaa00000000", "aaab00000000", "aab000000000", "b00000000000", "zzzzzzzzzzzz"}},
		{"any state", []string{"aa"}, 9, []string{"aaaa00000000", "aaab00000000", "aab000000000"}},
		{"overlapping", []string{"aaa", "aa", "aaaa00000000"}, 9, []string{"aaaa00000000", "aaab00000000", "aab000000000"}},
		{"apart and out of order", []string{"zz", "b0", "aab"}, 9, []string{"aab000000000", "b00000000000", "zzzzzzzzzzzz"}},
		{"limit", []string{"b", "aa"}, 3, []string{"aaaa00000000", "aaab00000000", "aab000000000"}},
		{"limit over prefixes", []string{"z", "b"}, 1, []string{"b00000000000"}},
		{"whole id", []string{"aaab00000000"}, 9, []string{"aaab00000000"}},
		{"last letter", []string{"z"}, 9, []string{"zzzzzzzzzzzz"}},
		{"absent", []string{"aac", "y"}, 9, nil},
		{"too long", []string{"aaab000000000"}, 9, nil},
		{"no pattern", []string{"%", "_", "a_", ".", ".*", "^a", "[a-z]", "a*", "A"}, 9, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := s.NoteIDs(t.Context(), u.ID, c.prefixes, c.limit)
			ok(t, err)
			equal(t, got, c.want)
		})
	}
}

func testCountNotes(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	wantNotes := func(want int) {
		t.Helper()
		n, err := s.CountNotes(t.Context(), u.ID)
		wantCount(t, n, err, want)
	}
	wantNotes(0)
	n := addNote(t, s, newNote(u.ID))
	archived := newNote(u.ID)
	archived.Archived = true
	addNote(t, s, archived)
	addNote(t, s, trashed(newNote(u.ID), at(1)))
	addNote(t, s, newNote(other.ID))
	wantNotes(3)
	purge(t, s, n, at(2))
	wantNotes(2)
}
