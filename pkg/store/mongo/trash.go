package mongo

import (
	"context"
	"maps"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
)

// batch is how many notes one command of a clean-up touches, so that it takes
// well less time than a command may, with notes of 1 MiB too.
const batch = 200

// EmptyTrash implements [store.Notes].
func (s *Store) EmptyTrash(ctx context.Context, owner string, now api.Time) (int, error) {
	n, err := s.inBatches(ctx, bson.M{"owner": owner, "state": api.StateTrashed}, s.purger(now))
	return n, wrap("empty trash", err)
}

// ExpireNotes implements [store.Notes].
func (s *Store) ExpireNotes(ctx context.Context, trashedBefore, now api.Time) (int, error) {
	old := bson.M{"state": api.StateTrashed, "trashed_at": bson.M{"$lt": trashedBefore.Time}}
	n, err := s.inBatches(ctx, old, s.purger(now))
	return n, wrap("expire notes", err)
}

// ExpireTombstones implements [store.Notes].
func (s *Store) ExpireTombstones(ctx context.Context, before api.Time) (int, error) {
	old := bson.M{"state": statePurged, "purged_at": bson.M{"$lt": before.Time}}
	n, err := s.inBatches(ctx, old, s.removeNotes)
	return n, wrap("expire tombstones", err)
}

// inBatches calls do with a filter for some of the notes that match, again and
// again until there are none left, and returns the sum of its answers.
func (s *Store) inBatches(ctx context.Context, filter bson.M, do func(context.Context, bson.M) (int, error)) (int, error) {
	some := options.Find().SetProjection(keyAlone).SetLimit(batch)
	total := 0
	for {
		docs, err := find[keyDoc](ctx, s.notes, filter, some)
		if err != nil || len(docs) == 0 {
			return total, err
		}
		keys := make([]string, len(docs))
		for i, d := range docs {
			keys[i] = d.Key
		}
		// The filter stays: a note may have changed since it was found.
		these := maps.Clone(filter)
		these["_id"] = bson.M{"$in": keys}
		n, err := do(ctx, these)
		total += n
		if err != nil || len(docs) < batch {
			return total, err
		}
	}
}

func (s *Store) removeNotes(ctx context.Context, filter bson.M) (int, error) {
	return remove(ctx, s.notes, filter)
}

// purger makes a tombstoneDoc of every note that matches. UpdateNote does the
// same to one.
func (s *Store) purger(now api.Time) func(context.Context, bson.M) (int, error) {
	change := bson.M{
		"$set": bson.M{"state": statePurged, "purged_at": now.Time},
		"$inc": bson.M{"revision": int64(1)},
		"$unset": bson.M{
			"title": "", "title_key": "", "excerpt": "", "body": "", "tags": "", "pinned": "", "archived": "",
			"created_at": "", "updated_at": "", "trashed_at": "", "operations": "",
		},
	}
	return func(ctx context.Context, filter bson.M) (int, error) {
		ctx, cancel := within(ctx)
		defer cancel()
		r, err := s.notes.UpdateMany(ctx, filter, change)
		if err != nil {
			return 0, err
		}
		return int(r.ModifiedCount), nil
	}
}
