package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// schemaVersion is raised by every change that an older notesd could not work
// with.
const schemaVersion = 1

// index is one index. All fields of a sort have the same direction, so that it
// serves both orders.
type index struct {
	collection string
	name       string
	fields     []string
	unique     bool // also sparse: documents without the field do not count
}

// indexes are all there are beside _id. Those of notes begin with what a list
// compares for equality and end with what it is ordered by; a list of several
// states, or of pinned notes and others, is merged from as many ranges.
//
// In a sharded cluster shard one collection, notes, by {owner: 1, _id: 1}: the
// notes of one user then lie together, every query on them names the shard, and
// a user who outgrows a chunk can still be split. _id stays unique although each
// shard looks only at its own, because it begins with the owner. User ids are
// random, so ranges fill evenly without hashing. The other collections are small
// and stay on one shard.
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
}

type schemaDoc struct {
	ID      string `bson:"_id"`
	Version int    `bson:"version"`
}

const schemaID = "schema"

// prepare creates the indexes of a database that has no schema yet, then the
// version, which says that they are all there. Each step may be done twice, so
// servers that start together, or one after another that died here, do no harm.
func (s *Store) prepare(ctx context.Context, db *mongo.Database) error {
	for {
		version, err := s.version(ctx)
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return errors.Join(wrap("read the schema", err), checkVersion(version))
		}
		for _, i := range indexes {
			if err := i.create(ctx, db); err != nil {
				return wrap("create the index "+i.name, err)
			}
		}
		err = insert(ctx, s.schema, schemaDoc{ID: schemaID, Version: schemaVersion})
		if !hasCode(err, codeDuplicateKey) {
			return wrap("write the schema", err)
		}
		// Another server was faster, perhaps a newer one: see what it wrote.
	}
}

func checkVersion(version int) error {
	switch {
	case version == schemaLoading:
		return errors.New("mongo: a restore into this database is under way, or did not finish: " +
			"if none is, drop the database or use another one")
	case version > schemaVersion:
		return fmt.Errorf("mongo: the database has schema %d and this notesd knows %d: "+
			"a newer notesd was here, use that one or another database", version, schemaVersion)
	}
	return nil
}

func (i index) create(ctx context.Context, db *mongo.Database) error {
	ctx, cancel := within(ctx)
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

func (s *Store) version(ctx context.Context) (int, error) {
	doc, err := findOne[schemaDoc](ctx, s.schema, bson.M{"_id": schemaID})
	return doc.Version, err
}
