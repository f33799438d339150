package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

func historyChecks(e Effort) []check {
	return []check{
		{"KeepsWhatIsReplaced", testHistoryKeeps},
		{"KeepsTheLastRevisions", testHistoryTrims},
		{"KeepsTheLastOperations", testOperationsTrim},
		{"ManyNotesInOne", testOperationOfMany},
		{"ForgetsAsMuchAsComes", e.testForgetsAsMuchAsComes},
		{"FailedWritesLeaveNothing", testHistoryFailed},
		{"PurgeLeavesNothing", testHistoryPurged},
		{"OfOneOwnerAlone", testHistoryOwners},
		{"AbsentIsNotFound", testHistoryAbsent},
		{"WritersAtOnceLeaveAll", e.testHistoryRace},
		{"IsDumpedAndLoaded", testHistoryDump},
	}
}

// operation returns the nth thing that a user did, each in a session of its own
// and a second after the one before.
func operation(owner string, n int) store.Operation {
	return store.Operation{
		Owner: owner, ID: fmt.Sprintf("0p%010d", n), At: at(1000 * n), Action: api.ActionUpdate,
		Session: fmt.Sprintf("s%011d", n), Label: fmt.Sprint("laptop ", n),
	}
}

// created adds a note as operation n.
func created(t *testing.T, s store.Store, note store.Note, n int) store.Note {
	t.Helper()
	o := operation(note.Owner, n)
	o.Action = api.ActionCreate
	w := o.Created(note)
	ok(t, s.CreateNote(t.Context(), w.Note, w.Trace))
	return w.Note
}

// changed changes a note as operation n.
func changed(t *testing.T, s store.Store, note store.Note, n int, apply func(*store.Note)) store.Note {
	t.Helper()
	got, err := store.ChangeNote(t.Context(), s, store.Change{
		Owner: note.Owner, ID: note.ID, Operation: operation(note.Owner, n),
		Apply: func(v *store.Note) (bool, error) { apply(v); return true, nil },
	})
	ok(t, err)
	return got
}

func body(text string) func(*store.Note) { return func(n *store.Note) { n.Body = text } }
func pin(n *store.Note)                  { n.Pinned = !n.Pinned }

// step is what operation n leaves of a note.
func step(before store.Note, n int, kept bool) store.Step {
	o := operation(before.Owner, n)
	v := store.Step{
		Owner: before.Owner, ID: before.ID, Operation: o.ID, Action: o.Action, At: o.At, Revision: before.Revision,
		Pinned: before.Pinned, Archived: before.Archived, UpdatedAt: before.UpdatedAt, TrashedAt: before.TrashedAt,
	}
	if kept {
		v.Kept, v.Text = true, &store.Text{Title: before.Title, Body: before.Body, Tags: before.Tags}
	}
	return v
}

// withoutBody is a step as ListRevisions gives it.
func withoutBody(v store.Step) store.Step {
	text := *v.Text
	v.Size, text.Body = len(text.Body), ""
	v.Text = &text
	return v
}

func wantRevisions(t *testing.T, s store.Store, n store.Note, want ...store.Step) {
	t.Helper()
	got, err := s.ListRevisions(t.Context(), n.Owner, n.ID)
	ok(t, err)
	for i := range want {
		want[i] = withoutBody(want[i])
	}
	equal(t, got, want)
}

func wantRevision(t *testing.T, s store.Store, want store.Step) {
	t.Helper()
	got, err := s.Revision(t.Context(), want.Owner, want.ID, want.Revision)
	ok(t, err)
	equal(t, got, want)
}

func wantSteps(t *testing.T, s store.Store, owner string, n int, want ...store.Step) {
	t.Helper()
	got, err := s.ListSteps(t.Context(), owner, operation(owner, n).ID, "", 100)
	ok(t, err)
	equal(t, got, want)
}

// wantOperations wants these numbers, the last first, of one note each.
func wantOperations(t *testing.T, s store.Store, owner string, want ...int) {
	t.Helper()
	got, err := s.ListOperations(t.Context(), owner)
	ok(t, err)
	list := make([]store.Operation, len(want))
	for i, n := range want {
		list[i] = operation(owner, n)
		list[i].Notes = 1
	}
	if d := cmp.Diff(list, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(store.Operation{}, "Action", "Note")); d != "" {
		t.Errorf("operations (-want +got):\n%s", d)
	}
}

