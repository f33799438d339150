package mongo

import (
	"errors"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
	"github.com/notesd/notesd/pkg/store/storetest"
)

func TestTarget(t *testing.T) {
	t.Parallel()
	uris := map[string]string{}
	uri := func(name string) string {
		if uris[name] == "" {
			uris[name] = mongotest.URI(t)
		}
		return uris[name]
	}
	storetest.RunTarget(t, func(t *testing.T, name string, c store.Copying) (store.Target, bool, error) {
		return OpenTarget(t.Context(), uri(name), c)
	}, func(t *testing.T, name string) (store.Store, error) { return Open(t.Context(), uri(name)) })
}

// TestCopyTakenOver wants a process to write nothing any more, when another one has
// gone on with its copy.
func TestCopyTakenOver(t *testing.T) {
	t.Parallel()
	uri := mongotest.URI(t)
	open := func() Target {
		target, _, err := OpenTarget(t.Context(), uri, store.Copying{Source: "elsewhere"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = target.Close() })
		return target
	}
	first, second := open(), open()
	record := []store.Record{{Setting: &store.Setting{Name: "a", Value: []byte("x")}}}
	for name, err := range map[string]error{
		"add":     first.Add(t.Context(), record),
		"replace": first.Replace(t.Context(), record),
		"remove":  first.Remove(t.Context(), record),
		"finish":  first.Finish(t.Context()),
	} {
		if err == nil || !strings.Contains(err.Error(), "another process has gone on") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if err := second.Add(t.Context(), record); err != nil {
		t.Error(err)
	}
}

// TestTargetRefusesOlder wants a database that is not to become a copy to be left
// alone: a server of an older version may run on it.
func TestTargetRefusesOlder(t *testing.T) {
	t.Parallel()
	uri := mongotest.URI(t)
	s := openAt(t, uri)
	older := presentSchema
	older.Version--
	ok, err := s.setSchema(t.Context(), presentSchema, older)
	if err := errors.Join(err, s.CreateNote(t.Context(), plainNote("n"), nil)); err != nil || !ok {
		t.Fatal(err, ok)
	}
	if _, _, err := OpenTarget(t.Context(), uri, store.Copying{Source: "elsewhere"}); !errors.Is(err, api.ErrConflict) {
		t.Errorf("error is %v", err)
	}
	if d, err := s.schemaDoc(t.Context()); err != nil || d != older {
		t.Errorf("the schema is %+v, %v", d, err)
	}
}
