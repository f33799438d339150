package mongo

import (
	"slices"
	"testing"

	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// The owner is part of every predicate on notes and on what was done to them, but
// in what cleans up.
func TestOwnerIsInEveryFilter(t *testing.T) {
	t.Parallel()
	var r recorder
	s, err := open(t.Context(), mongotest.URI(t), r.monitor())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r.commands = nil
	seen := 0
	for _, c := range calls(s) {
		if err := c.do(t.Context()); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for _, command := range r.commands {
			for _, q := range queries(t, command) {
				if !slices.Contains([]string{"notes", "steps", "operations"}, q.collection) || c.name == "ExpireNotes" || c.name == "ExpireTombstones" {
					continue
				}
				seen++
				if q.filter["owner"] != "u" {
					t.Errorf("%s asks %s for %v", c.name, q.collection, q.filter)
				}
			}
		}
		r.commands = nil
	}
	if seen == 0 {
		t.Error("no query was seen")
	}
}
