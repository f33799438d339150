package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/event"
	"go.mongodb.org/mongo-driver/mongo"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// oldNotes is how many notes an old database has, of so much text that not all are
// given their tokens at once.
const oldNotes = 5

// oldDatabase returns the URI of a database as the notesd before the history left
// it: schema 1, no tokens, and none of the newer collections.
func oldDatabase(t *testing.T) string {
	t.Helper()
	uri := mongotest.URI(t)
	s := openAt(t, uri)
	ctx := t.Context()
	if err := s.CreateUser(ctx, store.User{ID: "u", Key: "u"}); err != nil {
		t.Fatal(err)
	}
	docs := make([]any, oldNotes, oldNotes+1)
	for i := range docs {
		n := plainNote(fmt.Sprint("n", i))
		n.Title, n.Body = fmt.Sprint("Milk ", i), "and bread"+strings.Repeat(" x", tokenBytes/6)
		docs[i] = without(t, docOf(n, nil), "tokens", "token_rules")
	}
	gone := plainNote("gone")
	gone.PurgedAt = &api.Time{}
	_, dropped := s.notes.Indexes().DropOne(ctx, "search")
	_, versioned := s.schema.ReplaceOne(ctx, bson.M{}, bson.M{"_id": schemaID, "version": 1})
	if err := errors.Join(insertAll(ctx, s.notes, append(docs, docOf(gone, nil))), dropped, versioned, s.operations.Drop(ctx), s.steps.Drop(ctx)); err != nil {
		t.Fatal(err)
	}
	return uri
}

// without returns a document as one that knew less would have written it.
func without(t *testing.T, doc any, fields ...string) bson.M {
	t.Helper()
	data, err := bson.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var m bson.M
	if err := bson.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		delete(m, f)
	}
	return m
}

// wantPresent wants the present schema, and all notes of an old database found.
func wantPresent(t *testing.T, s *Store) {
	t.Helper()
	wantSchema(t, s)
	notes, more, err := s.ListNotes(t.Context(), "u", store.ListQuery{
		State: api.StateAll, Search: search.Parse("milk bread"), Limit: 2 * oldNotes, MaxBytes: api.MaxPageBytes,
	})
	if len(notes) != oldNotes || more || err != nil {
		t.Errorf("a search finds %d notes, more: %t, %v; want %d", len(notes), more, err, oldNotes)
	}
	tokens, err := s.notes.CountDocuments(t.Context(), bson.M{"state": statePurged, "tokens": bson.M{"$exists": true}})
	if tokens != 0 || err != nil {
		t.Errorf("%d tombstones have tokens, %v", tokens, err)
	}
}

func TestManyOpensOfAnOldDatabase(t *testing.T) {
	t.Parallel()
	uri := oldDatabase(t)
	const servers = 4
	errs := make(chan error)
	for range servers {
		go func() {
			s, err := Open(t.Context(), uri)
			if err == nil {
				err = s.Close()
			}
			errs <- err
		}()
	}
	for range servers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	wantPresent(t, openAt(t, uri))
}

// An Open of an old database that is cut short at any of its commands leaves one
// that nobody is let into, until the next Open has finished it.
func TestOpenOfAnOldDatabaseCutShort(t *testing.T) {
	t.Parallel()
	uri := oldDatabase(t)
	for nth := 1; ; nth++ {
		ctx, cancel := context.WithCancel(t.Context())
		left := nth
		s, err := open(ctx, uri, &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
			if e.CommandName == "createIndexes" && !strings.Contains(e.Command.String(), `"search"`) {
				return // they are alike
			}
			if left--; left == 0 {
				cancel()
			}
		}})
		wasCut := ctx.Err() != nil
		cancel()
		if err == nil {
			_ = s.Close()
		}
		if !wasCut {
			break
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, api.ErrUnavailable) {
			t.Fatalf("cut at command %d: %v", nth, err)
		}
		if s, err := OpenExisting(t.Context(), uri); err == nil {
			wantPresent(t, s) // only its answer was cut off
			_ = s.Close()
		} else if !strings.Contains(err.Error(), "brings the database up to date") {
			t.Errorf("cut at command %d, the database is refused by %q", nth, err)
		}
	}
	wantPresent(t, openAt(t, uri))
}

