package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// index is one index. All fields of a sort have the same direction, so that it
// serves both orders.
type index struct {
	collection string
	name       string
	fields     []string
	unique     bool // also sparse: documents without the field do not count
	late       bool // made when the notes have their tokens, which takes less time than the other way round
}

// indexes are all there are beside _id. Those of notes begin with what a list
// compares for equality and end with what it is ordered by; a list of several
// states, or of pinned notes and others, is merged from as many ranges. A note
// is in "search" once for each of its tokens, under each in the order of a
// search; what is found by the beginning of a token is sorted. In "feed" the marks
// of an owner's notes lie behind the numbers: see sequence.go.
//
// In a sharded cluster shard three collections, notes, steps and operations, each
// by {owner: 1, _id: 1}: what one user has in them then lies together, every
// query on it names the shard, and a user who outgrows a chunk can still be
// split. _id stays unique although each shard looks only at its own, because it
// begins with the owner. User ids are random, so ranges fill evenly without
// hashing. Sessions and feeds, some small documents a user, are asked for by _id:
// shard them by {_id: "hashed"}, which spreads them from the first on. The other
// collections are small and stay on one shard. docs/operating.md has the commands.
//
// No index has a filter, a collation or an expiry: FerretDB, on which the tests
// run, has none of these, and the engine does well without.
var indexes = []index{
	{collection: "users", name: "key", fields: []string{"key"}, unique: true},
	{collection: "users", name: "deleted", fields: []string{"deleted_at"}},
	{collection: "sessions", name: "user", fields: []string{"user_id", "created_at", "_id"}},
	{collection: "sessions", name: "expiry", fields: []string{"expires_at"}},
	{collection: "throttles", name: "expiry", fields: []string{"until"}},
	{collection: "notes", name: "updated", fields: []string{"owner", "state", "pinned", "updated_at", "_id"}},
	{collection: "notes", name: "created", fields: []string{"owner", "state", "pinned", "created_at", "_id"}},
	{collection: "notes", name: "title", fields: []string{"owner", "state", "pinned", "title_key", "_id"}},
	{collection: "notes", name: "tag_updated", fields: []string{"owner", "tags", "state", "pinned", "updated_at", "_id"}},
	{collection: "notes", name: "tag_created", fields: []string{"owner", "tags", "state", "pinned", "created_at", "_id"}},
	{collection: "notes", name: "tag_title", fields: []string{"owner", "tags", "state", "pinned", "title_key", "_id"}},
	{collection: "notes", name: "trash", fields: []string{"state", "trashed_at"}},
	{collection: "notes", name: "tombstones", fields: []string{"state", "purged_at"}},
	{collection: "notes", name: "feed", fields: []string{"owner", "seq"}},
	{collection: "notes", name: "search", fields: []string{"owner", "tokens", "state", "pinned", "updated_at", "_id"}, late: true},
	{collection: "operations", name: "latest", fields: []string{"owner", "at", "_id"}},
	{collection: "steps", name: "operation", fields: []string{"owner", "operation", "note", "revision"}},
}

// createIndexes makes those indexes that are not there yet, either the late ones
// or the others.
func createIndexes(ctx context.Context, db *mongo.Database, late bool) error {
	for _, i := range indexes {
		if i.late != late {
			continue
		}
		if err := i.create(ctx, db); err != nil {
			return wrap("create the index "+i.name, err)
		}
	}
	return nil
}

func (i index) create(ctx context.Context, db *mongo.Database) error {
	ctx, cancel := context.WithTimeout(ctx, indexTimeout)
	defer cancel()
	keys := make(bson.D, len(i.fields))
	for n, field := range i.fields {
		keys[n] = bson.E{Key: field, Value: 1}
	}
	opts := options.Index().SetName(i.name)
	if i.unique {
		opts.SetUnique(true).SetSparse(true)
	}
	_, err := db.Collection(i.collection).Indexes().CreateOne(ctx, mongo.IndexModel{Keys: keys, Options: opts})
	return err
}
