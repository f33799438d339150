package mongo

import (
	"context"
	"iter"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/store"
)

var _ store.Dumper = (*Store)(nil)

// Dump implements [store.Dumper]. It walks each collection along _id, in which
// no write moves a document, and remembers the ids of the users it gave.
func (s *Store) Dump(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		if more, err := s.dump(ctx, func(r store.Record) bool { return yield(r, nil) }); more && err != nil {
			yield(store.Record{}, wrap("dump", err))
		}
	}
}

// dumpedNote is a noteDoc or a tombstoneDoc.
type dumpedNote struct {
	Note     noteDoc             `bson:",inline"`
	PurgedAt *primitive.DateTime `bson:"purged_at"`
}

func (d *dumpedNote) record() store.Record {
	n := d.Note.note()
	if at := timeOrNil(d.PurgedAt); at != nil {
		return store.Record{Tombstone: &store.Tombstone{Owner: n.Owner, ID: n.ID, Revision: n.Revision, PurgedAt: *at}}
	}
	return store.Record{Note: &n}
}

// dump reports whether yield wants more.
func (s *Store) dump(ctx context.Context, yield func(store.Record) bool) (more bool, err error) {
	more, err = walk(ctx, s.settings, nil, func(d settingDoc) bool {
		return yield(store.Record{Setting: &store.Setting{Name: d.Name, Value: d.Value}})
	})
	if !more || err != nil {
		return more, err
	}
	given := map[string]bool{}
	more, err = walk(ctx, s.users, bson.M{"deleted_at": bson.M{"$exists": false}}, func(d userDoc) bool {
		given[d.ID] = true
		u := d.user()
		return yield(store.Record{User: &u})
	})
	if !more || err != nil {
		return more, err
	}
	more, err = walk(ctx, s.sessions, nil, func(d sessionDoc) bool {
		v := d.session()
		return !given[v.UserID] || yield(store.Record{Session: &v})
	})
	if !more || err != nil {
		return more, err
	}
	return walk(ctx, s.notes, nil, func(d dumpedNote) bool {
		return !given[d.Note.Owner] || yield(d.record())
	})
}

// walk calls f for each document that matches, by _id, until f wants no more.
// Only the commands that fetch documents are bounded: f may take its time.
func walk[T any](ctx context.Context, c *mongo.Collection, filter bson.M, f func(T) (more bool)) (more bool, err error) {
	if filter == nil {
		filter = bson.M{}
	}
	first, cancel := within(ctx)
	defer cancel()
	cursor, err := c.Find(first, filter, options.Find().SetSort(keyAlone))
	if err != nil {
		return true, err
	}
	defer func() { _ = cursor.Close(ctx) }()
	for next(ctx, cursor) {
		var d T
		if err := cursor.Decode(&d); err != nil {
			return true, err
		}
		if !f(d) {
			return false, nil
		}
	}
	return true, cursor.Err()
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
