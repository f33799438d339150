package mongo

import (
	"context"
	"hash/crc32"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/store"
)

// How much goes with one write at most: more than comes until the next one that
// takes some along.
const (
	forgetSteps      = 500
	forgetOperations = 100
)

// forget takes along what these writes, which are made, have made too old. Cut
// short anywhere, it is done by another write: what is not forgotten yet is not
// given any more either. Two servers may do it at once.
func (s *Store) forget(ctx context.Context, traces []*store.Trace) error {
	owners := map[string]bool{}
	for _, t := range traces {
		if t == nil {
			continue
		}
		if err := s.trimRevisions(ctx, t.Step); err != nil {
			return err
		}
		if len(traces) > 1 || dueToForget(t.Operation.ID) {
			owners[t.Operation.Owner] = true
		}
	}
	for owner := range owners {
		if err := s.forgetOperations(ctx, owner); err != nil {
			return err
		}
	}
	return nil
}

// dueToForget says whether what is too old is to go with a write of this
// operation: one in sixteen takes the leavings of the others along, for less than
// if each did it. Many writes at once always do.
func dueToForget(operation string) bool {
	return crc32.ChecksumIEEE([]byte(operation))%16 == 0
}

// forgotten is what forget looks at of a step.
type forgotten struct {
	Key       string `bson:"_id"`
	Operation string `bson:"operation"`
	Kept      bool   `bson:"kept"`
}

var forgottenAlone = bson.M{"_id": 1, "operation": 1, "kept": 1}

// trimRevisions takes out of the history of a note what is beyond the last ones.
// Undo may still need it.
func (s *Store) trimRevisions(ctx context.Context, last store.Step) error {
	if !last.Kept || last.Revision <= store.MaxRevisions {
		return nil // there cannot be more
	}
	old, err := find[forgotten](ctx, s.steps,
		bson.M{"_id": below(noteKey(last.Owner, last.ID)), "owner": last.Owner, "kept": true},
		options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetSkip(store.MaxRevisions).SetLimit(forgetSteps).SetProjection(forgottenAlone))
	if err != nil {
		return err
	}
	return s.forgetAll(ctx, last.Owner, old, bson.M{"$set": bson.M{"kept": false}}, func(v forgotten) bool { return v.Operation == "" })
}

// forgetOperations forgets, or begins to, the operations of a user that can no
// longer be undone. An operation goes after its steps.
func (s *Store) forgetOperations(ctx context.Context, owner string) error {
	operations, err := find[keyDoc](ctx, s.operations, bson.M{"owner": owner},
		latestFirst().SetSkip(store.LastOperations+1).SetLimit(forgetOperations).SetProjection(keyAlone))
	if err != nil || len(operations) == 0 {
		return err
	}
	keys := keysOf(operations)
	ids := make([]string, len(keys))
	for i, key := range keys {
		ids[i] = key[len(owner)+len("/"):]
	}
	old, err := find[forgotten](ctx, s.steps,
		bson.M{"owner": owner, "operation": bson.M{"$in": ids}},
		options.Find().SetLimit(forgetSteps).SetProjection(forgottenAlone))
	if err != nil {
		return err
	}
	err = s.forgetAll(ctx, owner, old, bson.M{"$unset": bson.M{"operation": ""}}, func(v forgotten) bool { return !v.Kept })
	if err != nil || len(old) == forgetSteps {
		return err
	}
	_, err = remove(ctx, s.operations, bson.M{"_id": bson.M{"$in": keys}, "owner": owner})
	return err
}

// forgetAll deletes the steps that nothing needs any more and changes the others.
// A step that two servers change at once, one in each way, is needed by nothing
// and is there until its note is purged.
func (s *Store) forgetAll(ctx context.Context, owner string, steps []forgotten, change bson.M, useless func(forgotten) bool) error {
	var gone, others []string
	for _, v := range steps {
		if useless(v) {
			gone = append(gone, v.Key)
		} else {
			others = append(others, v.Key)
		}
	}
	if len(gone) > 0 {
		if _, err := remove(ctx, s.steps, bson.M{"_id": bson.M{"$in": gone}, "owner": owner}); err != nil {
			return err
		}
	}
	if len(others) == 0 {
		return nil
	}
	_, err := updateAll(ctx, s.steps, bson.M{"_id": bson.M{"$in": others}, "owner": owner}, change)
	return err
}
