package mongo

import (
	"context"
	"maps"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
)

// batch is how many notes one command of a clean-up touches, or gives their numbers
// in the feed, so that it takes well less time than a command may, with notes of 1 MiB
// too.
const batch = 200

// EmptyTrash implements [store.Notes].
func (s *Store) EmptyTrash(ctx context.Context, owner string, now api.Time) (int, error) {
	n, err := inBatches(ctx, s.notes, bson.M{"owner": owner, "state": api.StateTrashed}, s.purger(now, owner))
	return n, wrap("empty trash", err)
}

// ExpireNotes implements [store.Notes].
func (s *Store) ExpireNotes(ctx context.Context, trashedBefore, now api.Time) (int, error) {
	old := bson.M{"state": api.StateTrashed, "trashed_at": bson.M{"$lt": trashedBefore.Time}}
	n, err := inBatches(ctx, s.notes, old, s.purger(now))
	return n, wrap("expire notes", err)
}

// ExpireTombstones implements [store.Notes]. With a tombstone goes what a purge
// that was cut short, or a writer that was late for it, has left of the history.
// Cut short itself, it has forgotten less than the feeds say.
func (s *Store) ExpireTombstones(ctx context.Context, before api.Time) (int, error) {
	old := bson.M{"state": statePurged, "purged_at": bson.M{"$lt": before.Time}}
	n, err := inBatches(ctx, s.notes, old, func(ctx context.Context, keys []string, these bson.M) (int, error) {
		keys, err := s.raiseFloors(ctx, keys)
		if err == nil {
			err = s.removeStepsOf(ctx, keys)
		}
		if err != nil {
			return 0, err
		}
		these["_id"] = bson.M{"$in": keys}
		return remove(ctx, s.notes, these)
	})
	return n, wrap("expire tombstones", err)
}

// inBatches calls do with the keys of some of the documents that match, and a
// filter for them, again and again until there are none left, and returns the sum
// of its answers.
func inBatches(
	ctx context.Context, c *mongo.Collection, filter bson.M, do func(_ context.Context, keys []string, these bson.M) (int, error),
) (int, error) {
	some := options.Find().SetProjection(keyAlone).SetLimit(batch)
	total := 0
	for {
		docs, err := find[keyDoc](ctx, c, filter, some)
		if err != nil || len(docs) == 0 {
			return total, err
		}
		keys := keysOf(docs)
		// The filter stays: a note may have changed since it was found.
		these := maps.Clone(filter)
		these["_id"] = bson.M{"$in": keys}
		n, err := do(ctx, keys, these)
		total += n
		if err != nil || len(docs) < batch {
			return total, err
		}
	}
}

func keysOf(docs []keyDoc) []string {
	keys := make([]string, len(docs))
	for i, d := range docs {
		keys[i] = d.Key
	}
	return keys
}

// removeAll deletes all documents that match.
func removeAll(ctx context.Context, c *mongo.Collection, filter bson.M) error {
	_, err := inBatches(ctx, c, filter, func(ctx context.Context, _ []string, these bson.M) (int, error) {
		return remove(ctx, c, these)
	})
	return err
}

// removeStepsOf deletes the steps of the notes with these keys, of one owner unless
// it is to clean up.
func (s *Store) removeStepsOf(ctx context.Context, notes []string, owner ...string) error {
	if len(notes) == 0 {
		return nil
	}
	ranges := make([]bson.M, len(notes))
	for i, key := range notes {
		ranges[i] = bson.M{"_id": below(key)}
	}
	filter := bson.M{"$or": ranges}
	for _, o := range owner {
		filter["owner"] = o
	}
	_, err := remove(ctx, s.steps, filter)
	return err
}

// purger makes a tombstoneDoc of every note that matches, and deletes the steps
// of those of which there is one then: a note may have left the trash since it
// was found. UpdateNote does the same to one. Without an owner it is for all.
func (s *Store) purger(now api.Time, owner ...string) func(context.Context, []string, bson.M) (int, error) {
	text := bson.M{
		"title": "", "title_key": "", "excerpt": "", "body": "", "tags": "", "pinned": "", "archived": "",
		"created_at": "", "updated_at": "", "trashed_at": "", "operations": "", "saved_by": "", "saved_since": "",
		"tokens": "", "token_rules": "",
	}
	return func(ctx context.Context, keys []string, these bson.M) (int, error) {
		n, err := updateAll(ctx, s.notes, these, bson.M{
			"$set":   bson.M{"state": statePurged, "purged_at": now.Time, "seq": newMark()},
			"$inc":   bson.M{"revision": int64(1)},
			"$unset": text,
		})
		if err != nil {
			return 0, err
		}
		gone := bson.M{"_id": bson.M{"$in": keys}, "state": statePurged}
		for _, o := range owner {
			gone["owner"] = o
		}
		purged, err := find[keyDoc](ctx, s.notes, gone, options.Find().SetProjection(keyAlone))
		if err != nil {
			return n, err
		}
		return n, s.removeStepsOf(ctx, keysOf(purged), owner...)
	}
}
