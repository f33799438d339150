package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/event"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// recorder keeps the commands that a store sends.
type recorder struct {
	mu       sync.Mutex
	commands []bson.Raw
}

func (r *recorder) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.commands = append(r.commands, slices.Clone(e.Command))
	}}
}

// recordAll makes every call there is, on a database of its own, and returns the
// commands they sent, from those of Open on. Options are added to the URI.
func recordAll(t *testing.T, options ...string) []bson.Raw {
	t.Helper()
	var r recorder
	uri := strings.Join(append([]string{mongotest.URI(t)}, options...), "&")
	s, err := open(t.Context(), uri, r.monitor())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, c := range calls(s) {
		if err := c.do(t.Context()); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
	}
	return r.commands
}

// call is one call of a Store.
type call struct {
	name string
	do   func(context.Context) error
}

// calls are one of each method at least, in an order in which all succeed, and
// every kind of list.
func calls(s store.Store) []call {
	now := api.Time{}
	user := store.User{ID: "u", Username: "U", Key: "u", PasswordHash: "h", CreatedAt: now}
	session := store.Session{ID: "s", UserID: "u"}
	throttle := store.Throttle{Key: "t", Revision: 1}
	note := store.Note{Owner: "u", Note: api.Note{NoteMeta: api.NoteMeta{ID: "n", Revision: store.MaxRevisions + 1}}}
	other := note
	other.ID = "m"
	later := api.Time{Time: now.AddDate(1, 0, 0)}
	q := store.ChangesQuery{After: store.Position{Epoch: "e"}, Limit: 9, MaxBytes: 9}
	calls := []call{
		{"Ping", s.Ping},
		{"CreateUser", func(ctx context.Context) error { return s.CreateUser(ctx, user) }},
		{"User", func(ctx context.Context) error { _, err := s.User(ctx, "u"); return err }},
		{"UserByKey", func(ctx context.Context) error { _, err := s.UserByKey(ctx, "u"); return err }},
		{"SetPassword", func(ctx context.Context) error { return s.SetPassword(ctx, "u", "h", "i") }},
		{"ListUsers", func(ctx context.Context) error { _, err := s.ListUsers(ctx, "", 9); return err }},
		{"SetDisabled", func(ctx context.Context) error { return s.SetDisabled(ctx, "u", &now) }},
		{"SetDisabled", func(ctx context.Context) error { return s.SetDisabled(ctx, "u", nil) }},
		{"CreateSession", func(ctx context.Context) error { return s.CreateSession(ctx, session) }},
		{"Session", func(ctx context.Context) error { _, err := s.Session(ctx, "s"); return err }},
		{"ListSessions", func(ctx context.Context) error { _, err := s.ListSessions(ctx, "u"); return err }},
		{"UpdateSession", func(ctx context.Context) error { return s.UpdateSession(ctx, session, 0) }},
		{"DeleteSession", func(ctx context.Context) error { return s.DeleteSession(ctx, "u", "s") }},
		{"DeleteSessions", func(ctx context.Context) error { _, err := s.DeleteSessions(ctx, "u", "x"); return err }},
		{"ExpireSessions", func(ctx context.Context) error { _, err := s.ExpireSessions(ctx, now); return err }},
		{"CreateSetting", func(ctx context.Context) error { _, err := s.CreateSetting(ctx, "n", []byte("v")); return err }},
		{"Setting", func(ctx context.Context) error { _, err := s.Setting(ctx, "n"); return err }},
		{"SetSetting", func(ctx context.Context) error { return s.SetSetting(ctx, "n", []byte("v"), []byte("w")) }},
		{"SetThrottle", func(ctx context.Context) error { return s.SetThrottle(ctx, throttle, 0) }},
		{"SetThrottle", func(ctx context.Context) error { return s.SetThrottle(ctx, throttle, 1) }},
		{"Throttle", func(ctx context.Context) error { _, err := s.Throttle(ctx, "t"); return err }},
		{"DeleteThrottle", func(ctx context.Context) error { return s.DeleteThrottle(ctx, "t") }},
		{"ExpireThrottles", func(ctx context.Context) error { _, err := s.ExpireThrottles(ctx, now); return err }},
		{"CreateNote", func(ctx context.Context) error { return s.CreateNote(ctx, note, traceOf(note, "o")) }},
		{"CreateNote", func(ctx context.Context) error { return s.CreateNote(ctx, other, traceOf(other, "o")) }},
		{"Note", func(ctx context.Context) error { _, err := s.Note(ctx, "u", "n"); return err }},
		{"NotesByID", func(ctx context.Context) error { _, err := s.NotesByID(ctx, "u", []string{"n", "x"}); return err }},
		{"Titles", func(ctx context.Context) error { _, err := s.Titles(ctx, "u", []string{"n", "x"}); return err }},
		{"NoteIDs", func(ctx context.Context) error { _, err := s.NoteIDs(ctx, "u", []string{"a", "n"}, 9); return err }},
		{"CountNotes", func(ctx context.Context) error { _, err := s.CountNotes(ctx, "u"); return err }},
		{"UpdateNote", func(ctx context.Context) error {
			return s.UpdateNote(ctx, trashed(note), note.Revision, traceOf(trashed(note), "p"))
		}},
		{"ListTags", func(ctx context.Context) error { _, err := s.ListTags(ctx, "u"); return err }},
		{"ListRevisions", func(ctx context.Context) error { _, err := s.ListRevisions(ctx, "u", "n"); return err }},
		{"Revision", func(ctx context.Context) error { _, err := s.Revision(ctx, "u", "n", note.Revision); return err }},
		{"ListOperations", func(ctx context.Context) error { _, err := s.ListOperations(ctx, "u"); return err }},
		{"Operation", func(ctx context.Context) error { _, err := s.Operation(ctx, "u", "p"); return err }},
		{"ListSteps", func(ctx context.Context) error { _, err := s.ListSteps(ctx, "u", "o", "", 9); return err }},
		{"WriteNotes", func(ctx context.Context) error { return errors.Join(s.WriteNotes(ctx, manyWrites())...) }},
		{"ListChanges", func(ctx context.Context) error {
			c, err := s.ListChanges(ctx, "u", store.ChangesQuery{})
			if err == nil {
				q.After = c.End
			}
			return err
		}},
		{"ListChanges", func(ctx context.Context) error { _, err := s.ListChanges(ctx, "u", q); return err }},
		{"FeedEnds", func(ctx context.Context) error { _, err := s.FeedEnds(ctx, []string{"u", "x"}); return err }},
		{"EmptyTrash", func(ctx context.Context) error { _, err := s.EmptyTrash(ctx, "u", now); return err }},
		{"ExpireNotes", func(ctx context.Context) error { _, err := s.ExpireNotes(ctx, now, now); return err }},
		{"ExpireTombstones", func(ctx context.Context) error { _, err := s.ExpireTombstones(ctx, later); return err }},
	}
	for _, q := range append(everyList(), everySearch()...) {
		calls = append(calls, call{"ListNotes", func(ctx context.Context) error {
			_, _, err := s.ListNotes(ctx, "u", q)
			return err
		}})
	}
	return append(calls,
		call{"DeleteUser", func(ctx context.Context) error { return s.DeleteUser(ctx, "u", now) }},
		call{"ExpireUsers", func(ctx context.Context) error {
			_, err := s.ExpireUsers(ctx, later)
			return err
		}},
	)
}

