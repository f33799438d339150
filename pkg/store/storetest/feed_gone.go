package storetest

import (
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// wantGone wants that nobody can go on from here.
func wantGone(t *testing.T, s store.Store, owner string, p store.Position) {
	t.Helper()
	c, err := s.ListChanges(t.Context(), owner, store.ChangesQuery{After: p, Limit: 9, MaxBytes: 1 << 20})
	wantErr(t, err, api.ErrGone)
	equal(t, c, store.Changes{})
}

func testFeedGone(t *testing.T, s store.Store) {
	u := addUser(t, s)
	wantGone(t, s, u.ID, store.Position{Epoch: "e", Seq: 0}) // nothing was begun yet
	addNote(t, s, newNote(u.ID))
	end := feedEnd(t, s, u.ID)
	wantGone(t, s, u.ID, store.Position{Epoch: end.Epoch + "x", Seq: end.Seq})
	wantGone(t, s, u.ID, store.Position{Epoch: end.Epoch, Seq: end.Seq + 1})
	wantGone(t, s, u.ID, store.Position{Epoch: end.Epoch, Seq: -1})
	wantGone(t, s, u.ID, store.Position{Seq: end.Seq})

	ok(t, s.DeleteUser(t.Context(), u.ID, at(9)))
	wantGone(t, s, u.ID, end)
}

// testFeedForgets: who has seen a tombstone can go on when it is forgotten, and
// nobody else.
func testFeedForgets(t *testing.T, s store.Store) {
	u, idle := addUser(t, s), addUser(t, s)
	idleEnd := feedEnd(t, s, idle.ID)
	start := feedEnd(t, s, u.ID)
	old, young, kept := addNote(t, s, newNote(u.ID)), addNote(t, s, newNote(u.ID)), addNote(t, s, newNote(u.ID))
	unseen := feedEnd(t, s, u.ID)
	purge(t, s, old, at(10))
	seen := feedEnd(t, s, u.ID)
	purge(t, s, young, at(20))
	end := feedEnd(t, s, u.ID)

	count, err := s.ExpireTombstones(t.Context(), at(10))
	wantCount(t, count, err, 0)
	got, _ := follow(t, s, u.ID, start)
	if len(got) != 3 || got[0].ID != kept.ID {
		t.Errorf("nothing was forgotten, and there are %d notes", len(got))
	}

	count, err = s.ExpireTombstones(t.Context(), at(11))
	wantCount(t, count, err, 1)
	wantGone(t, s, u.ID, start)
	wantGone(t, s, u.ID, unseen)
	got, last := follow(t, s, u.ID, seen)
	wantBuried(t, got, buried(young, at(20)))
	if last != end {
		t.Errorf("the feed ends at %v, want %v", last, end)
	}

	// When the last write of all is forgotten, its number is not given again.
	count, err = s.ExpireTombstones(t.Context(), at(21))
	wantCount(t, count, err, 1)
	wantGone(t, s, u.ID, seen)
	wantChanges(t, s, u.ID, end)
	n := addNote(t, s, newNote(u.ID))
	wantChanges(t, s, u.ID, end, n)
	wantChanges(t, s, idle.ID, idleEnd) // who forgot nothing has lost nothing
}

// testFeedOwners: one owner's writes are in no other's feed.
func testFeedOwners(t *testing.T, s store.Store) {
	a, b := addUser(t, s), addUser(t, s)
	startA, startB := feedEnd(t, s, a.ID), feedEnd(t, s, b.ID)
	n := newNote(a.ID)
	addNote(t, s, n)
	wantChanges(t, s, b.ID, startB)
	same := n
	same.Owner = b.ID
	addNote(t, s, same)
	wantChanges(t, s, a.ID, startA, n)
	wantChanges(t, s, b.ID, startB, same)
	wantGone(t, s, b.ID, startA)
}

// testFeedLoad: a store that was loaded begins new feeds, in which what was loaded
// is not.
func testFeedLoad(t *testing.T, s store.Store) {
	u := addUser(t, s)
	start := feedEnd(t, s, u.ID)
	n := addNote(t, s, newNote(u.ID))
	records := dump(t, s)
	ok(t, s.DeleteUser(t.Context(), u.ID, at(9)))
	_, err := s.ExpireUsers(t.Context(), at(10))
	ok(t, err)
	ok(t, dumper(t, s).Load(t.Context(), sequence(records, nil)))

	wantGone(t, s, u.ID, start)
	end := wantChanges(t, s, u.ID, feedEnd(t, s, u.ID))
	n.Body, n.Revision = "later", n.Revision+1
	ok(t, s.UpdateNote(t.Context(), n, n.Revision-1, nil))
	wantChanges(t, s, u.ID, end, n)
}
