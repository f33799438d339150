package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

func feedChecks(e Effort) []check {
	return []check{
		{"EveryWrite", testFeedWrites},
		{"FailedWrites", testFeedFailures},
		{"Parts", testFeedParts},
		{"Order", testFeedOrder},
		{"Summary", testFeedSummary},
		{"Begins", testFeedBegins},
		{"Gone", testFeedGone},
		{"ForgottenTombstones", testFeedForgets},
		{"Owners", testFeedOwners},
		{"Load", testFeedLoad},
		{"Followers", func(t *testing.T, s store.Store) {
			Followers(t, e, []store.Store{s})
		}},
	}
}

// feedEnd returns the present end of a feed.
func feedEnd(t *testing.T, s store.Store, owner string) store.Position {
	t.Helper()
	c, err := s.ListChanges(t.Context(), owner, store.ChangesQuery{Limit: 1})
	ok(t, err)
	if len(c.Notes) > 0 || c.More || c.End == (store.Position{}) {
		t.Fatalf("the end of the feed is %+v", c)
	}
	return c.End
}

// follow returns what a feed has behind a position, and where it ends.
func follow(t *testing.T, s store.Store, owner string, p store.Position) ([]store.Note, store.Position) {
	t.Helper()
	c, err := s.ListChanges(t.Context(), owner, store.ChangesQuery{After: p, Limit: 1000, MaxBytes: 1 << 20})
	ok(t, err)
	if c.More {
		t.Fatal("there is more")
	}
	return c.Notes, c.End
}

// wantChanges wants these notes behind p, and nothing behind them, and returns the
// end.
func wantChanges(t *testing.T, s store.Store, owner string, p store.Position, want ...store.Note) store.Position {
	t.Helper()
	got, end := follow(t, s, owner, p)
	equal(t, got, want)
	wantSeqs(t, s, owner, p, got)
	again, same := follow(t, s, owner, end)
	if len(again) > 0 || same != end {
		t.Errorf("behind the end %v there are %d notes and %v", end, len(again), same)
	}
	return end
}

// wantSeqs wants that a reader can go on behind each of these notes.
func wantSeqs(t *testing.T, s store.Store, owner string, p store.Position, notes []store.Note) {
	t.Helper()
	c, err := s.ListChanges(t.Context(), owner, store.ChangesQuery{After: p, Limit: 1000, MaxBytes: 1 << 20})
	ok(t, err)
	if len(c.Seqs) != len(notes) {
		t.Fatalf("%d numbers of %d notes", len(c.Seqs), len(notes))
	}
	for i, seq := range c.Seqs {
		rest, _ := follow(t, s, owner, store.Position{Epoch: p.Epoch, Seq: seq})
		equal(t, rest, notes[i+1:])
	}
}

// buried is the tombstone of a note.
func buried(n store.Note, when api.Time) store.Note {
	return store.Tombstone{Owner: n.Owner, ID: n.ID, Revision: n.Revision + 1, PurgedAt: when}.Note()
}

// wantBuried wants these tombstones, of which nothing is said but that they are,
// in any order.
func wantBuried(t *testing.T, got []store.Note, want ...store.Note) {
	t.Helper()
	var bare []store.Note
	for _, n := range got {
		if n.Title != "" || n.Body != "" || n.Excerpt != "" || len(n.Tags) > 0 {
			t.Errorf("the tombstone of %s says %q %q %q", n.ID, n.Title, n.Body, n.Tags)
		}
		if n.PurgedAt == nil {
			t.Fatalf("%s is no tombstone", n.ID)
		}
		bare = append(bare, store.Tombstone{Owner: n.Owner, ID: n.ID, Revision: n.Revision, PurgedAt: *n.PurgedAt}.Note())
	}
	byID := func(a, b store.Note) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) }
	slices.SortFunc(bare, byID)
	slices.SortFunc(want, byID)
	equal(t, bare, want)
}

// testFeedWrites writes in each way there is.
func testFeedWrites(t *testing.T, s store.Store) {
	u := addUser(t, s)
	p := feedEnd(t, s, u.ID)

	n := addNote(t, s, richNote(u.ID))
	p = wantChanges(t, s, u.ID, p, n)

	n.Body, n.Revision = "other", n.Revision+1
	ok(t, s.UpdateNote(t.Context(), n, n.Revision-1, nil))
	p = wantChanges(t, s, u.ID, p, n)

	other := newNote(u.ID)
	n.Body, n.Revision = "third", n.Revision+1
	wantErrs(t, s.WriteNotes(t.Context(), []store.Write{{Note: other}, {Note: n, Revision: n.Revision - 1}}), nil, nil)
	p = wantChanges(t, s, u.ID, p, other, n)

	purge(t, s, n, at(20))
	got, p := follow(t, s, u.ID, p)
	wantBuried(t, got, buried(n, at(20)))

	gone := addNote(t, s, trashed(newNote(u.ID), at(9)))
	late := addNote(t, s, trashed(newNote(u.ID), at(10)))
	p = wantChanges(t, s, u.ID, p, gone, late)
	count, err := s.ExpireNotes(t.Context(), at(10), at(21))
	wantCount(t, count, err, 1)
	got, p = follow(t, s, u.ID, p)
	wantBuried(t, got, buried(gone, at(21)))
	count, err = s.EmptyTrash(t.Context(), u.ID, at(22))
	wantCount(t, count, err, 1)
	got, p = follow(t, s, u.ID, p)
	wantBuried(t, got, buried(late, at(22)))
	wantChanges(t, s, u.ID, p)
}

