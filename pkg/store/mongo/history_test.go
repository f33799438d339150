package mongo

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/event"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// rewrite is the write of another body to a note as it was read.
func rewrite(t *testing.T, n store.Note, operation, body string) store.Write {
	t.Helper()
	c := store.Change{
		Operation: store.Operation{ID: operation, Session: operation},
		Apply:     func(n *store.Note) (bool, error) { n.Body = body; return true, nil },
	}
	w, _, err := c.Plan(n)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// stepsLeft returns how many steps there are, whether or not anybody gives them.
func stepsLeft(t *testing.T, s *Store, filter bson.M) int {
	t.Helper()
	n, err := s.steps.CountDocuments(t.Context(), filter)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// staller is a store whose next write of a note waits between its step and the
// note, until it is let go.
func staller(t *testing.T, uri string) (s *Store, stalled <-chan struct{}, letGo func()) {
	t.Helper()
	reached, release := make(chan struct{}), make(chan struct{})
	var done atomic.Bool
	s, err := open(t.Context(), uri, &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if e.CommandName == "update" && e.Command.Lookup("update").StringValue() == "notes" && done.CompareAndSwap(false, true) {
			close(reached)
			<-release
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, reached, func() { close(release) }
}

// A writer stalls between its step and the note: what it is about to replace is no
// history yet, and when another was faster none of its step is left.
func TestStalledWriter(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]struct {
		write func(*testing.T, *Store, store.Note) error
		want  error
		left  int // steps
	}{
		"is faster": {func(t *testing.T, s *Store, n store.Note) error {
			w := rewrite(t, n, "b", "b")
			return s.UpdateNote(t.Context(), w.Note, w.Revision, w.Trace)
		}, api.ErrStale, 1},
		"purges": {func(t *testing.T, s *Store, n store.Note) error {
			n.Revision, n.PurgedAt = 2, &api.Time{}
			return s.UpdateNote(t.Context(), n, 1, nil)
		}, api.ErrNotFound, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			uri := mongotest.URI(t)
			s := openAt(t, uri)
			n := plainNote("n")
			if err := errors.Join(s.CreateUser(t.Context(), store.User{ID: "u", Key: "u"}), s.CreateNote(t.Context(), n, nil)); err != nil {
				t.Fatal(err)
			}
			slow, stalled, letGo := staller(t, uri)
			late := rewrite(t, n, "a", "a")
			answer := make(chan error)
			go func() { answer <- slow.UpdateNote(t.Context(), late.Note, late.Revision, late.Trace) }()
			<-stalled
			if stepsLeft(t, s, bson.M{"operation": "a"}) != 1 {
				t.Error("the writer has stalled before its step")
			}
			wantHistory(t, s, n.ID)
			if _, err := s.Revision(t.Context(), "u", n.ID, 1); !errors.Is(err, api.ErrNotFound) {
				t.Errorf("the revision that is not replaced yet: %v, want %v", err, api.ErrNotFound)
			}
			if err := other.write(t, s, n); err != nil {
				t.Fatal(err)
			}
			letGo()
			if err := <-answer; !errors.Is(err, other.want) {
				t.Errorf("the late writer was answered %v, want %v", err, other.want)
			}
			if mine, all := stepsLeft(t, s, bson.M{"operation": "a"}), stepsLeft(t, s, bson.M{}); mine != 0 || all != other.left {
				t.Errorf("%d steps are left, %d of the late writer", all, mine)
			}
		})
	}
}

// wantHistory wants these revisions of a note of user u, in lists and in a dump.
func wantHistory(t *testing.T, s *Store, id string, want ...int64) {
	t.Helper()
	revisions, err := s.ListRevisions(t.Context(), "u", id)
	if err != nil {
		t.Fatal(err)
	}
	var dumped []int64
	for r, err := range s.Dump(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Step != nil && r.Step.ID == id {
			dumped = append(dumped, r.Step.Revision)
		}
	}
	if len(revisions) != len(want) || len(dumped) != len(want) {
		t.Errorf("the revisions of %s are %v, and %v in a dump; want %v", id, revisions, dumped, want)
		return
	}
	for i := range want {
		if revisions[len(want)-1-i].Revision != want[i] || dumped[i] != want[i] {
			t.Errorf("the revisions of %s are %v, and %v in a dump; want %v", id, revisions, dumped, want)
		}
	}
}
