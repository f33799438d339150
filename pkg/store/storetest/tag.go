package storetest

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var tagChecks = []check{
	{"NoneAtFirst", testTagsNone},
	{"Counted", testTagsCounted},
	{"OfTheOwner", testTagsOwner},
	{"InOrderOfBytes", testTagsOrder},
	{"FollowEveryChange", testTagsFollow},
	{"FollowManyWrites", testTagsWrites},
}

// wantTags wants the tags of these notes, counted as the contract has it.
func wantTags(t *testing.T, s store.Store, owner string, notes ...store.Note) {
	t.Helper()
	counts := map[string]int{}
	for _, n := range notes {
		for _, tag := range n.Tags {
			if n.TrashedAt == nil && n.PurgedAt == nil {
				counts[tag]++
			}
		}
	}
	want := []api.TagCount{}
	for _, tag := range slices.Sorted(maps.Keys(counts)) {
		want = append(want, api.TagCount{Tag: tag, Count: counts[tag]})
	}
	got, err := s.ListTags(t.Context(), owner)
	ok(t, err)
	equal(t, got, want)
}

func tagged(owner string, tags ...string) store.Note {
	n := newNote(owner)
	n.Tags = tags
	return n
}

func testTagsNone(t *testing.T, s store.Store) {
	u := addUser(t, s)
	wantTags(t, s, u.ID)
	wantTags(t, s, api.NewID())
	wantTags(t, s, u.ID, addNote(t, s, newNote(u.ID)))
}

// testTagsCounted counts notes of all states: all but the trashed ones.
func testTagsCounted(t *testing.T, s store.Store) {
	u := addUser(t, s)
	notes := mixedNotes(random(), u.ID, 60)
	for _, n := range notes {
		addNote(t, s, n)
	}
	wantTags(t, s, u.ID, notes...)
}

func testTagsOwner(t *testing.T, s store.Store) {
	mine, other := addUser(t, s), addUser(t, s)
	a := addNote(t, s, tagged(mine.ID, "both", "mine"))
	b := tagged(other.ID, "both", "theirs")
	b.ID = a.ID
	addNote(t, s, b)
	wantTags(t, s, mine.ID, a)
	wantTags(t, s, other.ID, b)
}

// testTagsOrder has tags whose order by bytes is not that by alphabet, by UTF-16
// or by length.
func testTagsOrder(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := addNote(t, s, tagged(u.ID, "10", "9", "a", "a-b", "ab", "b", "é", "к", "中", "\uffff", "\U0001f600"))
	wantTags(t, s, u.ID, n)
}

// testTagsFollow changes one thing after the other of a note beside one that
// stays.
func testTagsFollow(t *testing.T, s store.Store) {
	u := addUser(t, s)
	still := addNote(t, s, tagged(u.ID, "a", "still"))
	n := addNote(t, s, tagged(u.ID, "a", "b"))
	for _, step := range []struct {
		name   string
		change func(*store.Note)
	}{
		{"tags", func(n *store.Note) { n.Tags = []string{"a", "c"} }},
		{"text", func(n *store.Note) { n.Title, n.TitleKey, n.Body = "Other", "other", "other" }},
		{"archived", func(n *store.Note) { n.Archived = true }},
		{"trashed", func(n *store.Note) { n.TrashedAt = ptr(at(1)) }},
		{"tags in the trash", func(n *store.Note) { n.Tags = []string{"a", "d"} }},
		{"restored", func(n *store.Note) { n.TrashedAt = nil }},
		{"no tags", func(n *store.Note) { n.Tags = []string{} }},
		{"tags again", func(n *store.Note) { n.Tags = []string{"e"} }},
		{"trashed again", func(n *store.Note) { n.TrashedAt = ptr(at(2)) }},
		{"purged", func(n *store.Note) { n.PurgedAt, n.Tags = ptr(at(3)), []string{} }},
	} {
		seen := n.Revision
		step.change(&n)
		n.Revision++
		ok(t, s.UpdateNote(t.Context(), n, seen, nil))
		t.Run(step.name, func(t *testing.T) { wantTags(t, s, u.ID, still, n) })
	}
}

// testTagsWrites does as a rename does: it puts one tag in the place of another,
// in many notes at once, some of which have changed meanwhile.
func testTagsWrites(t *testing.T, s store.Store) {
	u := addUser(t, s)
	notes := make([]store.Note, 40)
	writes := make([]store.Write, len(notes))
	for i := range notes {
		notes[i] = addNote(t, s, tagged(u.ID, "from", fmt.Sprint("n", i%7)))
		w := notes[i]
		w.Tags, w.Revision = []string{"to", w.Tags[1]}, 2
		slices.Sort(w.Tags)
		writes[i] = store.Write{Note: w, Revision: 1}
	}
	notes[3].Body, notes[3].Revision = "somebody else's", 2
	ok(t, s.UpdateNote(t.Context(), notes[3], 1, nil))
	for i, err := range s.WriteNotes(t.Context(), writes) {
		if i == 3 {
			wantErr(t, err, api.ErrStale)
			continue
		}
		ok(t, err)
		notes[i] = writes[i].Note
	}
	wantTags(t, s, u.ID, notes...)
	q := store.ListQuery{State: api.StateAll, Tags: []string{"from"}, Sort: api.SortCreated, Order: api.OrderAsc, Limit: 9}
	equal(t, list(t, s, u.ID, q), []store.Note{notes[3]})
	ok(t, s.CreateNote(t.Context(), tagged(u.ID, "new"), nil))
	_, err := s.EmptyTrash(t.Context(), u.ID, at(9))
	ok(t, err)
	wantTags(t, s, u.ID, append(notes, tagged(u.ID, "new"))...)
}
