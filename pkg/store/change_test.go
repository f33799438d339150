package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// oneNote is a Notes that holds one note and lets somebody else write before
// each of the first updates. What engines do is for storetest.
type oneNote struct {
	store.Notes
	note   store.Note
	others []func(*store.Note)
	writes int
}

func (o *oneNote) Note(context.Context, string, string) (store.Note, error) { return o.note, nil }

func (o *oneNote) UpdateNote(_ context.Context, n store.Note, revision int64, _ *store.Trace) error {
	if len(o.others) > 0 {
		o.others[0](&o.note)
		o.note.Revision++
		o.others = o.others[1:]
	}
	if o.note.Revision != revision {
		return api.ErrStale
	}
	o.note = n
	o.writes++
	return nil
}

// addX appends an x to the body.
func addX(n *store.Note) (bool, error) {
	n.Body += "x"
	return true, nil
}

func noteWith(body string, revision int64, operations ...string) store.Note {
	return store.Note{Note: api.Note{Body: body, NoteMeta: api.NoteMeta{Revision: revision}}, Operations: operations}
}

func TestChangeNote(t *testing.T) {
	t.Parallel()
	failure := errors.New("no")
	addY := func(n *store.Note) { n.Body += "y" }
	rename := func(n *store.Note) { n.Operations = []string{"op"} }
	for _, c := range []struct {
		name   string
		others []func(*store.Note)
		change store.Change
		err    error
		want   store.Note // as it is returned and, without an error, as it is stored
		writes int
	}{
		{"plain", nil, store.Change{Apply: addX}, nil, noteWith("x", 6), 1},
		{"with its revision", nil, store.Change{Revision: 5, Apply: addX}, nil, noteWith("x", 6), 1},
		{"with its operation", nil, store.Change{Operation: store.Operation{ID: "op"}, Apply: addX}, nil, noteWith("x", 6, "op"), 1},
		{"of an old revision", nil, store.Change{Revision: 4, Apply: addX}, api.ErrStale, noteWith("", 5), 0},
		{"of any revision, over others", []func(*store.Note){addY, addY}, store.Change{Apply: addX}, nil, noteWith("yyx", 8), 1},
		{"of one revision, over another", []func(*store.Note){addY}, store.Change{Revision: 5, Apply: addX}, api.ErrStale, noteWith("y", 6), 0},
		{"of an operation that was faster", []func(*store.Note){rename}, store.Change{Operation: store.Operation{ID: "op"}, Apply: addX}, nil, noteWith("", 6, "op"), 0},
		{"to what it is", nil, store.Change{Apply: func(*store.Note) (bool, error) { return false, nil }}, nil, noteWith("", 5), 0},
		{"that fails", nil, store.Change{Apply: func(*store.Note) (bool, error) { return true, failure }}, failure, noteWith("", 5), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &oneNote{note: noteWith("", 5), others: c.others}
			got, err := store.ChangeNote(t.Context(), s, c.change)
			if !errors.Is(err, c.err) {
				t.Errorf("error is %v, want %v", err, c.err)
			}
			if d := cmp.Diff(c.want, got, noSaves); d != "" {
				t.Errorf("returned (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.want, s.note, noSaves); d != "" {
				t.Errorf("stored (-want +got):\n%s", d)
			}
			if s.writes != c.writes {
				t.Errorf("%d writes, want %d", s.writes, c.writes)
			}
		})
	}
}

// noSaves leaves to TestTrace what tells who saved.
var noSaves = cmpopts.IgnoreFields(store.Note{}, "SavedBy", "SavedSince")

// TestTrace wants what each write replaces to be kept as the history and undo
// need it.
func TestTrace(t *testing.T) {
	t.Parallel()
	begin := api.TimeOf(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC))
	minutes := func(m float64) api.Time { return api.TimeOf(begin.Add(time.Duration(m * float64(time.Minute)))) }
	pin := func(n *store.Note) (bool, error) { n.Pinned = !n.Pinned; return true, nil }
	n := noteWith("", 1)
	for i, c := range []struct {
		session string
		at      api.Time
		apply   func(*store.Note) (bool, error)
		text    bool // goes along
		kept    bool
		keep    bool // of the change
	}{
		{"a", minutes(0), pin, false, false, false},
		{"a", minutes(0.1), addX, true, true, false}, // the first text, though it is that session's
		{"a", minutes(0.2), addX, true, false, false},
		{"a", minutes(4), pin, false, false, false},
		{"a", minutes(5), addX, true, false, false},
		{"a", minutes(5.1), addX, true, true, false}, // five minutes after the first save
		{"b", minutes(5.2), addX, true, true, false},
		{"a", minutes(5.3), addX, true, true, false}, // which replaces another's
		{"a", minutes(5.2), addX, true, true, false}, // whose clock was set back
		{"a", minutes(5.3), addX, true, true, true},
		{"a", minutes(5.4), addX, true, true, false}, // what the one before brought
		{"a", minutes(5.5), addX, true, false, false},
		{"a", minutes(5.6), pin, false, false, true}, // there is no text to keep
	} {
		change := store.Change{Keep: c.keep, Operation: store.Operation{ID: fmt.Sprint(i), Session: c.session, At: c.at, Action: api.ActionUpdate}, Apply: c.apply}
		w, _, err := change.Plan(n)
		if err != nil {
			t.Fatal(err)
		}
		want := store.Step{Operation: fmt.Sprint(i), Action: api.ActionUpdate, At: c.at, Revision: n.Revision, Pinned: n.Pinned, Kept: c.kept}
		if c.text {
			want.Text = &store.Text{Body: n.Body}
		}
		if d := cmp.Diff(want, w.Trace.Step); d != "" {
			t.Errorf("step %d (-want +got):\n%s", i, d)
		}
		n = w.Note
	}
}

// TestChangeNoteForgets wants the oldest operation forgotten, and the slice of
// the note that was read left alone.
func TestChangeNoteForgets(t *testing.T) {
	t.Parallel()
	var operations []string
	for i := range store.MaxOperations {
		operations = append(operations, fmt.Sprint(i))
	}
	before := slices.Clone(operations)
	s := &oneNote{note: noteWith("", 1, operations...)}
	got, err := store.ChangeNote(t.Context(), s, store.Change{Operation: store.Operation{ID: "new"}, Apply: addX})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(append(before[1:], "new"), got.Operations); d != "" {
		t.Errorf("operations (-want +got):\n%s", d)
	}
	if d := cmp.Diff(before, operations); d != "" {
		t.Errorf("the note that was read (-want +got):\n%s", d)
	}
}
