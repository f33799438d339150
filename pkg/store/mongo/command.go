package mongo

import (
	"cmp"
	"context"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
)

// The functions here send one command each, or one cursor's, within the time
// that one may take. Their errors are the driver's.

// within bounds one command. It never outlives the caller's own deadline.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, operationTimeout)
}

func insert(ctx context.Context, c *mongo.Collection, doc any) error {
	ctx, cancel := within(ctx)
	defer cancel()
	_, err := c.InsertOne(ctx, doc)
	return err
}

// insertAll inserts each of these documents, whatever becomes of the others.
func insertAll(ctx context.Context, c *mongo.Collection, docs []any) error {
	ctx, cancel := within(ctx)
	defer cancel()
	_, err := c.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	return err
}

func findOne[T any](ctx context.Context, c *mongo.Collection, filter bson.M, opts ...*options.FindOneOptions) (doc T, err error) {
	ctx, cancel := within(ctx)
	defer cancel()
	err = c.FindOne(ctx, filter, opts...).Decode(&doc)
	return doc, err
}

// find returns all documents that match: only for queries that find few, or have
// a limit.
func find[T any](ctx context.Context, c *mongo.Collection, filter bson.M, opts *options.FindOptions) (docs []T, err error) {
	ctx, cancel := within(ctx)
	defer cancel()
	cursor, err := c.Find(ctx, filter, opts)
	if err != nil {
		return nil, err
	}
	err = cursor.All(ctx, &docs)
	return docs, err
}

// update changes the one document that matches and reports whether there was
// one.
func update(ctx context.Context, c *mongo.Collection, filter, change bson.M) (bool, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	r, err := c.UpdateOne(ctx, filter, change)
	return err == nil && r.MatchedCount == 1, err
}

// updateAll changes all documents that match and returns how many.
func updateAll(ctx context.Context, c *mongo.Collection, filter, change bson.M) (int, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	r, err := c.UpdateMany(ctx, filter, change)
	if err != nil {
		return 0, err
	}
	return int(r.ModifiedCount), nil
}

// updateEach makes each of these updates, of one document each and whatever becomes
// of the others, and returns how many of the documents were found.
func updateEach(ctx context.Context, c *mongo.Collection, updates []mongo.WriteModel) (int, error) {
	if len(updates) == 0 {
		return 0, nil
	}
	ctx, cancel := within(ctx)
	defer cancel()
	r, err := c.BulkWrite(ctx, updates, options.BulkWrite().SetOrdered(false))
	if err != nil {
		return 0, err
	}
	return int(r.MatchedCount), nil
}

// replace puts doc in the place of the one document that matches and reports
// whether there was one.
func replace(ctx context.Context, c *mongo.Collection, filter bson.M, doc any) (bool, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	r, err := c.ReplaceOne(ctx, filter, doc)
	return err == nil && r.MatchedCount == 1, err
}

// remove deletes all documents that match and returns how many.
func remove(ctx context.Context, c *mongo.Collection, filter bson.M) (int, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	r, err := c.DeleteMany(ctx, filter)
	if err != nil {
		return 0, err
	}
	return int(r.DeletedCount), nil
}

// estimate returns about how many documents there are.
func estimate(ctx context.Context, c *mongo.Collection) (int, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	n, err := c.EstimatedDocumentCount(ctx)
	return int(n), err
}

// missed says why a compare-and-set matched nothing, by what the filter without
// the comparison finds: ErrStale or ErrNotFound. A majority may not have what it
// compared with yet; then the document is found as it was, and ErrStale is right
// all the same.
func missed(ctx context.Context, c *mongo.Collection, filter bson.M) error {
	ctx, cancel := within(ctx)
	defer cancel()
	err := c.FindOne(ctx, filter, options.FindOne().SetProjection(keyAlone)).Err()
	if err == nil {
		return api.ErrStale
	}
	return err
}

// keyAlone is the projection that leaves a document its key.
var keyAlone = bson.M{"_id": 1}

// keyDoc is what keyAlone leaves.
type keyDoc struct {
	Key string `bson:"_id"`
}

// each calls f for each document that matches, until it wants no more, and returns
// how many there were. Only the commands that fetch documents are bounded, and f
// may take its time.
func each[T any](ctx context.Context, c *mongo.Collection, filter bson.M, opts *options.FindOptions, f func(T) (more bool)) (n int, err error) {
	first, cancel := within(ctx)
	defer cancel()
	cursor, err := c.Find(first, filter, opts)
	if err != nil {
		return 0, err
	}
	defer func() { _ = cursor.Close(ctx) }()
	for ctx.Err() == nil && next(ctx, cursor) {
		var d T
		if err := cursor.Decode(&d); err != nil {
			return n, err
		}
		if n++; !f(d) {
			return n, nil
		}
	}
	return n, cmp.Or(cursor.Err(), ctx.Err())
}

// next is cursor.Next, within the time of one command where it has to send one.
func next(ctx context.Context, cursor *mongo.Cursor) bool {
	if cursor.RemainingBatchLength() > 0 {
		return cursor.Next(ctx)
	}
	ctx, cancel := within(ctx)
	defer cancel()
	return cursor.Next(ctx)
}

// aggregate returns all that comes out of a pipeline.
func aggregate[T any](ctx context.Context, c *mongo.Collection, pipeline bson.A) (docs []T, err error) {
	ctx, cancel := within(ctx)
	defer cancel()
	cursor, err := c.Aggregate(ctx, pipeline)
	if err != nil {
		return nil, err
	}
	err = cursor.All(ctx, &docs)
	return docs, err
}
