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

// cutter is a store whose nth command from now on, and all after it, end with
// their callers' contexts.
type cutter struct {
	*Store
	left atomic.Int32
	cut  atomic.Pointer[context.CancelFunc]
}

func newCutter(t *testing.T, uri string) *cutter {
	t.Helper()
	c := &cutter{}
	s, err := open(t.Context(), uri, &event.CommandMonitor{Started: func(context.Context, *event.CommandStartedEvent) {
		if c.left.Add(-1) == 0 {
			(*c.cut.Load())()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c.Store = s
	return c
}

// during calls do, which is cut short at its nth command, and reports whether it
// sent so many.
func (c *cutter) during(t *testing.T, nth int, do func(context.Context) error) (wasCut bool, err error) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.cut.Store(&cancel)
	c.left.Store(int32(nth))
	err = do(ctx)
	return ctx.Err() != nil, err
}

// A write that is cut short at any of its commands is made or not, and a repeat
// leaves what one write leaves.
func TestWriteCutShort(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(context.Context, *Store, store.Write) error{
		"UpdateNote": func(ctx context.Context, s *Store, w store.Write) error {
			return s.UpdateNote(ctx, w.Note, w.Revision, w.Trace)
		},
		"WriteNotes": func(ctx context.Context, s *Store, w store.Write) error {
			other := w.Trace.Operation.Created(plainNote(api.NewID()))
			return errors.Join(s.WriteNotes(ctx, []store.Write{other, w})...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCutter(t, mongotest.URI(t))
			if err := c.CreateUser(t.Context(), store.User{ID: "u", Key: "u"}); err != nil {
				t.Fatal(err)
			}
			for nth := 1; ; nth++ {
				n := plainNote(api.NewID())
				if err := c.CreateNote(t.Context(), n, nil); err != nil {
					t.Fatal(err)
				}
				w := rewrite(t, n, api.NewID(), "after")
				wasCut, err := c.during(t, nth, func(ctx context.Context) error { return write(ctx, c.Store, w) })
				if err != nil && !errors.Is(err, api.ErrUnavailable) {
					t.Errorf("cut at command %d: %v", nth, err)
				}
				wantOnce(t, c.Store, w)
				if !wasCut {
					if nth < 4 {
						t.Errorf("a write sent %d commands: nothing was cut", nth-1)
					}
					return
				}
			}
		})
	}
}

// wantOnce repeats a write of user u to a new note, if it was not made, and wants
// its trace once.
func wantOnce(t *testing.T, s *Store, w store.Write) {
	t.Helper()
	now, err := s.Note(t.Context(), "u", w.Note.ID)
	if err != nil {
		t.Fatal(err)
	}
	operation := w.Trace.Operation.ID
	if now.Revision == 1 {
		wantHistory(t, s, now.ID)
		again := rewrite(t, now, operation, w.Note.Body)
		if err := s.UpdateNote(t.Context(), again.Note, again.Revision, again.Trace); err != nil {
			t.Fatal(err)
		}
	}
	wantHistory(t, s, now.ID, 1)
	steps, err := s.ListSteps(t.Context(), "u", operation, "", 9)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, v := range steps {
		if seen[v.ID] || v.ID == now.ID && v.Revision != 1 {
			t.Errorf("operation %s has the steps %v", operation, steps)
		}
		seen[v.ID] = true
	}
	if o, err := s.Operation(t.Context(), "u", operation); err != nil || !seen[now.ID] || o.Notes != len(steps) {
		t.Errorf("operation %s is %v, %v, and has the steps %v", operation, o, err, steps)
	}
}

// A purge that is cut short at any of its commands leaves nothing that can be
// read, and nothing at all when the tombstone has gone.
func TestPurgeCutShort(t *testing.T) {
	t.Parallel()
	c := newCutter(t, mongotest.URI(t))
	for nth := 1; ; nth++ {
		n := plainNote(api.NewID())
		n.TrashedAt = &api.Time{}
		w := rewrite(t, n, api.NewID(), "after")
		err := errors.Join(c.CreateNote(t.Context(), n, nil), c.UpdateNote(t.Context(), w.Note, w.Revision, w.Trace))
		if err != nil {
			t.Fatal(err)
		}
		wasCut, err := c.during(t, nth, func(ctx context.Context) error { _, err := c.EmptyTrash(ctx, "u", api.Time{}); return err })
		if err != nil && !errors.Is(err, api.ErrUnavailable) {
			t.Errorf("cut at command %d: %v", nth, err)
		}
		if _, err := c.Note(t.Context(), "u", n.ID); errors.Is(err, api.ErrNotFound) {
			if _, err := c.Revision(t.Context(), "u", n.ID, 1); !errors.Is(err, api.ErrNotFound) {
				t.Errorf("cut at command %d, the history of a purged note is read: %v", nth, err)
			}
		}
		if _, err := c.EmptyTrash(t.Context(), "u", api.Time{}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.ExpireTombstones(t.Context(), api.Time{Time: api.Time{}.AddDate(1, 0, 0)}); err != nil {
			t.Fatal(err)
		}
		if left := stepsLeft(t, c.Store, bson.M{}); left != 0 {
			t.Errorf("cut at command %d, %d steps are left without a note", nth, left)
		}
		if !wasCut {
			return
		}
	}
}
