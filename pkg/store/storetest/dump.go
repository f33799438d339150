package storetest

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var dumpChecks = []check{
	{"GivesEverythingInOrder", testDump},
	{"LoadGivesItBack", testLoad},
	{"LoadWantsAnEmptyStore", testLoadFull},
	{"FailedLoadLeavesNothing", testLoadFailed},
	{"DumpStops", testDumpStops},
	{"DumpWhileWriting", testDumpWhileWriting},
	{"DumpWithoutContext", testDumpContext},
}

func dumper(t *testing.T, s store.Store) store.Dumper {
	t.Helper()
	d, ok := s.(store.Dumper)
	if !ok {
		t.Fatalf("%T is no store.Dumper", s)
	}
	return d
}

func dump(t *testing.T, s store.Store) []store.Record {
	t.Helper()
	var list []store.Record
	for r, err := range dumper(t, s).Dump(t.Context()) {
		ok(t, err)
		list = append(list, r)
	}
	return list
}

// sequence gives these records, then the error if there is one.
func sequence(records []store.Record, err error) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(store.Record{}, err)
		}
	}
}

// fill puts something of every kind into a store and returns it as Dump must
// give it.
func fill(t *testing.T, s store.Store) []store.Record {
	t.Helper()
	var want []store.Record
	for _, name := range []string{"a", "b"} {
		value, err := s.CreateSetting(t.Context(), name, []byte{0, 255, name[0]})
		ok(t, err)
		want = append(want, store.Record{Setting: &store.Setting{Name: name, Value: value}})
	}
	users := []store.User{addUser(t, s), addUser(t, s), addUser(t, s)}
	ok(t, s.SetDisabled(t.Context(), users[0].ID, ptr(at(9))))
	users[0].DisabledAt = ptr(at(9))
	slices.SortFunc(users, func(a, b store.User) int { return strings.Compare(a.ID, b.ID) })
	var sessions []store.Session
	var notes []store.Record
	for i, u := range users {
		want = append(want, store.Record{User: &u})
		v := newSession(u.ID)
		v.Generation, v.Kind, v.Scope = int64(i), api.KindToken, api.ScopeCreate
		sessions = append(sessions, addSession(t, s, v))

		rich := addNote(t, s, richNote(u.ID))
		plain := newNote(u.ID)
		plain.Body = "\x01 \u2028 </b> \u00e9\U0001F4D3 " + strings.Repeat("\"\\", 1000)
		plain = addNote(t, s, plain)
		gone := addNote(t, s, newNote(u.ID))
		purge(t, s, gone, at(8))
		notes = append(notes, store.Record{Note: &rich}, store.Record{Note: &plain},
			store.Record{Tombstone: &store.Tombstone{Owner: u.ID, ID: gone.ID, Revision: 2, PurgedAt: at(8)}})
	}
	slices.SortFunc(sessions, func(a, b store.Session) int { return strings.Compare(a.ID, b.ID) })
	for _, v := range sessions {
		want = append(want, store.Record{Session: &v})
	}
	slices.SortFunc(notes, func(a, b store.Record) int { return strings.Compare(noteKey(a), noteKey(b)) })
	ok(t, s.SetThrottle(t.Context(), newThrottle("not in a dump"), 0))
	return append(want, notes...)
}

func noteKey(r store.Record) string {
	if r.Tombstone != nil {
		return r.Tombstone.Owner + "/" + r.Tombstone.ID
	}
	return r.Note.Owner + "/" + r.Note.ID
}

func testDump(t *testing.T, s store.Store) {
	equal(t, dump(t, s), []store.Record(nil))
	want := fill(t, s)
	gone := addUser(t, s) // one who was deleted is in no dump, whatever is left of him
	addSession(t, s, newSession(gone.ID))
	addNote(t, s, newNote(gone.ID))
	ok(t, s.DeleteUser(t.Context(), gone.ID, at(1)))
	equal(t, dump(t, s), want)
}

