package mongo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"github.com/notesd/notesd/pkg/store"
)

var _ store.Inspector = (*Store)(nil)

// Inspect implements [store.Inspector]. Open has seen to it that the database can
// be reached and that writes wait for the journals of a majority.
func (s *Store) Inspect(ctx context.Context) []store.Finding {
	return []store.Finding{s.inspectServer(ctx), s.inspectIndexes(ctx), s.inspectCounts(ctx)}
}

func (s *Store) inspectServer(ctx context.Context) store.Finding {
	ctx, cancel := within(ctx)
	defer cancel()
	var info struct {
		Version string `bson:"version"`
	}
	if err := s.notes.Database().RunCommand(ctx, bson.M{"buildInfo": 1}).Decode(&info); err != nil {
		return store.Failure("the server does not say its version: "+err.Error(), "")
	}
	return store.OK(fmt.Sprintf("MongoDB %s, schema %d, writes wait for the journals of a majority", info.Version, schemaVersion))
}

func (s *Store) inspectIndexes(ctx context.Context) store.Finding {
	var missing []string
	for _, c := range []*mongo.Collection{s.users, s.sessions, s.throttles, s.notes, s.operations, s.steps} {
		there, err := indexNames(ctx, c)
		if err != nil {
			return store.Failure("the indexes cannot be read: "+err.Error(), "")
		}
		for _, i := range indexes {
			if i.collection == c.Name() && !slices.Contains(there, i.name) {
				missing = append(missing, i.collection+"."+i.name)
			}
		}
	}
	if len(missing) > 0 {
		return store.Failure("indexes are missing: "+strings.Join(missing, ", "),
			"stop the servers, delete the only document of the collection schema, and start one: it makes all indexes anew")
	}
	return store.OK(fmt.Sprintf("all %d indexes are there", len(indexes)))
}

func indexNames(ctx context.Context, c *mongo.Collection) ([]string, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	specs, err := c.Indexes().ListSpecifications(ctx)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(specs))
	for i, spec := range specs {
		names[i] = spec.Name
	}
	return names, nil
}

func (s *Store) inspectCounts(ctx context.Context) store.Finding {
	var counts [3]int64
	for i, of := range []struct {
		collection *mongo.Collection
		filter     bson.M
	}{
		{s.users, bson.M{"deleted_at": bson.M{"$exists": false}}},
		{s.notes, bson.M{"state": bson.M{"$ne": statePurged}}},
		{s.sessions, bson.M{}},
	} {
		var err error
		if counts[i], err = of.collection.CountDocuments(ctx, of.filter); err != nil {
			return store.Failure("what there is cannot be counted: "+err.Error(), "")
		}
	}
	return store.OK(fmt.Sprintf("users %d, notes %d, sessions %d", counts[0], counts[1], counts[2]))
}
