package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// operationDoc is one thing that a user did.
type operationDoc struct {
	Key     string    `bson:"_id"` // owner/id
	Owner   string    `bson:"owner"`
	At      time.Time `bson:"at"`
	Action  string    `bson:"action"`
	Session string    `bson:"session"`
	Label   string    `bson:"label"`
}

func operationDocOf(o store.Operation) operationDoc {
	return operationDoc{
		Key: o.Owner + "/" + o.ID, Owner: o.Owner, At: o.At.Time,
		Action: string(o.Action), Session: o.Session, Label: o.Label,
	}
}

func (d operationDoc) operation() store.Operation {
	return store.Operation{
		Owner: d.Owner, ID: d.Key[len(d.Owner)+len("/"):], At: api.TimeOf(d.At),
		Action: api.Action(d.Action), Session: d.Session, Label: d.Label,
	}
}

// stepDoc is what one operation did to one note.
type stepDoc struct {
	Key       string              `bson:"_id"` // see stepKey
	Owner     string              `bson:"owner"`
	Note      string              `bson:"note"` // its id
	Revision  int64               `bson:"revision"`
	Operation string              `bson:"operation,omitempty"`
	Action    string              `bson:"action"`
	At        time.Time           `bson:"at"`
	Pinned    bool                `bson:"pinned"`
	Archived  bool                `bson:"archived"`
	CreatedAt *primitive.DateTime `bson:"created_at,omitempty"`
	UpdatedAt time.Time           `bson:"updated_at"`
	TrashedAt *primitive.DateTime `bson:"trashed_at,omitempty"`
	Kept      bool                `bson:"kept"`
	Text      *textDoc            `bson:"text,omitempty"`
}

type textDoc struct {
	Title string   `bson:"title"`
	Body  string   `bson:"body"`
	Size  int      `bson:"size"` // of the body, for a list without bodies
	Tags  []string `bson:"tags"`
}

// stepKey returns a new key for a step of this note: the steps of a note lie
// together and in the order of the revisions. Two writers of one revision write
// one each, and so does a repeat whose first try ended nobody knows how: the end
// keeps them apart, so that each can take back its own and no other.
func stepKey(owner, id string, revision int64) string {
	return revisionKey(owner, id, revision) + "/" + api.NewID()
}

// revisionKey is what the keys of all steps of one revision begin with.
func revisionKey(owner, id string, revision int64) string {
	return fmt.Sprintf("%s/%019d", noteKey(owner, id), revision)
}

// below matches the keys that are this one, a slash, and more.
func below(key string) bson.M {
	return bson.M{"$gte": key + "/", "$lt": key + "0"} // which comes after the slash
}

func stepDocOf(v store.Step) stepDoc {
	d := stepDoc{
		Key:       stepKey(v.Owner, v.ID, v.Revision),
		Owner:     v.Owner,
		Note:      v.ID,
		Revision:  v.Revision,
		Operation: v.Operation,
		Action:    string(v.Action),
		At:        v.At.Time,
		Pinned:    v.Pinned,
		Archived:  v.Archived,
		CreatedAt: dateOrNil(v.CreatedAt),
		UpdatedAt: v.UpdatedAt.Time,
		TrashedAt: dateOrNil(v.TrashedAt),
		Kept:      v.Kept,
	}
	if t := v.Text; t != nil {
		d.Text = &textDoc{Title: t.Title, Body: t.Body, Size: len(t.Body), Tags: orEmpty(t.Tags)}
	}
	return d
}

func (d *stepDoc) step() store.Step {
	v := store.Step{
		Owner:     d.Owner,
		ID:        d.Note,
		Operation: d.Operation,
		Action:    api.Action(d.Action),
		At:        api.TimeOf(d.At),
		Revision:  d.Revision,
		Pinned:    d.Pinned,
		Archived:  d.Archived,
		CreatedAt: timeOrNil(d.CreatedAt),
		UpdatedAt: api.TimeOf(d.UpdatedAt),
		TrashedAt: timeOrNil(d.TrashedAt),
		Kept:      d.Kept,
	}
	if t := d.Text; t != nil {
		v.Text = &store.Text{Title: t.Title, Body: t.Body, Tags: t.Tags}
	}
	return v
}

// keep writes the operations of these traces, then the steps, and returns the
// keys of the steps. A trace may be nil; then so is its key.
//
// The operations come first, so that no step is without its own. One that is
// there already stays as it is: its first step made it.
func (s *Store) keep(ctx context.Context, traces []*store.Trace) (keys []string, err error) {
	keys = make([]string, len(traces))
	var operations, steps []any
	seen := map[string]bool{}
	for i, t := range traces {
		if t == nil {
			continue
		}
		o, v := operationDocOf(t.Operation), stepDocOf(t.Step)
		if !seen[o.Key] {
			operations, seen[o.Key] = append(operations, o), true
		}
		steps, keys[i] = append(steps, v), v.Key
	}
	if len(steps) == 0 {
		return keys, nil
	}
	if err := insertAll(ctx, s.operations, operations); err != nil && !onlyDuplicates(err) {
		return nil, err
	}
	return keys, insertAll(ctx, s.steps, steps)
}

// takeBack deletes the steps of writes that were not made. If it fails they are
// left: nobody takes them for what was done.
func (s *Store) takeBack(ctx context.Context, owner string, keys ...string) {
	if len(keys) > 0 {
		_, _ = remove(ctx, s.steps, bson.M{"_id": bson.M{"$in": keys}, "owner": owner})
	}
}
