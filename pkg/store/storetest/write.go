package storetest

import (
	"fmt"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var writeChecks = []check{
	{"NotesByID", testNotesByID},
	{"NoWrites", testWriteNone},
	{"EachFailsAlone", testWriteAlone},
	{"OneAfterTheOther", testWriteOrder},
	{"500AtOnce", testWriteMany},
	{"TracesAreKept", testWriteTraces},
	{"EndedChangesNothing", testWriteContext},
	{"TwoAtOnceMakeEachNoteOnce", testWriteRace},
}

func testNotesByID(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	notes := []store.Note{richNote(u.ID), newNote(u.ID), trashed(newNote(u.ID), at(1)), newNote(u.ID), newNote(other.ID)}
	for i, id := range []string{"ccc000000000", "aaa000000000", "bbb000000000", "ddd000000000", "aaa000000000"} {
		notes[i].ID = id
		addNote(t, s, notes[i])
	}
	purge(t, s, notes[3], at(2))
	for _, c := range []struct {
		name string
		ids  []string
		want []store.Note
	}{
		{"none", nil, nil},
		{"ascending, whatever the order", []string{"ccc000000000", "bbb000000000", "aaa000000000"}, []store.Note{notes[1], notes[2], notes[0]}},
		{"each once", []string{"aaa000000000", "aaa000000000"}, []store.Note{notes[1]}},
		{"those there are", []string{"ddd000000000", "eee000000000", "bbb000000000"}, []store.Note{notes[2]}},
		{"no prefix", []string{"aaa", "", "%"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := s.NotesByID(t.Context(), u.ID, c.ids)
			ok(t, err)
			equal(t, got, c.want)
			want := map[string]string{}
			for _, n := range got {
				if n.Tags == nil {
					t.Error("Tags is nil")
				}
				want[n.ID] = n.Title
			}
			titles, err := s.Titles(t.Context(), u.ID, c.ids)
			ok(t, err)
			equal(t, titles, want)
		})
	}
}

func testWriteNone(t *testing.T, s store.Store) {
	if errs := s.WriteNotes(t.Context(), nil); len(errs) != 0 {
		t.Errorf("no writes have %d errors", len(errs))
	}
}

// update returns the write that gives a stored note another body.
func update(n store.Note, body string) store.Write {
	w := store.Write{Note: n, Revision: n.Revision}
	w.Note.Revision++
	w.Note.Body = body
	return w
}

// wantErrs wants these errors, each that of the write with its index.
func wantErrs(t *testing.T, errs []error, want ...error) {
	t.Helper()
	if len(errs) != len(want) {
		t.Fatalf("%d errors for %d writes", len(errs), len(want))
	}
	for i, err := range errs {
		if want[i] == nil {
			ok(t, err)
		} else {
			wantErr(t, err, want[i])
		}
	}
}

func testWriteAlone(t *testing.T, s store.Store) {
	u := addUser(t, s)
	there, late, gone := addNote(t, s, richNote(u.ID)), addNote(t, s, newNote(u.ID)), addNote(t, s, newNote(u.ID))
	purge(t, s, gone, at(1))
	fresh, last, taken := richNote(u.ID), newNote(u.ID), newNote(u.ID)
	taken.ID = there.ID
	stale := update(late, "too late")
	stale.Revision, stale.Note.Revision = 7, 8
	again, after := newNote(u.ID), update(gone, "no more")
	again.ID = gone.ID
	wantErrs(t, s.WriteNotes(t.Context(), []store.Write{
		{Note: taken}, {Note: fresh}, stale, {Note: again}, after, update(newNote(u.ID), "of nothing"), update(there, "changed"), {Note: last},
	}), api.ErrConflict, nil, api.ErrStale, api.ErrGone, api.ErrNotFound, api.ErrNotFound, nil, nil)
	wantNote(t, s, fresh)
	wantNote(t, s, last)
	wantNote(t, s, late)
	wantNote(t, s, update(there, "changed").Note)
	noNote(t, s, u.ID, gone.ID)
	wantCountNotes(t, s, u.ID, 4)
}

func wantCountNotes(t *testing.T, s store.Store, owner string, want int) {
	t.Helper()
	n, err := s.CountNotes(t.Context(), owner)
	wantCount(t, n, err, want)
}

// testWriteOrder writes one note several times in one call.
func testWriteOrder(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := richNote(u.ID)
	second := update(n, "second")
	third := update(second.Note, "third")
	wantErrs(t, s.WriteNotes(t.Context(), []store.Write{second, {Note: n}, second, {Note: n}, second, third}),
		api.ErrNotFound, nil, nil, api.ErrConflict, api.ErrStale, nil)
	wantNote(t, s, third.Note)

	purged := update(third.Note, "")
	purged.Note.PurgedAt = ptr(at(9))
	wantErrs(t, s.WriteNotes(t.Context(), []store.Write{purged, update(third.Note, "late"), {Note: n}}), nil, api.ErrNotFound, api.ErrGone)
	noNote(t, s, u.ID, n.ID)
}

// testWriteMany changes some of many notes only: FerretDB takes a tenth of a
// second for each.
func testWriteMany(t *testing.T, s store.Store) {
	u := addUser(t, s)
	const many, some = 500, 40
	writes, want, none := make([]store.Write, many), make([]store.Note, many), make([]error, many)
	for i := range writes {
		n := newNote(u.ID)
		n.ID, n.Tags = fmt.Sprintf("%012d", i), []string{fmt.Sprint("tag", i%7)}
		writes[i].Note, want[i] = n, n
	}
	wantErrs(t, s.WriteNotes(t.Context(), writes), none...)
	writes = writes[:some]
	for i := range writes {
		writes[i] = update(want[i*many/some], fmt.Sprint("changed ", i))
		want[i*many/some] = writes[i].Note
	}
	wantErrs(t, s.WriteNotes(t.Context(), writes), none[:some]...)
	equal(t, list(t, s, u.ID, store.ListQuery{State: api.StateAll, Sort: api.SortID, Order: api.OrderAsc, Limit: many}), want)
}

// testWriteTraces wants the steps of the writes that were made, and of no other.
func testWriteTraces(t *testing.T, s store.Store) {
	u := addUser(t, s)
	old := created(t, s, newNote(u.ID), 1)
	o := operation(u.ID, 2)
	change := store.Change{Operation: o, Keep: true, Apply: func(n *store.Note) (bool, error) { n.Body = "changed"; return true, nil }}
	replaced, _, err := change.Plan(old)
	ok(t, err)
	fresh, taken := o.Created(newNote(u.ID)), o.Created(newNote(u.ID))
	taken.Note.ID = old.ID
	taken.Trace.Step.ID = old.ID
	wantErrs(t, s.WriteNotes(t.Context(), []store.Write{taken, fresh, replaced}), api.ErrConflict, nil, nil)
	wantNote(t, s, fresh.Note)
	wantNote(t, s, replaced.Note)
	wantRevisions(t, s, old, step(old, 2, true))
	wantRevisions(t, s, fresh.Note)
	got, err := s.Operation(t.Context(), u.ID, o.ID)
	ok(t, err)
	wantCount(t, got.Notes, nil, 2)
}

func testWriteContext(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n, fresh := addNote(t, s, newNote(u.ID)), newNote(u.ID)
	errs := s.WriteNotes(cancelled(t), []store.Write{{Note: fresh}, update(n, "changed")})
	wantErrs(t, errs, api.ErrUnavailable, api.ErrUnavailable)
	_, err := s.NotesByID(cancelled(t), u.ID, []string{n.ID})
	wantErr(t, err, api.ErrUnavailable)
	noNote(t, s, u.ID, fresh.ID)
	wantNote(t, s, n)
}

func testWriteRace(t *testing.T, s store.Store) {
	u := addUser(t, s)
	const writers, many = 4, 50
	writes := make([]store.Write, many)
	for i := range writes {
		writes[i].Note = newNote(u.ID)
	}
	var all [writers][]error
	atOnce(writers, func(i int) error {
		all[i] = s.WriteNotes(t.Context(), writes)
		return nil
	})
	for i, w := range writes {
		oneWins(t, []error{all[0][i], all[1][i], all[2][i], all[3][i]}, api.ErrConflict)
		wantNote(t, s, w.Note)
	}
	wantCountNotes(t, s, u.ID, many)
}