func testLoad(t *testing.T, s store.Store) {
	want := fill(t, s)
	for _, r := range want {
		if r.User != nil {
			ok(t, s.DeleteUser(t.Context(), r.User.ID, at(0)))
		}
	}
	_, err := s.ExpireUsers(t.Context(), at(1))
	ok(t, err)
	ok(t, dumper(t, s).Load(t.Context(), sequence(want, nil)))
	equal(t, dump(t, s), want)

	for _, r := range want { // and it is no mere dump that came back
		switch {
		case r.Note != nil:
			wantNote(t, s, *r.Note)
		case r.Tombstone != nil:
			n := newNote(r.Tombstone.Owner)
			n.ID = r.Tombstone.ID
			wantErr(t, s.CreateNote(t.Context(), n, nil), api.ErrGone)
		case r.User != nil:
			got, err := s.UserByKey(t.Context(), r.User.Key)
			ok(t, err)
			equal(t, got, *r.User)
			if n := len(list(t, s, r.User.ID, store.ListQuery{
				State: api.StateAll, Tags: []string{"to-do"}, Sort: api.SortTitle, Order: api.OrderAsc, Limit: 10,
			})); n != 1 {
				t.Errorf("%d notes have the tag, want 1", n)
			}
		}
	}
}

func testLoadFull(t *testing.T, s store.Store) {
	want := fill(t, s)
	wantErr(t, dumper(t, s).Load(t.Context(), sequence(want, nil)), api.ErrConflict)
	equal(t, dump(t, s), want)
}

// testLoadFailed wants an empty store wherever a load ends, to which one can be
// added.
func testLoadFailed(t *testing.T, s store.Store) {
	u := store.User{ID: api.NewID(), Username: "A", Key: "a", CreatedAt: at(0)}
	n := newNote(u.ID)
	whole := []store.Record{{Setting: &store.Setting{Name: "a", Value: []byte("x")}}, {User: &u}, {Note: &n}}
	failure := errors.New("the file ends")
	for i := range whole {
		wantErr(t, dumper(t, s).Load(t.Context(), sequence(whole[:i], failure)), failure)
		equal(t, dump(t, s), []store.Record(nil))
	}
	wantErr(t, dumper(t, s).Load(t.Context(), sequence(append(whole, whole[2]), nil)), api.ErrConflict)
	equal(t, dump(t, s), []store.Record(nil))
	wantErr(t, dumper(t, s).Load(cancelled(t), sequence(whole, nil)), api.ErrUnavailable)
	ok(t, dumper(t, s).Load(t.Context(), sequence(whole, nil)))
	equal(t, dump(t, s), whole)
}

func testDumpStops(t *testing.T, s store.Store) {
	want := fill(t, s)
	for n := range want {
		seen := 0
		for r, err := range dumper(t, s).Dump(t.Context()) {
			ok(t, err)
			equal(t, r, want[seen])
			if seen++; seen > n {
				break
			}
		}
	}
}

// testDumpWhileWriting dumps again and again while eight write: what was
// acknowledged before is there, and what is there is whole.
func testDumpWhileWriting(t *testing.T, s store.Store) {
	u := addUser(t, s)
	acknowledged := make(chan store.Note, 8*50)
	done := make(chan []error)
	go func() {
		done <- atOnce(8, func(i int) error {
			for j := range 50 {
				n := newNote(u.ID)
				n.Title = fmt.Sprint(i, "/", j)
				n.Body = strings.Repeat(n.Title+"\n", 100)
				if err := s.CreateNote(t.Context(), n, nil); err != nil {
					return err
				}
				acknowledged <- n
			}
			return nil
		})
	}()
	before := map[string]store.Note{}
	for running := true; running; {
		select {
		case errs := <-done:
			ok(t, errors.Join(errs...))
			running = false
		default:
		}
		for range len(acknowledged) {
			n := <-acknowledged
			before[n.ID] = n
		}
		found := map[string]bool{}
		for _, r := range dump(t, s) {
			if r.Note == nil {
				continue
			}
			if found[r.Note.ID] {
				t.Fatalf("%s is there twice", r.Note.ID)
			}
			found[r.Note.ID] = true
			if r.Note.Body != strings.Repeat(r.Note.Title+"\n", 100) {
				t.Fatalf("%s is not whole", r.Note.ID)
			}
		}
		for id := range before {
			if !found[id] {
				t.Fatalf("%s was acknowledged before and is missing", id)
			}
		}
	}
	if len(before) != 400 {
		t.Errorf("%d notes in the last dump, want 400", len(before))
	}
}

func testDumpContext(t *testing.T, s store.Store) {
	fill(t, s)
	n := 0
	for _, err := range dumper(t, s).Dump(cancelled(t)) {
		n++
		wantErr(t, err, api.ErrUnavailable)
	}
	if n != 1 {
		t.Errorf("a dump whose context has ended gave %d things, want the error alone", n)
	}
}
