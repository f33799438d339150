package storetest

import (
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var ownerChecks = []check{
	{"ReachesNothingOfAnother", testOwnerReach},
	{"SameIDForTwo", testOwnerSameID},
}

// testOwnerReach calls every method that takes an owner or a user for one who
// has nothing, with all that another one has.
func testOwnerReach(t *testing.T, s store.Store) {
	mine, thief := addUser(t, s), addUser(t, s)
	plain, rich := addNote(t, s, newNote(mine.ID)), addNote(t, s, richNote(mine.ID))
	session := addSession(t, s, newSession(mine.ID))
	stolen := plain
	stolen.Owner, stolen.Body, stolen.Revision = thief.ID, "stolen", 2
	wipe := stolen
	wipe.PurgedAt = ptr(at(1))
	listed := func(q store.ListQuery) func(*testing.T) {
		return func(t *testing.T) {
			q.Limit, q.MaxBytes = 100, api.MaxPageBytes
			notes, more, err := s.ListNotes(t.Context(), thief.ID, q)
			ok(t, err)
			if len(notes) != 0 || more {
				t.Errorf("%d notes of another, more %t", len(notes), more)
			}
		}
	}

	for _, c := range []struct {
		name string
		call func(*testing.T)
	}{
		{"Note", func(t *testing.T) { noNote(t, s, thief.ID, plain.ID) }},
		{"ListNotes", listed(store.ListQuery{State: api.StateAll, Sort: api.SortUpdated, Order: api.OrderAsc})},
		{"ListNotes trashed", listed(store.ListQuery{State: api.StateTrashed, Sort: api.SortTitle, Order: api.OrderDesc})},
		{"ListNotes tags", listed(store.ListQuery{State: api.StateAll, Tags: rich.Tags[:1], Sort: api.SortCreated, Order: api.OrderAsc})},
		{"ListNotes id", listed(store.ListQuery{State: api.StateAll, IDPrefix: plain.ID, Sort: api.SortCreated, Order: api.OrderAsc})},
		{"ListNotes after", listed(store.ListQuery{
			State: api.StateAll, Sort: api.SortUpdated, Order: api.OrderDesc,
			After: &store.Place{Time: at(1000), ID: "zzzzzzzzzzzz"},
		})},
		{"NoteIDs", func(t *testing.T) {
			ids, err := s.NoteIDs(t.Context(), thief.ID, []string{"", plain.ID, rich.ID[:3]}, 9)
			ok(t, err)
			equal(t, ids, []string{})
		}},
		{"UpdateNote", func(t *testing.T) { wantErr(t, s.UpdateNote(t.Context(), stolen, 1, nil), api.ErrNotFound) }},
		{"UpdateNote purge", func(t *testing.T) { wantErr(t, s.UpdateNote(t.Context(), wipe, 1, nil), api.ErrNotFound) }},
		{"EmptyTrash", func(t *testing.T) {
			n, err := s.EmptyTrash(t.Context(), thief.ID, at(9))
			wantCount(t, n, err, 0)
		}},
		{"ListSessions", func(t *testing.T) { wantSessions(t, s, thief.ID) }},
		{"DeleteSession", func(t *testing.T) {
			wantErr(t, s.DeleteSession(t.Context(), thief.ID, session.ID), api.ErrNotFound)
		}},
		{"DeleteSessions", func(t *testing.T) {
			n, err := s.DeleteSessions(t.Context(), thief.ID, "")
			wantCount(t, n, err, 0)
		}},
		{"SetPassword", func(t *testing.T) {
			wantErr(t, s.SetPassword(t.Context(), thief.ID, mine.PasswordHash, "x"), api.ErrStale)
		}},
		{"DeleteUser", func(t *testing.T) { ok(t, s.DeleteUser(t.Context(), thief.ID, at(9))) }},
		{"ExpireUsers", func(t *testing.T) {
			_, err := s.ExpireUsers(t.Context(), at(99))
			ok(t, err)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.call(t)
			wantNote(t, s, plain)
			wantNote(t, s, rich)
			wantSessions(t, s, mine.ID, session)
			got, err := s.User(t.Context(), mine.ID)
			ok(t, err)
			equal(t, got, mine)
		})
	}
}

func testOwnerSameID(t *testing.T, s store.Store) {
	a, b, c := addUser(t, s), addUser(t, s), addUser(t, s)
	ofA := addNote(t, s, newNote(a.ID))
	ofB := richNote(b.ID)
	ofB.ID = ofA.ID
	addNote(t, s, ofB)
	wantNote(t, s, ofA)
	wantNote(t, s, ofB)

	ofA.Body, ofA.Tags, ofA.Revision = "changed", []string{"x"}, 2
	ok(t, s.UpdateNote(t.Context(), ofA, 1, nil))
	wantNote(t, s, ofA)
	wantNote(t, s, ofB)

	n, err := s.EmptyTrash(t.Context(), b.ID, at(9))
	wantCount(t, n, err, 1)
	noNote(t, s, b.ID, ofB.ID)
	wantNote(t, s, ofA)

	ofC := ofB
	ofC.Owner = c.ID
	addNote(t, s, ofC) // another's tombstone is in nobody's way
	purge(t, s, ofA, at(9))
	wantNote(t, s, ofC)
	ok(t, s.DeleteUser(t.Context(), a.ID, at(10)))
	ok(t, s.DeleteUser(t.Context(), b.ID, at(10)))
	wantNote(t, s, ofC)
}