// trashed is the next revision of a note.
func trashed(n store.Note) store.Note {
	n.TrashedAt, n.Revision = &api.Time{}, n.Revision+1
	return n
}

// traceOf is what a write leaves that made n, with a text in it.
func traceOf(n store.Note, operation string) *store.Trace {
	return &store.Trace{
		Operation: store.Operation{Owner: n.Owner, ID: operation},
		Step: store.Step{
			Owner: n.Owner, ID: n.ID, Operation: operation, Revision: n.Revision - 1,
			Kept: true, Text: &store.Text{},
		},
	}
}

// manyWrites are operations of their own, more than can be undone.
func manyWrites() (writes []store.Write) {
	for i := range store.LastOperations + 10 {
		n := plainNote(fmt.Sprintf("w%02d", i))
		writes = append(writes, store.Write{Note: n, Trace: traceOf(n, fmt.Sprint("w", i))})
	}
	return writes
}

// everyList returns a query of every form there is.
func everyList() (queries []store.ListQuery) {
	pinned := true
	for _, state := range []api.State{api.StateActive, api.StateAll} {
		for _, sort := range []api.Sort{api.SortUpdated, api.SortCreated, api.SortTitle, api.SortID} {
			for _, order := range []api.Order{api.OrderAsc, api.OrderDesc} {
				for _, after := range []*store.Place{nil, {Title: "t", ID: "n"}} {
					for _, tags := range [][]string{nil, {"a"}, {"a", "b"}} {
						for _, pin := range []*bool{nil, &pinned} {
							for _, prefix := range []string{"", "n"} {
								queries = append(queries, store.ListQuery{
									State: state, Sort: sort, Order: order, After: after,
									Tags: tags, Pinned: pin, IDPrefix: prefix, Limit: 50, MaxBytes: 1,
								})
							}
						}
					}
				}
			}
		}
	}
	for _, q := range queries {
		if len(q.Tags) < 2 && q.Pinned == nil {
			q.From, q.Before = &api.Time{}, &api.Time{Time: time.Time{}.Add(time.Hour)}
			queries = append(queries, q)
		}
	}
	return queries
}

// everySearch returns a search of every form there is.
func everySearch() (queries []store.ListQuery) {
	for _, text := range []string{"milk", `"fresh milk" bread`, "a", "東京都", "-milk", "milk -bread tag:x is:pinned before:2026"} {
		for _, after := range []*store.Place{nil, {Rank: 0, ID: "n"}} {
			for _, prefix := range []string{"", "n"} {
				queries = append(queries, store.ListQuery{
					State: api.StateAll, Search: search.Parse(text), After: after, IDPrefix: prefix, Limit: 50, MaxBytes: 1,
				})
			}
		}
	}
	return queries
}
