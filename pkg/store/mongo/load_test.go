package mongo

import (
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// TestNobodyOpensAHalfLoadedDatabase opens the database in the middle of a load,
// which is how one that was killed leaves it, and after it.
func TestNobodyOpensAHalfLoadedDatabase(t *testing.T) {
	t.Parallel()
	uri := mongotest.URI(t)
	s, err := Open(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	err = s.Load(t.Context(), func(yield func(store.Record, error) bool) {
		if _, err := Open(t.Context(), uri); err == nil || !strings.Contains(err.Error(), "did not finish") {
			t.Errorf("open while a load is under way: %v", err)
		}
		if err := s.Load(t.Context(), nil); err == nil {
			t.Error("a second load while one is under way")
		}
		yield(store.Record{User: &store.User{ID: "u", Key: "u"}}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	after, err := Open(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	_ = after.Close()
}
