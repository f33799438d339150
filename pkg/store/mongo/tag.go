package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/notesd/notesd/pkg/api"
)

// ListTags implements [store.Notes].
func (s *Store) ListTags(ctx context.Context, owner string) ([]api.TagCount, error) {
	type count struct {
		Tag string `bson:"_id"`
		N   int    `bson:"n"`
	}
	counts, err := aggregate[count](ctx, s.notes, bson.A{
		bson.M{"$match": bson.M{"owner": owner, "state": bson.M{"$in": []api.State{api.StateActive, api.StateArchived}}}},
		bson.M{"$unwind": "$tags"},
		bson.M{"$group": bson.M{"_id": "$tags", "n": bson.M{"$sum": 1}}},
		bson.M{"$sort": keyAlone},
	})
	if err != nil {
		return nil, wrap("list tags", err)
	}
	list := make([]api.TagCount, len(counts))
	for i, c := range counts {
		list[i] = api.TagCount{Tag: c.Tag, Count: c.N}
	}
	return list, nil
}
