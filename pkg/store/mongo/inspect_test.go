package mongo

import (
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// TestInspectMissesAnIndex drops one that a database must have.
func TestInspectMissesAnIndex(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), mongotest.URI(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, f := range s.Inspect(t.Context()) {
		if f.Level != store.LevelOK {
			t.Errorf("a new database: %s", f.Text)
		}
	}
	if _, err := s.notes.Indexes().DropOne(t.Context(), "tombstones"); err != nil {
		t.Fatal(err)
	}
	missed := false
	for _, f := range s.Inspect(t.Context()) {
		missed = missed || f.Level == store.LevelError && strings.HasSuffix(f.Text, ": notes.tombstones") && f.Hint != ""
	}
	if !missed {
		t.Error("nobody misses the index")
	}
}
