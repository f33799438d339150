package mongo

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// past is what a note knows of its history. The revision that it has bounds that
// from above: a step that replaced this one, or one to come, is of a write that
// was not made.
type past struct {
	Revision   int64    `bson:"revision"`
	Operations []string `bson:"operations"`
}

// past reads it. Without a note there is no history, whatever a purge has left.
func (s *Store) past(ctx context.Context, owner, id string) (past, error) {
	return findOne[past](ctx, s.notes, noteFilter(owner, id), options.FindOne().SetProjection(bson.M{"revision": 1, "operations": 1}))
}

// replacer returns the operation that replaced a revision, since each write adds
// its own to those that the note remembers: of the steps of one revision that of
// this operation is the one that was done. Empty is one that the note remembers no
// more; then it is none of the last ones of its user either.
func (p past) replacer(revision int64) string {
	if i := len(p.Operations) - int(p.Revision-revision); i >= 0 && i < len(p.Operations) {
		return p.Operations[i]
	}
	return ""
}

// nameLast leaves the steps of a note the names of those operations that were done
// and are among the last ones.
func (s *Store) nameLast(ctx context.Context, owner string, p past, steps []store.Step) error {
	done := func(v store.Step) bool { return v.Operation != "" && v.Operation == p.replacer(v.Revision) }
	listed := map[string]bool{}
	if slices.ContainsFunc(steps, done) {
		last, err := s.lastOperations(ctx, owner)
		if err != nil {
			return err
		}
		for _, d := range last {
			listed[d.operation().ID] = true
		}
	}
	for i, v := range steps {
		if !done(v) || !listed[v.Operation] {
			steps[i].Operation = ""
		}
	}
	return nil
}

// ListRevisions implements [store.History].
func (s *Store) ListRevisions(ctx context.Context, owner, id string) ([]store.Step, error) {
	p, err := s.past(ctx, owner, id)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap("list revisions", err)
	}
	var list []store.Step
	replaced := bson.M{"$gte": noteKey(owner, id) + "/", "$lt": revisionKey(owner, id, p.Revision)}
	_, err = each(ctx, s.steps, bson.M{"_id": replaced, "owner": owner, "kept": true},
		options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetProjection(bson.M{"text.body": 0}).SetBatchSize(store.MaxRevisions+2),
		func(d stepDoc) bool {
			v := d.step()
			v.Size = d.Text.Size
			switch n := len(list); {
			case n > 0 && list[n-1].Revision == v.Revision: // two writers replaced it
				if v.Operation == p.replacer(v.Revision) {
					list[n-1] = v
				}
			case n == store.MaxRevisions:
				return false
			default:
				list = append(list, v)
			}
			return true
		})
	if err == nil {
		err = s.nameLast(ctx, owner, p, list)
	}
	if err != nil {
		return nil, wrap("list revisions", err)
	}
	return list, nil
}

// Revision implements [store.History].
func (s *Store) Revision(ctx context.Context, owner, id string, revision int64) (store.Step, error) {
	v, err := s.revision(ctx, owner, id, revision)
	return v, wrap("revision", err)
}

func (s *Store) revision(ctx context.Context, owner, id string, revision int64) (store.Step, error) {
	p, err := s.past(ctx, owner, id)
	if err == nil && revision >= p.Revision {
		err = api.ErrNotFound
	}
	if err != nil {
		return store.Step{}, err
	}
	var found []store.Step // one, but for what failed writers left
	replacer := p.replacer(revision)
	// A batch beyond the one there is makes one reply of it, with no cursor left open.
	n, err := each(ctx, s.steps, bson.M{"_id": below(revisionKey(owner, id, revision)), "owner": owner, "kept": true},
		options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetBatchSize(2),
		func(d stepDoc) bool {
			if len(found) == 0 || d.Operation == replacer {
				found = []store.Step{d.step()}
			}
			return d.Operation != replacer
		})
	if err == nil && n == 0 {
		err = api.ErrNotFound
	}
	if err != nil {
		return store.Step{}, err
	}
	return found[0], s.nameLast(ctx, owner, p, found)
}

// latestFirst is the order of operations.
func latestFirst() *options.FindOptions {
	return options.Find().SetSort(bson.D{{Key: "at", Value: -1}, {Key: "_id", Value: -1}})
}

func (s *Store) lastOperations(ctx context.Context, owner string) ([]operationDoc, error) {
	return find[operationDoc](ctx, s.operations, bson.M{"owner": owner}, latestFirst().SetLimit(store.LastOperations))
}

// ListOperations implements [store.History].
func (s *Store) ListOperations(ctx context.Context, owner string) ([]store.Operation, error) {
	docs, err := s.lastOperations(ctx, owner)
	if err != nil {
		return nil, wrap("list operations", err)
	}
	var list []store.Operation
	for _, d := range docs {
		o, err := s.counted(ctx, d.operation())
		if err != nil {
			return nil, wrap("list operations", err)
		}
		if o.Notes > 0 {
			list = append(list, o)
		}
	}
	return list, nil
}

// Operation implements [store.History].
func (s *Store) Operation(ctx context.Context, owner, id string) (store.Operation, error) {
	docs, err := s.lastOperations(ctx, owner)
	if err != nil {
		return store.Operation{}, wrap("operation", err)
	}
	for _, d := range docs {
		if o := d.operation(); o.ID == id {
			if o, err = s.counted(ctx, o); err == nil && o.Notes == 0 {
				err = api.ErrNotFound
			}
			return o, wrap("operation", err)
		}
	}
	return store.Operation{}, wrap("operation", api.ErrNotFound)
}

// counted fills in of which notes an operation has steps. Most have one step; the
// others are counted along the index.
func (s *Store) counted(ctx context.Context, o store.Operation) (store.Operation, error) {
	these := bson.M{"owner": o.Owner, "operation": o.ID}
	firstTwo, err := find[stepDoc](ctx, s.steps, these,
		options.Find().SetSort(alongNotes).SetLimit(2).SetProjection(bson.M{"_id": 0, "note": 1}))
	if err != nil || len(firstTwo) == 0 {
		return o, err
	}
	o.Note, o.Notes = firstTwo[0].Note, len(firstTwo)
	if o.Notes < 2 {
		return o, nil
	}
	counts, err := aggregate[struct{ N int }](ctx, s.steps, bson.A{
		bson.M{"$match": these}, bson.M{"$group": bson.M{"_id": "$note"}}, bson.M{"$count": "n"},
	})
	if err == nil && len(counts) > 0 { // else they were purged meanwhile
		o.Notes = counts[0].N
	}
	return o, err
}

// alongNotes is the order of the steps of an operation.
var alongNotes = bson.D{{Key: "note", Value: 1}, {Key: "revision", Value: 1}}

// ListSteps implements [store.History].
func (s *Store) ListSteps(ctx context.Context, owner, operation, after string, limit int) ([]store.Step, error) {
	var list []store.Step
	_, err := each(ctx, s.steps, bson.M{"owner": owner, "operation": operation, "note": bson.M{"$gt": after}},
		options.Find().SetSort(alongNotes).SetBatchSize(batch),
		func(d stepDoc) bool {
			switch n := len(list); {
			case n > 0 && list[n-1].ID == d.Note:
				list[n-1] = d.step() // its revision is no lower
			case n == limit:
				return false
			default:
				list = append(list, d.step())
			}
			return true
		})
	if err != nil {
		return nil, wrap("list steps", err)
	}
	return list, nil
}