// testFeedFailures: what was not written is not in the feed.
func testFeedFailures(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := addNote(t, s, newNote(u.ID))
	p := feedEnd(t, s, u.ID)
	wantErr(t, s.CreateNote(t.Context(), n, nil), api.ErrConflict)
	n.Revision = 7
	wantErr(t, s.UpdateNote(t.Context(), n, 6, nil), api.ErrStale)
	if got, _ := follow(t, s, u.ID, p); len(got) > 0 {
		t.Errorf("changes are %+v", got)
	}
}

// testFeedParts reads a feed in parts, by number and by size.
func testFeedParts(t *testing.T, s store.Store) {
	u := addUser(t, s)
	start := feedEnd(t, s, u.ID)
	var notes []store.Note
	for range 7 {
		notes = append(notes, addNote(t, s, newNote(u.ID)))
	}
	size := len(notes[0].Title) + len(notes[0].Body)
	for _, q := range []store.ChangesQuery{
		{Limit: 3, MaxBytes: 1 << 20},
		{Limit: 1, MaxBytes: 1 << 20},
		{Limit: 7, MaxBytes: 1 << 20},
		{Limit: 6, MaxBytes: 1 << 20},
		{Limit: 100, MaxBytes: 1},
		{Limit: 100, MaxBytes: 3 * size},
		{Limit: 100, MaxBytes: 2*size + 1},
	} {
		per := min(q.Limit, (q.MaxBytes+size-1)/size)
		var got []store.Note
		for q.After = start; ; {
			c, err := s.ListChanges(t.Context(), u.ID, q)
			ok(t, err)
			got = append(got, c.Notes...)
			if more := len(got) < len(notes); c.More != more || len(c.Notes) != min(per, len(notes)-len(got)+len(c.Notes)) {
				t.Errorf("%+v: %d notes, more is %t, after %d of %d", q, len(c.Notes), c.More, len(got), len(notes))
			}
			if q.After = c.End; !c.More || t.Failed() {
				break
			}
		}
		equal(t, got, notes)
	}
}

// testFeedOrder: a note is at the place of its last write, and nowhere else.
func testFeedOrder(t *testing.T, s store.Store) {
	u := addUser(t, s)
	start := feedEnd(t, s, u.ID)
	a, b, c := addNote(t, s, newNote(u.ID)), addNote(t, s, newNote(u.ID)), addNote(t, s, newNote(u.ID))
	_, middle := follow(t, s, u.ID, start)
	for i := range 3 {
		a.Body, a.Revision = fmt.Sprint(i), a.Revision+1
		ok(t, s.UpdateNote(t.Context(), a, a.Revision-1, nil))
		wantChanges(t, s, u.ID, middle, a)
	}
	wantChanges(t, s, u.ID, start, b, c, a)
}

func testFeedSummary(t *testing.T, s store.Store) {
	u := addUser(t, s)
	start := feedEnd(t, s, u.ID)
	n := addNote(t, s, richNote(u.ID))
	c, err := s.ListChanges(t.Context(), u.ID, store.ChangesQuery{After: start, Limit: 9, MaxBytes: 1, Summary: true})
	ok(t, err)
	n.Body, n.SavedBy, n.SavedSince = "", "", nil
	equal(t, c.Notes, []store.Note{n})
}

// testFeedBegins: a feed that is asked for has an end, the same for all who ask.
func testFeedBegins(t *testing.T, s store.Store) {
	silent, u := addUser(t, s), addUser(t, s)
	ends := make([]store.Position, 8)
	for _, err := range atOnce(len(ends), func(i int) error {
		c, err := s.ListChanges(t.Context(), u.ID, store.ChangesQuery{Limit: 1})
		ends[i] = c.End
		return err
	}) {
		ok(t, err)
	}
	if got := slices.Compact(ends); len(got) > 1 || got[0] == (store.Position{}) {
		t.Errorf("ends are %v", got)
	}
	feeds, err := s.FeedEnds(t.Context(), []string{u.ID, silent.ID, api.NewID()})
	ok(t, err)
	equal(t, feeds, map[string]store.Position{u.ID: ends[0]})

	addNote(t, s, newNote(u.ID))
	addNote(t, s, newNote(silent.ID))
	want := map[string]store.Position{u.ID: feedEnd(t, s, u.ID), silent.ID: feedEnd(t, s, silent.ID)}
	feeds, err = s.FeedEnds(t.Context(), []string{u.ID, silent.ID})
	ok(t, err)
	equal(t, feeds, want)
	if want[u.ID] == ends[0] {
		t.Error("a write has not moved the end")
	}
	feeds, err = s.FeedEnds(t.Context(), nil)
	ok(t, err)
	equal(t, feeds, map[string]store.Position{})
}
