package mongo

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

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
		asked := []any{"u"}
		if c.name == "FeedEnds" {
			asked = append(asked, "x")
		}
		for _, command := range r.commands {
			for _, q := range queries(t, command) {
				if !slices.Contains([]string{"notes", "steps", "operations"}, q.collection) || c.name == "ExpireNotes" || c.name == "ExpireTombstones" {
					continue
				}
				seen++
				if !onlyOf(q.filter["owner"], asked...) {
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

// onlyOf reports whether a filter of owners lets nobody through but these.
func onlyOf(filter any, owners ...any) bool {
	some, ok := filter.(bson.M)
	if !ok {
		return slices.Contains(owners, filter)
	}
	in, ok := some["$in"].(bson.A)
	return ok && len(some) == 1 && !slices.ContainsFunc(in, func(owner any) bool { return !slices.Contains(owners, owner) })
}