func testHistoryKeeps(t *testing.T, s store.Store) {
	u := addUser(t, s)
	first := created(t, s, richNote(u.ID), 0)
	wantRevisions(t, s, first)
	second := changed(t, s, first, 1, func(n *store.Note) {
		n.Title, n.Body, n.Tags = "É \x01 \U0001F4D3", strings.Repeat("long ", 100_000), []string{}
	})
	third := changed(t, s, second, 2, pin)
	fourth := changed(t, s, third, 3, body(""))
	fifth := changed(t, s, fourth, 4, func(n *store.Note) { n.TrashedAt, n.CreatedAt = nil, at(-1) })

	wantRevisions(t, s, fifth, step(third, 3, true), step(first, 1, true))
	wantRevision(t, s, step(third, 3, true))
	wantRevision(t, s, step(first, 1, true))
	for _, revision := range []int64{0, second.Revision, fourth.Revision, fifth.Revision, 99} {
		_, err := s.Revision(t.Context(), u.ID, first.ID, revision)
		wantErr(t, err, api.ErrNotFound)
	}

	wantOperations(t, s, u.ID, 4, 3, 2, 1, 0)
	made := operation(u.ID, 0)
	wantSteps(t, s, u.ID, 0, store.Step{Owner: u.ID, ID: first.ID, Operation: made.ID, Action: api.ActionCreate, At: made.At})
	wantSteps(t, s, u.ID, 1, step(first, 1, true))
	wantSteps(t, s, u.ID, 2, step(second, 2, false))
	wantSteps(t, s, u.ID, 3, step(third, 3, true))
	last := step(fourth, 4, false)
	last.CreatedAt = &fourth.CreatedAt
	wantSteps(t, s, u.ID, 4, last)
	wantNote(t, s, fifth)
}

// testHistoryFailed wants that nobody can take what was not done for done.
func testHistoryFailed(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := created(t, s, newNote(u.ID), 0)
	gone := created(t, s, newNote(u.ID), 1)
	purge(t, s, gone, at(1))
	second := changed(t, s, n, 2, body("second"))
	late := store.Change{Owner: u.ID, ID: n.ID, Operation: operation(u.ID, 3), Apply: func(v *store.Note) (bool, error) {
		v.Body = "late"
		return true, nil
	}}
	w, _, err := late.Plan(n)
	ok(t, err)
	wantErr(t, s.UpdateNote(t.Context(), w.Note, w.Revision, w.Trace), api.ErrStale)
	again := operation(u.ID, 4).Created(n)
	wantErr(t, s.CreateNote(t.Context(), again.Note, again.Trace), api.ErrConflict)
	buried := operation(u.ID, 5).Created(gone)
	wantErr(t, s.CreateNote(t.Context(), buried.Note, buried.Trace), api.ErrGone)
	absent := newNote(u.ID)
	w, _, err = store.Change{Operation: operation(u.ID, 6), Apply: late.Apply}.Plan(absent)
	ok(t, err)
	wantErr(t, s.UpdateNote(t.Context(), w.Note, w.Revision, w.Trace), api.ErrNotFound)

	for i := 3; i <= 6; i++ {
		wantSteps(t, s, u.ID, i)
	}
	wantOperations(t, s, u.ID, 2, 0)
	wantRevisions(t, s, n, step(n, 2, true))
	wantNote(t, s, second)
}

func testHistoryPurged(t *testing.T, s store.Store) {
	u := addUser(t, s)
	kept := created(t, s, newNote(u.ID), 0)
	before := kept
	kept = changed(t, s, kept, 1, body("kept"))
	three := make([]store.Note, 3)
	for i := range three {
		n := newNote(u.ID)
		n.TrashedAt = ptr(at(10 * i))
		three[i] = created(t, s, n, 10+i)
		three[i] = changed(t, s, three[i], 20+i, body("secret"))
	}
	n, err := s.ExpireNotes(t.Context(), at(1), at(100))
	wantCount(t, n, err, 1)
	purge(t, s, three[1], at(100))
	n, err = s.EmptyTrash(t.Context(), u.ID, at(100))
	wantCount(t, n, err, 1)

	for _, n := range three {
		wantRevisions(t, s, n)
		_, err := s.Revision(t.Context(), u.ID, n.ID, 1)
		wantErr(t, err, api.ErrNotFound)
	}
	for _, r := range dump(t, s) {
		if r.Step != nil && r.Step.ID != kept.ID {
			t.Errorf("a step is left of note %s", r.Step.ID)
		}
	}
	wantRevisions(t, s, kept, step(before, 1, true))
	wantOperations(t, s, u.ID, 1, 0)
}

