// Package storetest proves that an engine keeps the promises of package store.
// Every engine's tests call [Run]; read it first. A sentence in the comments of
// package store that no test here would notice being broken is a hole in this
// package.
package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// check is one named promise, tried on a store of its own.
type check struct {
	name string
	run  func(*testing.T, store.Store)
}

// Run runs the whole suite with so much effort. Open returns an empty store, a new
// one at every call, and is called from several tests at once. Run closes it; what
// else is to be cleaned up, open leaves to tb.Cleanup.
func Run(t *testing.T, e Effort, open func(tb testing.TB) store.Store) {
	for _, group := range []struct {
		name   string
		checks []check
	}{
		{"User", userChecks},
		{"Session", sessionChecks},
		{"Note", noteChecks},
		{"Write", writeChecks},
		{"Trash", trashChecks},
		{"List", listChecks},
		{"Page", pageChecks},
		{"Tag", tagChecks},
		{"Setting", settingChecks},
		{"Throttle", throttleChecks},
		{"Owner", ownerChecks},
		{"Text", textChecks},
		{"Race", raceChecks},
		{"Operation", operationChecks},
		{"History", historyChecks(e)},
		{"Context", contextChecks},
		{"Dump", dumpChecks},
		{"Feed", feedChecks(e)},
		{"Search", searchChecks(e)},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range group.checks {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					s := open(t)
					t.Cleanup(func() {
						if err := s.Close(); err != nil {
							t.Errorf("close: %v", err)
						}
					})
					c.run(t, s)
				})
			}
		})
	}
}

// at returns a fixed instant and so many milliseconds. It is no whole second, so
// that an engine that cuts more than it may is noticed.
func at(ms int) api.Time {
	return api.TimeOf(time.Date(2026, 1, 31, 23, 59, 58, int(987*time.Millisecond), time.UTC).
		Add(time.Duration(ms) * time.Millisecond))
}

func ptr[T any](v T) *T { return &v }

// addUser adds a user with a name that is his id.
func addUser(t *testing.T, s store.Store) store.User {
	t.Helper()
	id := api.NewID()
	u := store.User{ID: id, Username: "N" + id, Key: "n" + id, PasswordHash: "$argon2id$" + id, CreatedAt: at(0)}
	ok(t, s.CreateUser(t.Context(), u))
	return u
}

// newSession returns a session that nobody has stored yet.
func newSession(user string) store.Session {
	return store.Session{
		ID: api.NewID(), UserID: user, Kind: api.KindCLI, Scope: api.ScopeWrite, Label: "laptop",
		CreatedAt: at(1), LastUsedAt: at(2), ExpiresAt: at(3),
		Generation: 0, SecretHash: [32]byte{1, 0, 255}, RotatedAt: at(4),
	}
}

func addSession(t *testing.T, s store.Store, v store.Session) store.Session {
	t.Helper()
	ok(t, s.CreateSession(t.Context(), v))
	return v
}

// newNote returns a plain active note that nobody has stored yet.
func newNote(owner string) store.Note {
	return store.Note{
		Note: api.Note{
			NoteMeta: api.NoteMeta{
				ID: api.NewID(), Title: "Title", Tags: []string{},
				CreatedAt: at(0), UpdatedAt: at(0), Revision: 1,
			},
			Body: "The body.\n",
		},
		Owner: owner, Excerpt: "The body.", TitleKey: "title",
	}
}

// richNote returns a note with something in every field.
func richNote(owner string) store.Note {
	n := newNote(owner)
	n.Tags = []string{"home", "to-do", "été"}
	n.Pinned, n.Archived, n.TrashedAt = true, true, ptr(at(7))
	n.CreatedAt, n.UpdatedAt = at(-5), at(5)
	n.Operations = []string{"0123456789ab", "ba9876543210"}
	n.SavedBy, n.SavedSince = "s0123456789a", ptr(at(6))
	return n
}

func addNote(t *testing.T, s store.Store, n store.Note) store.Note {
	t.Helper()
	ok(t, s.CreateNote(t.Context(), n, nil))
	return n
}

// trashed returns an edit of a note for the calls that make one.
func trashed(n store.Note, when api.Time) store.Note {
	n.TrashedAt = &when
	return n
}

// purge turns a stored note into a tombstone.
func purge(t *testing.T, s store.Store, n store.Note, when api.Time) {
	t.Helper()
	seen := n.Revision
	n.Revision, n.PurgedAt = seen+1, &when
	ok(t, s.UpdateNote(t.Context(), n, seen, nil))
}

// ok ends the test at an error nobody expects.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// wantErr wants this error of package api.
func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

// wantCount wants that a call that cleans up says this number.
func wantCount(t *testing.T, n int, err error, want int) {
	t.Helper()
	ok(t, err)
	if n != want {
		t.Errorf("count is %d, want %d", n, want)
	}
}

// equal compares what came out with what went in. No operations may be nil or
// empty; of tags, [wantNote] sees to it.
func equal(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("not what went in (-want +got):\n%s", d)
	}
}

// wantNote wants that the note is stored exactly like this.
func wantNote(t *testing.T, s store.Store, want store.Note) {
	t.Helper()
	got, err := s.Note(t.Context(), want.Owner, want.ID)
	ok(t, err)
	if got.Tags == nil {
		t.Error("Tags is nil")
	}
	equal(t, got, want)
}

// noNote wants that there is no such note.
func noNote(t *testing.T, s store.Store, owner, id string) {
	t.Helper()
	_, err := s.Note(t.Context(), owner, id)
	wantErr(t, err, api.ErrNotFound)
}

// all lists every note of one owner.
func all(t *testing.T, s store.Store, owner string) []store.Note {
	t.Helper()
	return list(t, s, owner, store.ListQuery{State: api.StateAll, Sort: api.SortUpdated, Order: api.OrderAsc, Limit: 1000})
}

// list returns all pages of a query as one.
func list(t *testing.T, s store.Store, owner string, q store.ListQuery) []store.Note {
	t.Helper()
	return pages(t, s, owner, q, func() {})
}

// atOnce calls f(0) to f(n-1), each in a goroutine, as near to the same moment
// as it gets, and returns their errors.
func atOnce(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start, done := make(chan struct{}), make(chan struct{})
	for i := range n {
		go func() {
			defer func() { done <- struct{}{} }()
			<-start
			errs[i] = f(i)
		}()
	}
	close(start)
	for range n {
		<-done
	}
	return errs
}

// oneWins wants one success among these errors and this error for all others,
// and returns who succeeded.
func oneWins(t *testing.T, errs []error, lost error) int {
	t.Helper()
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			t.Fatalf("both %d and %d won", winner, i)
		case err == nil:
			winner = i
		case !errors.Is(err, lost):
			t.Fatalf("error is %v, want %v", err, lost)
		}
	}
	if winner < 0 {
		t.Fatal("nobody won")
	}
	return winner
}

// cancelled returns a context that has ended.
func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
