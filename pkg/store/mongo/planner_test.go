//go:build mongodb

package mongo

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// TestPlannerUsesTheIndexes asks the planner what TestIndexes works out. FerretDB
// has none, so this one is built only with -tags mongodb, for a MongoDB that
// NOTES_TEST_MONGODB_URI names.
func TestPlannerUsesTheIndexes(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), mongotest.URI(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, command := range recordAll(t) {
		qs := queries(t, command)
		if len(qs) == 0 {
			continue
		}
		plan := explain(t, s.schema.Database(), command)
		_, searches := qs[0].filter["$and"] // and may sort what it finds
		if slices.Contains(plan, "COLLSCAN") || slices.Contains(plan, "SORT") && !qs[0].byKey() && !searches {
			t.Errorf("%v is planned as %v", command, plan)
		}
	}
}

// explain returns the names of the stages of the plan for a command.
func explain(t *testing.T, db *mongo.Database, command bson.Raw) []string {
	t.Helper()
	explained := bson.D{}
	for _, key := range []string{"find", "filter", "sort", "projection", "limit", "update", "updates", "delete", "deletes"} {
		if v, err := command.LookupErr(key); err == nil {
			explained = append(explained, bson.E{Key: key, Value: v})
		}
	}
	answer, err := db.RunCommand(t.Context(), bson.D{
		{Key: "explain", Value: explained}, {Key: "verbosity", Value: "queryPlanner"},
	}).Raw()
	if err != nil {
		t.Fatalf("explain %v: %v", command, err)
	}
	plan, ok := answer.Lookup("queryPlanner", "winningPlan").DocumentOK()
	if !ok {
		t.Fatalf("explain %v: no plan in %v", command, answer)
	}
	return stages(plan)
}

// stages returns all values of "stage" in a plan, however deep.
func stages(plan bson.Raw) (names []string) {
	elements, _ := plan.Elements()
	for _, e := range elements {
		if name, ok := e.Value().StringValueOK(); ok && e.Key() == "stage" {
			names = append(names, name)
		}
		if inner, ok := e.Value().DocumentOK(); ok {
			names = append(names, stages(inner)...)
		}
		if inner, ok := e.Value().ArrayOK(); ok {
			names = append(names, stages(inner)...)
		}
	}
	return names
}
