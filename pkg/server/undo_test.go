package server_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store"
)

// undo takes an operation back, all parts of it, and returns them as one.
func (f *fixture) undo(c *client.Client, operation string, opts ...client.CallOption) api.Undone {
	f.t.Helper()
	var all api.Undone
	for part, err := range c.Undo(f.t.Context(), operation, opts...) {
		if err != nil {
			f.t.Fatal(err)
		}
		all.Undone = append(all.Undone, part.Undone...)
		all.Left = append(all.Left, part.Left...)
	}
	return all
}

// last is the last operation of a user.
func (f *fixture) last(c *client.Client) api.Operation {
	f.t.Helper()
	list, err := c.ListOperations(f.t.Context())
	if err != nil || len(list) == 0 {
		f.t.Fatalf("%d operations, %v", len(list), err)
	}
	return list[0]
}

func refs(notes ...api.Note) []api.NoteRef {
	out := make([]api.NoteRef, len(notes))
	for i, n := range notes {
		out[i] = api.NoteRef{ID: n.ID, Title: n.Title}
	}
	return out
}

// sameButRevision compares notes but for what every write changes, and what
// follows from the time in the trash.
var sameButRevision = cmpopts.IgnoreFields(api.NoteMeta{}, "Revision", "ExpiresAt")

// edited makes notes, and one operation that gives them another body.
func (f *fixture) edited(c *client.Client, count int, before, after string) (operation string, notes []api.Note) {
	f.t.Helper()
	operation = api.NewID()
	for i := range count {
		notes = append(notes, f.add(c, api.NewNote{ID: fmt.Sprintf("%012d", i), Title: fmt.Sprint("note ", i), Body: before}))
	}
	for i, n := range notes {
		notes[i] = f.save(c, n.ID, after, client.WithOperation(operation))
	}
	return operation, notes
}

// TestUndo undoes each kind of operation, then the undo, then that.
func TestUndo(t *testing.T) {
	t.Parallel()
	overwrite := func(t *testing.T, c *client.Client, n api.Note, once client.CallOption) error {
		old := api.TimeOf(time.Date(1999, 1, 31, 12, 0, 0, 0, time.UTC))
		in := api.PortableNote{ID: n.ID, Title: "imported", Body: "other", Tags: []string{"x"}, Pinned: true, CreatedAt: old, UpdatedAt: old}
		_, err := c.Import(t.Context(), []api.PortableNote{in}, api.ImportOptions{Overwrite: true}, once)
		return err
	}
	patch := func(p api.NotePatch) func(*testing.T, *client.Client, api.Note, client.CallOption) error {
		return func(t *testing.T, c *client.Client, n api.Note, once client.CallOption) error {
			_, err := c.UpdateNote(t.Context(), n.ID, client.AnyRevision, p, once)
			return err
		}
	}
	for _, tt := range []struct {
		name   string
		action api.Action
		do     func(*testing.T, *client.Client, api.Note, client.CallOption) error
	}{
		{"text", api.ActionUpdate, patch(api.NotePatch{Title: ptr("Other"), Body: ptr(""), Tags: ptr([]string{"x"})})},
		{"place and text", api.ActionUpdate, patch(api.NotePatch{Pinned: ptr(false), Archived: ptr(true), Body: ptr("archived")})},
		{"pin", api.ActionUpdate, patch(api.NotePatch{Pinned: ptr(false)})},
		{"archive", api.ActionUpdate, patch(api.NotePatch{Archived: ptr(true)})},
		{"append", api.ActionAppend, func(t *testing.T, c *client.Client, n api.Note, once client.CallOption) error {
			_, err := c.AppendNote(t.Context(), n.ID, "more", once)
			return err
		}},
		{"trash", api.ActionTrash, func(t *testing.T, c *client.Client, n api.Note, once client.CallOption) error {
			return c.TrashNote(t.Context(), n.ID, once)
		}},
		{"revert", api.ActionRevert, func(t *testing.T, c *client.Client, n api.Note, once client.CallOption) error {
			_, err := c.RevertNote(t.Context(), n.ID, client.AnyRevision, 1, once)
			return err
		}},
		{"rename of a tag", api.ActionRename, func(t *testing.T, c *client.Client, _ api.Note, once client.CallOption) error {
			_, err := c.RenameTag(t.Context(), "a", "b", once)
			return err
		}},
		{"import over it", api.ActionImport, overwrite},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, nil)
			c := f.user("ann")
			n := f.add(c, api.NewNote{Title: "Plan", Body: "first", Tags: []string{"a", "c"}, Pinned: true})
			before := f.save(c, n.ID, "second")
			f.clock.advance(time.Minute)
			operation := api.NewID()
			if err := tt.do(t, c, n, client.WithOperation(operation)); err != nil {
				t.Fatal(err)
			}
			after := f.get(c, n.ID)
			if last := f.last(c); last.ID != operation || last.Action != tt.action {
				t.Errorf("the last operation is %+v", last)
			}
			for i, want := range []api.Note{before, after, before} {
				f.clock.advance(time.Minute)
				last := f.last(c).ID
				if i == 1 && tt.action == api.ActionTrash {
					want.TrashedAt = ptr(api.TimeOf(f.clock.now())) // its time there begins anew
				}
				answer := f.undo(c, last)
				got := f.get(c, n.ID)
				if d := cmp.Diff(want, got, sameButRevision, cmpopts.EquateApproxTime(time.Minute/2)); d != "" {
					t.Errorf("undo %d (-want +got):\n%s", i+1, d)
				}
				if d := cmp.Diff(api.Undone{Undone: refs(got)}, answer, cmpopts.EquateEmpty()); d != "" {
					t.Errorf("answer of undo %d (-want +got):\n%s", i+1, d)
				}
				if o := f.last(c); o.Action != api.ActionUndo || o.Label != "test" || o.Note == nil || *o.Note != refs(got)[0] {
					t.Errorf("undo %d is listed as %+v", i+1, o)
				}
			}
		})
	}
}

