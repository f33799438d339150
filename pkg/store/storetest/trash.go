package storetest

import (
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var trashChecks = []check{
	{"TrashAndRestore", testTrash},
	{"PurgeLeavesATombstone", testPurge},
	{"Empty", testEmptyTrash},
	{"ExpireNotes", testExpireNotes},
	{"ExpireTombstones", testExpireTombstones},
}

func inState(t *testing.T, s store.Store, owner string, state api.State) []store.Note {
	t.Helper()
	return list(t, s, owner, store.ListQuery{State: state, Sort: api.SortCreated, Order: api.OrderAsc, Limit: 100})
}

func testTrash(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := addNote(t, s, newNote(u.ID))
	for _, step := range []struct {
		name     string
		archived bool
		trashed  *api.Time
		state    api.State
	}{
		{"trash", false, ptr(at(1)), api.StateTrashed},
		{"restore", false, nil, api.StateActive},
		{"archive", true, nil, api.StateArchived},
		{"trash an archived one", true, ptr(at(2)), api.StateTrashed},
		{"restore an archived one", true, nil, api.StateArchived},
		{"unarchive", false, nil, api.StateActive},
	} {
		n.Archived, n.TrashedAt = step.archived, step.trashed
		n.Revision++
		ok(t, s.UpdateNote(t.Context(), n, n.Revision-1, nil))
		wantNote(t, s, n)
		for _, state := range []api.State{api.StateActive, api.StateArchived, api.StateTrashed, api.StateAll} {
			want := []store.Note{}
			if state == step.state || state == api.StateAll {
				want = append(want, n)
			}
			t.Run(step.name+"/"+string(state), func(t *testing.T) {
				equal(t, inState(t, s, u.ID, state), want)
			})
		}
	}
}

// wantTombstone wants that a note is found by nothing but CreateNote.
func wantTombstone(t *testing.T, s store.Store, n store.Note) {
	t.Helper()
	noNote(t, s, n.Owner, n.ID)
	for _, state := range []api.State{api.StateActive, api.StateArchived, api.StateTrashed, api.StateAll} {
		for _, v := range inState(t, s, n.Owner, state) {
			if v.ID == n.ID {
				t.Errorf("the tombstone is listed as %s", state)
			}
		}
	}
	ids, err := s.NoteIDs(t.Context(), n.Owner, []string{n.ID}, 1)
	ok(t, err)
	equal(t, ids, []string{})
	for range 3 { // whatever revision the tombstone has
		n.Revision++
		wantErr(t, s.UpdateNote(t.Context(), n, n.Revision-1, nil), api.ErrNotFound)
	}
	wantErr(t, s.CreateNote(t.Context(), n, nil), api.ErrGone)
}

func testPurge(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	plain, rich, kept := addNote(t, s, newNote(u.ID)), addNote(t, s, richNote(u.ID)), addNote(t, s, richNote(u.ID))
	theirs := plain
	theirs.Owner = other.ID
	addNote(t, s, theirs)

	purge(t, s, plain, at(10))
	purge(t, s, rich, at(10))
	wantTombstone(t, s, plain)
	wantTombstone(t, s, rich)
	equal(t, all(t, s, u.ID), []store.Note{kept})
	tagged := store.ListQuery{State: api.StateAll, Tags: rich.Tags[:1], Sort: api.SortTitle, Order: api.OrderDesc, Limit: 9}
	equal(t, list(t, s, u.ID, tagged), []store.Note{kept})
	wantNote(t, s, theirs)

	n, err := s.EmptyTrash(t.Context(), u.ID, at(11)) // a tombstone is not in the trash
	wantCount(t, n, err, 1)
	n, err = s.ExpireNotes(t.Context(), at(100), at(100))
	wantCount(t, n, err, 0)
}

func testEmptyTrash(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	active := addNote(t, s, newNote(u.ID))
	archived := newNote(u.ID)
	archived.Archived = true
	addNote(t, s, archived)
	theirs := addNote(t, s, richNote(other.ID))
	gone := []store.Note{addNote(t, s, trashed(newNote(u.ID), at(1))), addNote(t, s, richNote(u.ID))}

	n, err := s.EmptyTrash(t.Context(), u.ID, at(10))
	wantCount(t, n, err, 2)
	for _, g := range gone {
		wantTombstone(t, s, g)
	}
	for _, kept := range []store.Note{active, archived, theirs} {
		wantNote(t, s, kept)
	}
	n, err = s.EmptyTrash(t.Context(), u.ID, at(11))
	wantCount(t, n, err, 0)

	n, err = s.ExpireTombstones(t.Context(), at(10)) // they are of this time
	wantCount(t, n, err, 0)
	n, err = s.ExpireTombstones(t.Context(), at(11))
	wantCount(t, n, err, 2)
}

func testExpireNotes(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	active := addNote(t, s, newNote(u.ID))
	onTime := addNote(t, s, trashed(newNote(u.ID), at(10)))
	later := addNote(t, s, trashed(newNote(other.ID), at(11)))
	gone := []store.Note{
		addNote(t, s, trashed(newNote(u.ID), at(9))),
		addNote(t, s, trashed(richNote(u.ID), at(-1000))),
		addNote(t, s, trashed(newNote(other.ID), at(9))),
	}

	n, err := s.ExpireNotes(t.Context(), at(10), at(20))
	wantCount(t, n, err, 3)
	for _, g := range gone {
		wantTombstone(t, s, g)
	}
	for _, kept := range []store.Note{active, onTime, later} {
		wantNote(t, s, kept)
	}
	n, err = s.ExpireNotes(t.Context(), at(10), at(20))
	wantCount(t, n, err, 0)
	n, err = s.ExpireTombstones(t.Context(), at(20)) // purged at that time, whenever trashed
	wantCount(t, n, err, 0)
	n, err = s.ExpireTombstones(t.Context(), at(21))
	wantCount(t, n, err, 3)
}

func testExpireTombstones(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	kept := addNote(t, s, richNote(u.ID))
	old, theirs, young := addNote(t, s, newNote(u.ID)), addNote(t, s, newNote(other.ID)), addNote(t, s, newNote(u.ID))
	purge(t, s, old, at(9))
	purge(t, s, theirs, at(-9))
	purge(t, s, young, at(10))

	n, err := s.ExpireTombstones(t.Context(), at(10))
	wantCount(t, n, err, 2)
	wantNote(t, s, kept)
	wantTombstone(t, s, young)
	for _, forgotten := range []store.Note{old, theirs} {
		noNote(t, s, forgotten.Owner, forgotten.ID)
		addNote(t, s, forgotten) // the id is as good as new
		wantNote(t, s, forgotten)
	}
}
