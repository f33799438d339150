package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// forgetting is within how many operations an engine is to forget some of what is
// too old: the suite leaves open with which of them.
const forgetting = 64

// testHistoryTrims wants the oldest texts to go, but for what can be undone.
func testHistoryTrims(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := created(t, s, newNote(u.ID), 0)
	before := map[int]store.Note{}
	last := store.MaxRevisions + 5
	for i := 1; i <= last; i++ {
		before[i] = n
		n = changed(t, s, n, i, body(fmt.Sprint("text ", i)))
	}
	revisions, err := s.ListRevisions(t.Context(), u.ID, n.ID)
	ok(t, err)
	var got []int64
	for _, v := range revisions {
		got = append(got, v.Revision)
	}
	var want []int64
	for i := range store.MaxRevisions {
		want = append(want, int64(last-i))
	}
	equal(t, got, want)
	_, err = s.Revision(t.Context(), u.ID, n.ID, int64(last-store.MaxRevisions))
	wantErr(t, err, api.ErrNotFound)
	wantSteps(t, s, u.ID, last, step(before[last], last, true))
	wantSteps(t, s, u.ID, last-store.LastOperations+1, step(before[last-store.LastOperations+1], last-store.LastOperations+1, true))
}

// testOperationsTrim wants the oldest operations to go, and what only they
// needed, but not what is history.
func testOperationsTrim(t *testing.T, s store.Store) {
	u := addUser(t, s)
	edited, pinned := created(t, s, newNote(u.ID), 0), created(t, s, newNote(u.ID), 1)
	first := edited
	changed(t, s, edited, 2, body("2"))
	var want []int
	for i := range store.LastOperations {
		pinned = changed(t, s, pinned, 3+i, pin)
		want = append(want, 2+store.LastOperations-i)
	}
	wantOperations(t, s, u.ID, want...)
	for i := range 3 {
		_, err := s.Operation(t.Context(), u.ID, operation(u.ID, i).ID)
		wantErr(t, err, api.ErrNotFound)
	}
	got, err := s.Operation(t.Context(), u.ID, operation(u.ID, 3).ID)
	ok(t, err)
	if got.Notes != 1 || got.Label != operation(u.ID, 3).Label || got.At != operation(u.ID, 3).At {
		t.Errorf("the oldest one is %+v", got)
	}
	kept := step(first, 2, true)
	kept.Operation = "" // which is none of the last ones any more
	wantRevision(t, s, kept)
	wantRevisions(t, s, first, kept)

	for i := range forgetting {
		pinned = changed(t, s, pinned, 100+i, pin)
		if i < store.LastOperations {
			continue
		}
		before := operation(u.ID, 100+i-store.LastOperations) // the last ones
		steps, err := s.ListSteps(t.Context(), u.ID, before.ID, "", 2)
		ok(t, err)
		if len(steps) != 1 {
			t.Fatalf("%d steps of the operation before the last %d", len(steps), store.LastOperations)
		}
	}
	wantRevision(t, s, kept)
	steps, operations := 0, 0
	for _, r := range dump(t, s) {
		if r.Step != nil {
			steps++
		}
		if r.Operation != nil {
			operations++
		}
	}
	if steps > store.LastOperations+1+forgetting || operations > store.LastOperations+forgetting {
		t.Errorf("%d steps and %d operations are left", steps, operations)
	}
}

// testForgetsAsMuchAsComes wants that operations on many notes each leave no more
// than a bounded number of steps.
func (e Effort) testForgetsAsMuchAsComes(t *testing.T, s store.Store) {
	u := addUser(t, s)
	const rounds = 60
	notes := e.of(200)
	list := make([]store.Note, notes)
	for round := range rounds {
		o := operation(u.ID, round)
		writes := make([]store.Write, notes)
		for i := range writes {
			if round == 0 {
				writes[i] = o.Created(newNote(u.ID))
			} else {
				w, _, err := store.Change{Owner: u.ID, ID: list[i].ID, Operation: o, Apply: func(n *store.Note) (bool, error) {
					n.Pinned = !n.Pinned
					return true, nil
				}}.Plan(list[i])
				ok(t, err)
				writes[i] = w
			}
			list[i] = writes[i].Note
		}
		for _, err := range s.WriteNotes(t.Context(), writes) {
			ok(t, err)
		}
	}
	steps := 0
	for _, r := range dump(t, s) {
		if r.Step != nil {
			steps++
		}
	}
	if most := notes * (store.LastOperations + rounds/4); steps > most {
		t.Errorf("%d steps are left, want %d at most", steps, most)
	}
}

// testOperationOfMany wants one operation on more notes than are forgotten at
// once.
func testOperationOfMany(t *testing.T, s store.Store) {
	u := addUser(t, s)
	const notes = 620
	o := operation(u.ID, 0)
	o.Action = api.ActionImport
	writes := make([]store.Write, notes)
	for i := range writes {
		n := newNote(u.ID)
		n.ID = fmt.Sprintf("%012d", i)
		writes[i] = o.Created(n)
	}
	for _, err := range s.WriteNotes(t.Context(), writes) {
		ok(t, err)
	}
	got, err := s.ListOperations(t.Context(), u.ID)
	ok(t, err)
	o.Notes, o.Note = notes, writes[0].Note.ID
	equal(t, got, []store.Operation{o})

	var ids []string
	for after := ""; ; {
		page, err := s.ListSteps(t.Context(), u.ID, o.ID, after, 100)
		ok(t, err)
		for _, v := range page {
			ids = append(ids, v.ID)
			after = v.ID
		}
		if len(page) < 100 {
			break
		}
	}
	if len(ids) != notes || !slices.IsSorted(ids) || ids[notes-1] != writes[notes-1].Note.ID {
		t.Errorf("%d steps, sorted: %t", len(ids), slices.IsSorted(ids))
	}

	n := writes[0].Note
	for i := range store.LastOperations + 2*forgetting {
		n = changed(t, s, n, 1+i, pin)
	}
	_, err = s.Operation(t.Context(), u.ID, o.ID)
	wantErr(t, err, api.ErrNotFound)
	left, err := s.ListSteps(t.Context(), u.ID, o.ID, "", notes)
	ok(t, err)
	if len(left) > 0 {
		t.Errorf("%d steps of a forgotten operation are left", len(left))
	}
}
