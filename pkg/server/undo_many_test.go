package server_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store"
)

// TestUndoMany undoes what was done to more notes than one answer tells of, and
// what is the oldest that can be undone, so that its own undo pushes it out.
func TestUndoMany(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c := f.as(l)
	const many = 2100
	o := store.Operation{Owner: l.User.ID, ID: api.NewID(), At: api.TimeOf(f.clock.now()), Action: api.ActionImport, Session: l.Session.ID}
	writes := make([]store.Write, many)
	for i := range writes {
		n := store.Note{Owner: o.Owner, Note: api.Note{NoteMeta: api.NoteMeta{
			ID: fmt.Sprintf("%012d", i), Tags: []string{}, CreatedAt: o.At, UpdatedAt: o.At, Revision: 1,
		}}}
		writes[i] = o.Created(n)
	}
	if err := errors.Join(f.store.WriteNotes(t.Context(), writes)...); err != nil {
		t.Fatal(err)
	}
	other := f.add(c, api.NewNote{Title: "other"})
	for i := range store.LastOperations - 2 {
		f.clock.advance(time.Millisecond)
		f.save(c, other.ID, fmt.Sprint(i))
	}
	list, err := c.ListOperations(t.Context())
	if err != nil || len(list) != store.LastOperations || list[len(list)-1].ID != o.ID || list[len(list)-1].Notes != many {
		t.Fatalf("%+v, %v", list, err)
	}

	once := client.WithOperation(api.NewID())
	parts := 0
	for part, err := range c.Undo(t.Context(), o.ID, once) {
		if err != nil {
			t.Fatal(err)
		}
		if parts++; len(part.Undone) > 1100 || len(part.Left) > 0 {
			t.Errorf("part %d: %d notes, %d left", parts, len(part.Undone), len(part.Left))
		}
		if parts == 2 {
			break // the program is interrupted
		}
	}
	all := f.undo(c, o.ID, once)
	if len(all.Undone) != many || len(all.Left) > 0 {
		t.Errorf("%d notes undone, %d left", len(all.Undone), len(all.Left))
	}
	count := 0
	for s, err := range c.AllSummaries(t.Context(), api.ListOptions{State: api.StateTrashed, Limit: api.MaxPage}) {
		if err != nil {
			t.Fatal(err)
		}
		if count++; s.Revision != 2 {
			t.Errorf("note %s has revision %d", s.ID, s.Revision)
		}
	}
	if count != many {
		t.Errorf("%d notes in the trash", count)
	}
	if last := f.last(c); last.Action != api.ActionUndo || last.Notes != many {
		t.Errorf("the last operation is %+v", last)
	}
}

// TestUndoAtOnce sends one undo 20 times at once.
func TestUndoAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	operation, notes := f.edited(c, 40, "before", "after")
	want := api.Undone{Undone: refs(notes...)}
	once := client.WithOperation(api.NewID())
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for got, err := range c.Undo(t.Context(), operation, once) {
				if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || d != "" {
					t.Errorf("%v, answer (-want +got):\n%s", err, d)
				}
			}
		})
	}
	group.Wait()
	for _, n := range notes {
		if got := f.get(c, n.ID); got.Body != "before" || got.Revision != 3 {
			t.Errorf("note %s: %+v", n.ID, got)
		}
	}
}

// TestUndoAmongWriters undoes an operation on 40 notes while eight writers append
// to all of them. Each note is either undone or left, no line is lost, and no
// text.
func TestUndoAmongWriters(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	operation, notes := f.edited(c, 40, "before\n", "after\n")
	var group sync.WaitGroup
	for writer := range 8 {
		once := client.WithOperation(api.NewID()) // one for all, or what is to be undone is soon too old
		group.Go(func() {
			for i := range notes {
				id := notes[(i+5*writer)%len(notes)].ID
				if _, err := c.AppendNote(t.Context(), id, fmt.Sprint("writer ", writer), once); err != nil {
					t.Error(err)
				}
			}
		})
	}
	answer := f.undo(c, operation)
	group.Wait()
	if len(answer.Undone)+len(answer.Left) != len(notes) {
		t.Errorf("%d notes undone and %d left", len(answer.Undone), len(answer.Left))
	}
	for _, n := range notes {
		id := n.ID
		undone := slices.ContainsFunc(answer.Undone, func(r api.NoteRef) bool { return r.ID == id })
		lines := strings.Split(f.get(c, id).Body, "\n")
		first := lines[0]
		slices.Sort(lines)
		if want := map[bool]string{true: "before", false: "after"}[undone]; first != want || len(slices.Compact(lines)) != 9 {
			t.Errorf("note %s, undone: %t, is %q", id, undone, lines)
		}
		if !undone {
			continue
		}
		texts := ""
		for _, revision := range f.numbers(c, id) {
			r, err := c.Revision(t.Context(), id, revision)
			if err != nil {
				t.Fatal(err)
			}
			texts += r.Body
		}
		if !strings.Contains(texts, "after") {
			t.Errorf("note %s has lost what was undone: %q", id, texts)
		}
	}
}
