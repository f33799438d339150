package mongo

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// openAt opens a store and closes it with the test.
func openAt(t *testing.T, uri string) *Store {
	t.Helper()
	s, err := Open(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// wantSchema wants every index once and one version.
func wantSchema(t *testing.T, s *Store) {
	t.Helper()
	want := map[string][]string{}
	for _, i := range indexes {
		want[i.collection] = append(want[i.collection], i.name)
	}
	for collection, names := range want {
		specs, err := s.schema.Database().Collection(collection).Indexes().ListSpecifications(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, spec := range specs {
			if spec.Name != "_id_" {
				got = append(got, spec.Name)
			}
		}
		slices.Sort(got)
		slices.Sort(names)
		if !slices.Equal(got, names) {
			t.Errorf("%s has the indexes %v, want %v", collection, got, names)
		}
	}
	versions, err := find[schemaDoc](t.Context(), s.schema, bson.M{}, nil)
	if err != nil || len(versions) != 1 || versions[0].Version != schemaVersion {
		t.Errorf("schema is %v, %v", versions, err)
	}
}

func TestManyOpensMakeOneSchema(t *testing.T) {
	t.Parallel()
	uri := mongotest.URI(t)
	stores, errs := make(chan *Store), make(chan error)
	const servers = 10
	for range servers {
		go func() {
			s, err := Open(t.Context(), uri)
			stores <- s
			errs <- err
		}()
	}
	for i := range servers {
		s, err := <-stores, <-errs
		if err != nil {
			t.Errorf("server %d: %v", i, err)
			continue
		}
		t.Cleanup(func() { _ = s.Close() })
		if i == servers-1 {
			wantSchema(t, s)
		}
	}
}

// A server that died between two steps leaves indexes and no version.
func TestOpenFinishesTheSchema(t *testing.T) {
	t.Parallel()
	uri := mongotest.URI(t)
	s := openAt(t, uri)
	if _, err := remove(t.Context(), s.schema, bson.M{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.users.Indexes().DropOne(t.Context(), "key"); err != nil {
		t.Fatal(err)
	}
	wantSchema(t, openAt(t, uri))
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	uri := mongotest.URI(t)
	s := openAt(t, uri)
	newer := schemaDoc{ID: schemaID, Version: schemaVersion + 1}
	if _, err := replace(t.Context(), s.schema, bson.M{"_id": schemaID}, newer); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), uri)
	if err == nil {
		_ = again.Close()
		t.Fatal("a database of a newer notesd was opened")
	}
	if errors.Is(err, api.ErrUnavailable) || !strings.Contains(err.Error(), "newer notesd") {
		t.Errorf("it is refused by %q", err)
	}
	if d, err := findOne[schemaDoc](t.Context(), s.schema, bson.M{}); err != nil || d != newer {
		t.Errorf("the refusal left %v, %v", d, err)
	}
}

// A server that brings an old database up to date does not undo what a newer one
// has done to it meanwhile.
func TestSetSchemaLeavesWhatIsNewer(t *testing.T) {
	t.Parallel()
	s := openAt(t, mongotest.URI(t))
	begun := schemaDoc{ID: schemaID, Version: schemaVersion}
	for _, there := range []bson.M{
		{"_id": schemaID, "version": schemaVersion},
		{"_id": schemaID, "version": schemaVersion, "token_rules": 0},
	} {
		if _, err := replace(t.Context(), s.schema, bson.M{"_id": schemaID}, there); err != nil {
			t.Fatal(err)
		}
		if ok, err := s.setSchema(t.Context(), begun, presentSchema); !ok || err != nil {
			t.Errorf("%v as it was seen: %t, %v", there, ok, err)
		}
	}
	newer := schemaDoc{ID: schemaID, Version: schemaVersion, TokenRules: search.Version + 1}
	if _, err := replace(t.Context(), s.schema, bson.M{"_id": schemaID}, newer); err != nil {
		t.Fatal(err)
	}
	if ok, err := s.setSchema(t.Context(), begun, presentSchema); ok || err != nil {
		t.Errorf("a newer one: %t, %v", ok, err)
	}
	if d, err := s.schemaDoc(t.Context()); err != nil || d != newer {
		t.Errorf("it is %v, %v", d, err)
	}
}

// However a note is purged, the same is left of it, and no text.
func TestTombstonesAreAlike(t *testing.T) {
	t.Parallel()
	s := openAt(t, mongotest.URI(t))
	note := func(id string) store.Note {
		when := api.Time{}
		return store.Note{
			Owner: "u", Excerpt: "secret", TitleKey: "secret", Operations: []string{"o"},
			Note: api.Note{Body: "secret", NoteMeta: api.NoteMeta{
				ID: id, Title: "secret", Tags: []string{"secret"}, TrashedAt: &when, Revision: 1,
			}},
		}
	}
	for _, id := range []string{"emptied", "updated"} {
		if err := s.CreateNote(t.Context(), note(id), nil); err != nil {
			t.Fatal(err)
		}
	}
	purged := note("updated")
	purged.Revision, purged.PurgedAt = 2, &api.Time{}
	if err := s.UpdateNote(t.Context(), purged, 1, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := s.EmptyTrash(t.Context(), "u", api.Time{}); n != 1 || err != nil {
		t.Fatalf("emptied %d, %v", n, err)
	}
	docs, err := find[bson.M](t.Context(), s.notes, bson.M{}, nil)
	if err != nil || len(docs) != 2 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	for _, d := range docs {
		fields := slices.Sorted(maps.Keys(d))
		if want := []string{"_id", "owner", "purged_at", "revision", "seq", "state"}; !slices.Equal(fields, want) {
			t.Errorf("%s keeps %v", d["_id"], fields)
		}
	}
}

// TestSessionWithoutScope: the first notesd wrote none, and all its logins may
// write.
func TestSessionWithoutScope(t *testing.T) {
	t.Parallel()
	s := openAt(t, mongotest.URI(t))
	_, err := s.sessions.InsertOne(t.Context(), bson.M{"_id": "s", "user_id": "u", "kind": "cli"})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Session(t.Context(), "s"); err != nil || v.Scope != api.ScopeWrite {
		t.Errorf("the session may %q, %v", v.Scope, err)
	}
}