// A note that an old notesd, still running, saves between being read and being
// given its tokens is found by what it says now.
func TestOpenMeetsAWriter(t *testing.T) {
	t.Parallel()
	uri := oldDatabase(t)
	writer := connectTo(t, uri)
	var once sync.Once
	s, err := open(t.Context(), uri, &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if e.CommandName == "update" && e.Command.Lookup("update").StringValue() == "notes" {
			once.Do(func() {
				_, err := writer.Collection("notes").UpdateOne(t.Context(), bson.M{"_id": "u/n0"},
					bson.M{"$set": bson.M{"body": "bread, late"}, "$inc": bson.M{"revision": 1}})
				if err != nil {
					t.Error(err)
				}
			})
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	wantPresent(t, s)
	notes, _, err := s.ListNotes(t.Context(), "u", store.ListQuery{State: api.StateAll, Search: search.Parse("late"), Limit: 9, MaxBytes: 9})
	if len(notes) != 1 || err != nil {
		t.Errorf("a search finds %d notes, %v", len(notes), err)
	}
}

// connectTo returns the database itself.
func connectTo(t *testing.T, uri string) *mongo.Database {
	t.Helper()
	opts, name, err := parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	c, err := mongo.Connect(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Disconnect(context.Background()) })
	return c.Database(name)
}

// Notes whose tokens are by other rules are given new ones.
func TestOpenMakesTokensAnew(t *testing.T) {
	t.Parallel()
	uri := mongotest.URI(t)
	s := openAt(t, uri)
	n := plainNote("n")
	n.Body = "milk"
	if err := s.CreateNote(t.Context(), n, nil); err != nil {
		t.Fatal(err)
	}
	_, err := updateAll(t.Context(), s.notes, bson.M{}, bson.M{"$set": bson.M{"tokens": []string{"old"}, "token_rules": search.Version - 1}})
	older := presentSchema
	older.TokenRules = search.Version - 1
	if ok, schemaErr := s.setSchema(t.Context(), presentSchema, older); err != nil || schemaErr != nil || !ok {
		t.Fatal(err, schemaErr, ok)
	}
	found, _, err := openAt(t, uri).ListNotes(t.Context(), "u", store.ListQuery{State: api.StateAll, Search: search.Parse("milk"), Limit: 9, MaxBytes: 9})
	if len(found) != 1 || err != nil {
		t.Errorf("a search finds %d notes, %v", len(found), err)
	}

	newer := presentSchema
	newer.TokenRules++
	if ok, err := s.setSchema(t.Context(), presentSchema, newer); err != nil || !ok {
		t.Fatal(err, ok)
	}
	for name, open := range map[string]func(context.Context, string) (*Store, error){"Open": Open, "OpenExisting": OpenExisting} {
		if s, err := open(t.Context(), uri); err == nil || !strings.Contains(err.Error(), "newer notesd") {
			t.Errorf("%s of newer tokens: %v, %v", name, s, err)
		}
	}
}

// A database of the version before the feeds is given the index, without a walk
// along all notes. What it had is in no feed, until it is written.
func TestOpenOfADatabaseWithoutFeeds(t *testing.T) {
	t.Parallel()
	uri := mongotest.URI(t)
	old := openAt(t, uri)
	before, n := presentSchema, plainNote("n")
	before.Version = 2
	_, dropped := old.notes.Indexes().DropOne(t.Context(), "feed")
	versioned := old.changeSchema(t.Context(), presentSchema, before)
	if err := errors.Join(dropped, versioned, insert(t.Context(), old.notes, docOf(n, nil))); err != nil {
		t.Fatal(err)
	}

	var r recorder
	s, err := open(t.Context(), uri, r.monitor())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if slices.Contains(r.names(), "find notes") {
		t.Error("all notes are read")
	}
	wantSchema(t, s)
	f := &follower{Store: s, at: feedEnd(t, s), seen: map[string]store.Note{}}
	if f.catchUp(t); len(f.seen) > 0 {
		t.Errorf("the feed begins with %v", f.seen)
	}
	w := extended(n)
	if err := s.UpdateNote(t.Context(), w.Note, w.Revision, nil); err != nil {
		t.Fatal(err)
	}
	f.wantAll(t, "when the note is written")
}
