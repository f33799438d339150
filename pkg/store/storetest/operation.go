package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var operationChecks = []check{
	{"RepeatChangesNothing", testOperationRepeat},
	{"SameAt50Times", testOperationRace},
	{"50DifferentOnesAllLand", testChangeRace},
	{"LastOnesAreRemembered", testOperationsRemembered},
	{"StaleReturnsTheNote", testChangeStale},
}

// appendLine is the change that is not idempotent by itself.
func appendLine(n store.Note, operation, line string) store.Change {
	return store.Change{Owner: n.Owner, ID: n.ID, Operation: store.Operation{ID: operation, At: at(9)}, Apply: func(n *store.Note) (bool, error) {
		n.Body += line + "\n"
		return true, nil
	}}
}

func testOperationRepeat(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := addNote(t, s, newNote(u.ID))
	n.Body += "once\n"
	n.Revision, n.Operations, n.SavedSince = 2, []string{"000000000001"}, ptr(at(9))
	for range 3 {
		got, err := store.ChangeNote(t.Context(), s, appendLine(n, "000000000001", "once"))
		ok(t, err)
		equal(t, got, n)
		wantNote(t, s, n)
	}

	n.Body += "twice\n"
	n.Revision, n.Operations = 3, []string{"000000000001", "000000000002"}
	for _, operation := range []string{"000000000002", "000000000001"} {
		_, err := store.ChangeNote(t.Context(), s, appendLine(n, operation, "twice"))
		ok(t, err)
		wantNote(t, s, n)
	}
}

func testOperationRace(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := addNote(t, s, newNote(u.ID))
	for _, err := range atOnce(50, func(int) error {
		_, err := store.ChangeNote(t.Context(), s, appendLine(n, "000000000001", "once"))
		return err
	}) {
		ok(t, err)
	}
	n.Body += "once\n"
	n.Revision, n.Operations, n.SavedSince = 2, []string{"000000000001"}, ptr(at(9))
	wantNote(t, s, n)
}

// testChangeRace wants that no write to any revision is lost.
func testChangeRace(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := addNote(t, s, newNote(u.ID))
	const writers = 50
	for _, err := range atOnce(writers, func(i int) error {
		_, err := store.ChangeNote(t.Context(), s, appendLine(n, "", fmt.Sprint("writer ", i)))
		return err
	}) {
		ok(t, err)
	}
	got, err := s.Note(t.Context(), u.ID, n.ID)
	ok(t, err)
	lines := strings.Split(strings.TrimPrefix(got.Body, n.Body), "\n")
	slices.Sort(lines)
	if len(slices.Compact(lines)) != writers+1 || got.Revision != writers+1 {
		t.Errorf("revision %d after %d appends, and the body is %q", got.Revision, writers, got.Body)
	}
}

func testOperationsRemembered(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := addNote(t, s, newNote(u.ID))
	var want []string
	for i := range store.MaxOperations + 8 {
		want = append(want, fmt.Sprintf("%012d", i))
		_, err := store.ChangeNote(t.Context(), s, appendLine(n, want[i], "x"))
		ok(t, err)
	}
	got, err := s.Note(t.Context(), u.ID, n.ID)
	ok(t, err)
	equal(t, got.Operations, want[8:])
}

func testChangeStale(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := newNote(u.ID)
	n.Revision = 3
	addNote(t, s, n)
	c := appendLine(n, "", "late")
	c.Revision = 2
	got, err := store.ChangeNote(t.Context(), s, c)
	wantErr(t, err, api.ErrStale)
	equal(t, got, n)
	wantNote(t, s, n)

	c.ID = api.NewID()
	_, err = store.ChangeNote(t.Context(), s, c)
	wantErr(t, err, api.ErrNotFound)
}