func testHistoryOwners(t *testing.T, s store.Store) {
	a, b := addUser(t, s), addUser(t, s)
	ofA := created(t, s, newNote(a.ID), 0)
	firstOfA := ofA
	ofA = changed(t, s, ofA, 1, body("of a"))
	wantRevisions(t, s, store.Note{Owner: b.ID, Note: ofA.Note})
	_, err := s.Revision(t.Context(), b.ID, ofA.ID, 1)
	wantErr(t, err, api.ErrNotFound)
	_, err = s.Operation(t.Context(), b.ID, operation(a.ID, 1).ID)
	wantErr(t, err, api.ErrNotFound)
	wantSteps(t, s, b.ID, 1)
	wantOperations(t, s, b.ID)

	ofB := newNote(b.ID) // the same ids of everything
	ofB.ID, ofB.Body = ofA.ID, "of b"
	ofB = created(t, s, ofB, 0)
	firstOfB := ofB
	ofB = changed(t, s, ofB, 1, body("of b too"))
	wantRevisions(t, s, ofA, step(firstOfA, 1, true))
	wantRevisions(t, s, ofB, step(firstOfB, 1, true))
	wantSteps(t, s, b.ID, 1, step(firstOfB, 1, true))

	ok(t, s.DeleteUser(t.Context(), a.ID, at(1)))
	_, err = s.ExpireUsers(t.Context(), at(2))
	ok(t, err)
	wantRevisions(t, s, ofA)
	wantSteps(t, s, a.ID, 1)
	wantOperations(t, s, a.ID)
	wantRevisions(t, s, ofB, step(firstOfB, 1, true))
	wantOperations(t, s, b.ID, 1, 0)
}

func testHistoryAbsent(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := addNote(t, s, newNote(u.ID)) // without a trace
	for _, owner := range []string{u.ID, api.NewID()} {
		for _, id := range []string{n.ID, api.NewID()} {
			wantRevisions(t, s, store.Note{Owner: owner, Note: api.Note{NoteMeta: api.NoteMeta{ID: id}}})
			_, err := s.Revision(t.Context(), owner, id, 1)
			wantErr(t, err, api.ErrNotFound)
		}
		wantOperations(t, s, owner)
		_, err := s.Operation(t.Context(), owner, api.NewID())
		wantErr(t, err, api.ErrNotFound)
		wantSteps(t, s, owner, 1)
	}
}

// testHistoryRace wants each of the texts that 50 writers replaced, at full effort.
func (e Effort) testHistoryRace(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := created(t, s, newNote(u.ID), 0)
	writers := e.of(50)
	for _, err := range atOnce(writers, func(i int) error {
		_, err := store.ChangeNote(t.Context(), s, store.Change{
			Owner: u.ID, ID: n.ID, Operation: operation(u.ID, 1+i),
			Apply: func(v *store.Note) (bool, error) { v.Body += fmt.Sprintln("writer", i); return true, nil },
		})
		return err
	}) {
		ok(t, err)
	}
	now, err := s.Note(t.Context(), u.ID, n.ID)
	ok(t, err)
	text := now.Body
	for revision := int64(writers); revision > 0; revision-- {
		v, err := s.Revision(t.Context(), u.ID, n.ID, revision)
		ok(t, err)
		if !strings.HasPrefix(text, v.Text.Body) || len(v.Text.Body) >= len(text) {
			t.Fatalf("revision %d is %q, and the one after it %q", revision, v.Text.Body, text)
		}
		text = v.Text.Body
	}
	revisions, err := s.ListRevisions(t.Context(), u.ID, n.ID)
	ok(t, err)
	if len(revisions) != writers {
		t.Errorf("%d revisions, want %d", len(revisions), writers)
	}
}

func testHistoryDump(t *testing.T, s store.Store) {
	u := addUser(t, s)
	first := created(t, s, richNote(u.ID), 0)
	second := changed(t, s, first, 1, body("second"))
	third := changed(t, s, second, 2, pin)
	want := dump(t, s)
	if len(want) != 1+1+3+3 {
		t.Fatalf("a dump of %d records", len(want))
	}
	ok(t, s.DeleteUser(t.Context(), u.ID, at(1)))
	_, err := s.ExpireUsers(t.Context(), at(2))
	ok(t, err)
	equal(t, dump(t, s), []store.Record(nil))
	ok(t, dumper(t, s).Load(t.Context(), sequence(want, nil)))
	equal(t, dump(t, s), want)
	wantNote(t, s, third)
	wantRevisions(t, s, third, step(first, 1, true))
	wantSteps(t, s, u.ID, 2, step(second, 2, false))
	wantOperations(t, s, u.ID, 2, 1, 0)
}