// TestUndoCreation wants what was made in the trash, and back from it.
func TestUndoCreation(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	made := f.add(c, api.NewNote{Title: "made"})
	f.undo(c, f.last(c).ID)
	if got := f.get(c, made.ID); got.TrashedAt == nil {
		t.Errorf("after the undo: %+v", got)
	}
	f.undo(c, f.last(c).ID)
	if d := cmp.Diff(made, f.get(c, made.ID), sameButRevision); d != "" {
		t.Errorf("after the undo of the undo (-want +got):\n%s", d)
	}

	trashed := api.TimeOf(f.clock.now().Add(-time.Hour))
	in := []api.PortableNote{
		{ID: "000000000001", Title: "imported", Tags: []string{}, CreatedAt: trashed, UpdatedAt: trashed},
		{ID: "000000000002", Title: "from the trash", Tags: []string{}, CreatedAt: trashed, UpdatedAt: trashed, TrashedAt: &trashed},
	}
	if _, err := c.Import(t.Context(), in, api.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	answer := f.undo(c, f.last(c).ID)
	if len(answer.Undone) != 2 || len(answer.Left) != 0 {
		t.Errorf("undone: %+v", answer)
	}
	for _, n := range in {
		if got := f.get(c, n.ID); got.TrashedAt == nil {
			t.Errorf("%q is not in the trash", got.Title)
		}
	}
}

// TestUndoRestore puts a note back into the trash a month after it went there
// first: it is not deleted with the next sweep.
func TestUndoRestore(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	n := f.add(c, api.NewNote{Title: "restored"})
	if err := c.TrashNote(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	f.live(29 * day)
	if _, err := c.RestoreNote(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	f.live(10 * day)
	f.undo(c, f.last(c).ID)
	if f.live(29 * day); f.count("ann") != 1 {
		t.Error("it is gone after 29 days")
	}
	if f.live(2 * day); f.count("ann") != 0 {
		t.Error("it is there after 31 days")
	}
}

// TestUndoWithinTheWindow undoes saves that the history joins.
func TestUndoWithinTheWindow(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	n := f.add(c, api.NewNote{Body: "yesterday's"})
	for _, body := range []string{"a", "ab", "abc\r\n\x00"[:5], "oops"} {
		f.save(c, n.ID, body)
	}
	f.undo(c, f.last(c).ID)
	if got := f.get(c, n.ID); got.Body != "abc\r\n" {
		t.Errorf("after the undo: %q", got.Body)
	}
	f.save(c, n.ID, "on")
	var texts []string
	for _, revision := range f.numbers(c, n.ID) {
		r, err := c.Revision(t.Context(), n.ID, revision)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, r.Body)
	}
	if want := []string{"on", "abc\r\n", "oops", "yesterday's"}; !slices.Equal(texts, want) {
		t.Errorf("history %q, want %q", texts, want)
	}
}

// TestUndoLeaves undoes an operation on four notes, of which one was changed
// since, one deleted for good, and one changed and changed back.
func TestUndoLeaves(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c, ctx := f.as(l), t.Context()
	operation, notes := f.edited(c, 4, "before", "after")
	f.save(c, notes[1].ID, "since")
	if err := errors.Join(c.TrashNote(ctx, notes[2].ID), c.PurgeNote(ctx, notes[2].ID)); err != nil {
		t.Fatal(err)
	}
	f.save(c, notes[3].ID, "other")
	f.save(c, notes[3].ID, "after")

	list, err := c.ListOperations(ctx)
	i := slices.IndexFunc(list, func(o api.Operation) bool { return o.ID == operation })
	if err != nil || i < 0 || list[i].Notes != 3 || list[i].Note != nil {
		t.Fatalf("listed as %+v, %v", list, err)
	}
	want := api.Undone{Undone: refs(notes[0]), Left: []api.Left{
		{ID: notes[1].ID, Title: "note 1", Reason: api.ReasonChanged},
		{ID: notes[3].ID, Title: "note 3", Reason: api.ReasonChanged},
	}}
	once := client.WithOperation(api.NewID())
	for range 2 { // the second time as a repeat
		if d := cmp.Diff(want, f.undo(c, operation, once)); d != "" {
			t.Errorf("answer (-want +got):\n%s", d)
		}
	}
	if got := f.get(c, notes[0].ID); got.Body != "before" || got.Revision != 3 {
		t.Errorf("the note that was undone: %+v", got)
	}
	if got := f.get(c, notes[1].ID); got.Body != "since" {
		t.Errorf("the note that was left: %+v", got)
	}
	want = api.Undone{Left: append([]api.Left{{ID: notes[0].ID, Title: "note 0", Reason: api.ReasonChanged}}, want.Left...)}
	if d := cmp.Diff(want, f.undo(c, operation), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("answer to another undo (-want +got):\n%s", d)
	}
}

func TestUndoRefused(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c := f.as(l)
	first := api.NewID()
	n := f.add(c, api.NewNote{Title: "t"}, client.WithOperation(first))
	last := api.NewID()
	for i := range store.LastOperations {
		f.clock.advance(time.Millisecond)
		f.save(c, n.ID, fmt.Sprint(i), client.WithOperation(last))
		last = api.NewID()
	}
	last = f.last(c).ID
	for _, tt := range []struct {
		name, path, body string
		headers          []string
		status           int
		field            string
	}{
		{"one that is too old", first + "/undo", "", nil, 404, ""},
		{"none", api.NewID() + "/undo", "", nil, 404, ""},
		{"no id", "u/undo", "", nil, 404, ""},
		{"under its own id", last + "/undo", "", []string{"Operation-Id: " + last}, 400, "Operation-Id"},
		{"under no id", last + "/undo", "", []string{"Operation-Id: u"}, 400, "Operation-Id"},
		{"with a cursor that is none", last + "/undo?cursor=u", "", nil, 400, "cursor"},
		{"with a parameter more", last + "/undo?force=true", "", nil, 400, "force"},
		{"with a body", last + "/undo", "{}", nil, 400, ""},
	} {
		a := f.do("POST", "/api/v1/operations/"+tt.path, tt.body, append(tt.headers, bearer(l))...)
		if a.status != tt.status || a.problem.Field != tt.field {
			t.Errorf("%s: %d %s", tt.name, a.status, a.body)
		}
	}
	if got := f.get(c, n.ID); got.Revision != store.LastOperations+1 {
		t.Errorf("the note: %+v", got)
	}
}
