package mongo

import (
	"strings"
	"testing"

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
