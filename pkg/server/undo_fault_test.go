package server_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

// interrupted is the real store, in which something else happens before many
// notes are written, or in place of that.
type interrupted struct {
	store.Store
	before func(writes []store.Write) []error
}

func (s interrupted) WriteNotes(ctx context.Context, writes []store.Write) []error {
	if errs := s.before(writes); errs != nil {
		return errs
	}
	return s.Store.WriteNotes(ctx, writes)
}

// TestUndoOvertaken has notes changed and deleted between the look at them and
// their undo.
func TestUndoOvertaken(t *testing.T) {
	t.Parallel()
	var before func([]store.Write) []error
	f := start(t, func(c *server.Config) {
		c.Store = interrupted{c.Store, func(writes []store.Write) []error { return before(writes) }}
	})
	c, ctx := f.user("ann"), t.Context()
	operation, notes := f.edited(c, 3, "before", "after")
	before = func([]store.Write) []error {
		before = func([]store.Write) []error { return nil }
		f.save(c, notes[0].ID, "faster")
		if err := errors.Join(c.TrashNote(ctx, notes[1].ID), c.PurgeNote(ctx, notes[1].ID)); err != nil {
			t.Error(err)
		}
		return nil
	}
	want := api.Undone{Undone: refs(notes[2]), Left: []api.Left{
		{ID: notes[0].ID, Title: "note 0", Reason: api.ReasonChanged},
		{ID: notes[1].ID, Reason: api.ReasonPurged},
	}}
	if d := cmp.Diff(want, f.undo(c, operation)); d != "" {
		t.Errorf("answer (-want +got):\n%s", d)
	}
	if got := f.get(c, notes[0].ID); got.Body != "faster" {
		t.Errorf("the note that somebody else saved: %q", got.Body)
	}
}

// TestUndoOfAStoreThatFails loses the store in the middle: what was done by then
// is not done twice, and the repeat does the rest.
func TestUndoOfAStoreThatFails(t *testing.T) {
	t.Parallel()
	fail := true
	var f *fixture
	f = start(t, func(c *server.Config) {
		c.Store = interrupted{c.Store, func(writes []store.Write) []error {
			if !fail {
				return nil
			}
			half := len(writes) / 2
			errs := f.store.WriteNotes(t.Context(), writes[:half])
			return append(errs, slices.Repeat([]error{api.ErrUnavailable}, len(writes)-half)...)
		}}
	})
	l := f.signup("ann")
	c := f.as(l)
	operation, notes := f.edited(c, 10, "before", "after")
	own := api.NewID()
	path := "/api/v1/operations/" + operation + "/undo"
	if a := f.do("POST", path, "", bearer(l), "Operation-Id: "+own); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("without a store: %d %s", a.status, a.body)
	}
	fail = false
	want := api.Undone{Undone: refs(notes...)}
	if d := cmp.Diff(want, f.undo(c, operation, client.WithOperation(own)), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("answer to the repeat (-want +got):\n%s", d)
	}
	for _, n := range notes {
		if got := f.get(c, n.ID); got.Body != "before" || got.Revision != 3 {
			t.Errorf("note %s: %+v", n.ID, got)
		}
	}
}
