package mongo

import (
	"errors"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// leaveStep leaves what a writer leaves that was cut short between its step and
// the note, with this at the end of the key.
func leaveStep(t *testing.T, s *Store, n store.Note, operation, end string) {
	t.Helper()
	w := rewrite(t, n, operation, "not done")
	d := stepDocOf(w.Trace.Step)
	d.Key = revisionKey(n.Owner, n.ID, n.Revision) + "/" + end
	d.Kept = true
	if err := errors.Join(insert(t.Context(), s.operations, operationDocOf(w.Trace.Operation)), insert(t.Context(), s.steps, d)); err != nil {
		t.Fatal(err)
	}
}

// Of what several writers have left of one revision, that of the one is given
// which was faster, wherever it stands among them.
func TestFailedWritersReplacedNothing(t *testing.T) {
	t.Parallel()
	s := openAt(t, mongotest.URI(t))
	if err := s.CreateUser(t.Context(), store.User{ID: "u", Key: "u"}); err != nil {
		t.Fatal(err)
	}
	n := plainNote("n")
	if err := s.CreateNote(t.Context(), n, nil); err != nil {
		t.Fatal(err)
	}
	leaveStep(t, s, n, "before", "0")
	leaveStep(t, s, n, "behind", "z")
	w := rewrite(t, n, "done", "done")
	if err := s.UpdateNote(t.Context(), w.Note, w.Revision, w.Trace); err != nil {
		t.Fatal(err)
	}
	wantReplacer(t, s, 1, "done")

	// A save of the same session is no revision; the text that a failed one left of
	// it is true, but the name is not.
	again := store.Change{
		Operation: store.Operation{ID: "again", Session: "done"},
		Apply:     func(n *store.Note) (bool, error) { n.Body = "again"; return true, nil },
	}
	leaveStep(t, s, w.Note, "late", "z")
	w, _, err := again.Plan(w.Note)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.UpdateNote(t.Context(), w.Note, w.Revision, w.Trace); err != nil {
		t.Fatal(err)
	}
	wantReplacer(t, s, 1, "done")
	if v, err := s.Revision(t.Context(), "u", "n", 2); err != nil || v.Operation != "" || v.Text.Body != "done" {
		t.Errorf("revision 2 is %v, %v", v, err)
	}
	if n := stepsLeft(t, s, bson.M{}); n != 5 {
		t.Fatalf("%d steps, so this was no test", n)
	}
}

// wantReplacer wants everybody to say which operation replaced a revision of the
// note n.
func wantReplacer(t *testing.T, s *Store, revision int64, want string) {
	t.Helper()
	v, err := s.Revision(t.Context(), "u", "n", revision)
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.ListRevisions(t.Context(), "u", "n")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{"Revision": v.Operation}
	for _, v := range list {
		if v.Revision == revision {
			got["ListRevisions"] = v.Operation
		}
	}
	for r, err := range s.Dump(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Step != nil && r.Step.Revision == revision {
			got["Dump"] = r.Step.Operation
		}
	}
	for _, call := range []string{"Revision", "ListRevisions", "Dump"} {
		if got[call] != want {
			t.Errorf("%s says that %q replaced revision %d, and it was %q", call, got[call], revision, want)
		}
	}
}

// What is too old goes in parts, and in the end all of it.
func TestForgetsInParts(t *testing.T) {
	t.Parallel()
	s := openAt(t, mongotest.URI(t))
	var docs []any
	const old = 2*forgetOperations + 10
	for range store.LastOperations + 1 + old {
		docs = append(docs, operationDocOf(store.Operation{Owner: "u", ID: api.NewID()}))
	}
	if err := insertAll(t.Context(), s.operations, docs); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{old - forgetOperations, old - 2*forgetOperations, 0, 0} {
		if err := s.forgetOperations(t.Context(), "u"); err != nil {
			t.Fatal(err)
		}
		n, err := s.operations.CountDocuments(t.Context(), bson.M{})
		if left := n - store.LastOperations - 1; err != nil || left != want {
			t.Errorf("%d old operations are left, want %d, %v", left, want, err)
		}
	}
}
