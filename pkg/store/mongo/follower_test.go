package mongo

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// follower is somebody who follows the feed of user u.
type follower struct {
	*Store
	at   store.Position
	seen map[string]store.Note // the newest of each note; a tombstone stays
}

// newFollower returns one who has just listed all notes.
func newFollower(t *testing.T, s *Store) *follower {
	t.Helper()
	f := &follower{Store: s}
	f.list(t)
	return f
}

func (f *follower) list(t *testing.T) {
	t.Helper()
	f.at, f.seen = feedEnd(t, f.Store), notesOf(t, f.Store)
}

// catchUp reads to the end of the feed, in small parts.
func (f *follower) catchUp(t *testing.T) {
	t.Helper()
	for more := true; more; {
		c, err := f.ListChanges(t.Context(), "u", store.ChangesQuery{After: f.at, Limit: 3, MaxBytes: 1 << 20})
		if errors.Is(err, api.ErrGone) {
			f.list(t)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		f.take(t, c)
		more = c.More
	}
}

// take takes in one part of the feed.
func (f *follower) take(t *testing.T, c store.Changes) {
	t.Helper()
	for _, n := range c.Notes {
		if seen := f.seen[n.ID]; n.Revision < seen.Revision {
			t.Errorf("%s goes back from revision %d to %d", n.ID, seen.Revision, n.Revision)
		}
		f.seen[n.ID] = n
	}
	f.at = c.End
}

// wantAll wants a follower at the end of the feed to have what the store has.
func (f *follower) wantAll(t *testing.T, when string) {
	t.Helper()
	f.catchUp(t)
	want, got := notesOf(t, f.Store), map[string]store.Note{}
	for id, n := range f.seen {
		if n.PurgedAt == nil {
			got[id] = n
		}
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s a follower has not what the store has (-store +follower):\n%s", when, d)
	}
}

// notesOf returns the notes of user u.
func notesOf(t *testing.T, s *Store) map[string]store.Note {
	t.Helper()
	list, more, err := s.ListNotes(t.Context(), "u", store.ListQuery{State: api.StateAll, Sort: api.SortID, Limit: 10_000, MaxBytes: 1 << 20})
	if err != nil || more {
		t.Fatal(err, more)
	}
	notes := map[string]store.Note{}
	for _, n := range list {
		notes[n.ID] = n
	}
	return notes
}
