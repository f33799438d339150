package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// noteDoc is a note that can be read.
type noteDoc struct {
	Key        string              `bson:"_id"` // owner/id
	Owner      string              `bson:"owner"`
	State      string              `bson:"state"` // what the other fields come to: see stateOf
	Title      string              `bson:"title"`
	TitleKey   string              `bson:"title_key"`
	Excerpt    string              `bson:"excerpt"`
	Body       string              `bson:"body"`
	Tags       []string            `bson:"tags"`
	Pinned     bool                `bson:"pinned"`
	Archived   bool                `bson:"archived"`
	CreatedAt  time.Time           `bson:"created_at"`
	UpdatedAt  time.Time           `bson:"updated_at"`
	TrashedAt  *primitive.DateTime `bson:"trashed_at,omitempty"`
	Revision   int64               `bson:"revision"`
	Operations []string            `bson:"operations,omitempty"`
}

// tombstoneDoc is what a purge leaves of a note.
type tombstoneDoc struct {
	Key      string    `bson:"_id"`
	Owner    string    `bson:"owner"`
	State    string    `bson:"state"` // statePurged
	Revision int64     `bson:"revision"`
	PurgedAt time.Time `bson:"purged_at"`
}

// statePurged is the state of tombstones, which api does not know.
const statePurged = "purged"

func stateOf(n store.Note) api.State {
	switch {
	case n.TrashedAt != nil:
		return api.StateTrashed
	case n.Archived:
		return api.StateArchived
	}
	return api.StateActive
}

func noteKey(owner, id string) string { return owner + "/" + id }

// noteFilter is the filter of one note that is no tombstone. The owner is in the
// key already; by name it tells a sharded cluster where to look.
func noteFilter(owner, id string) bson.M {
	return bson.M{"_id": noteKey(owner, id), "owner": owner, "state": bson.M{"$ne": statePurged}}
}

// docOf returns the document of a note, or of its tombstone.
func docOf(n store.Note) any {
	if n.PurgedAt != nil {
		return tombstoneDoc{
			Key:      noteKey(n.Owner, n.ID),
			Owner:    n.Owner,
			State:    statePurged,
			Revision: n.Revision,
			PurgedAt: n.PurgedAt.Time,
		}
	}
	d := noteDoc{
		Key:        noteKey(n.Owner, n.ID),
		Owner:      n.Owner,
		State:      string(stateOf(n)),
		Title:      n.Title,
		TitleKey:   n.TitleKey,
		Excerpt:    n.Excerpt,
		Body:       n.Body,
		Tags:       n.Tags,
		Pinned:     n.Pinned,
		Archived:   n.Archived,
		CreatedAt:  n.CreatedAt.Time,
		UpdatedAt:  n.UpdatedAt.Time,
		TrashedAt:  dateOrNil(n.TrashedAt),
		Revision:   n.Revision,
		Operations: n.Operations,
	}
	if d.Tags == nil {
		d.Tags = []string{} // else it would be null, which is a tag to an index
	}
	return d
}

// dateOrNil returns a date, because a *time.Time with the zero time would count
// as empty.
func dateOrNil(t *api.Time) *primitive.DateTime {
	if t == nil {
		return nil
	}
	d := primitive.NewDateTimeFromTime(t.Time)
	return &d
}

func timeOrNil(d *primitive.DateTime) *api.Time {
	if d == nil {
		return nil
	}
	t := api.TimeOf(d.Time())
	return &t
}

func (d *noteDoc) note() store.Note {
	n := store.Note{
		Note: api.Note{
			NoteMeta: api.NoteMeta{
				ID:        d.Key[len(d.Owner)+len("/"):],
				Title:     d.Title,
				Tags:      d.Tags,
				Pinned:    d.Pinned,
				Archived:  d.Archived,
				CreatedAt: api.TimeOf(d.CreatedAt),
				UpdatedAt: api.TimeOf(d.UpdatedAt),
				TrashedAt: timeOrNil(d.TrashedAt),
				Revision:  d.Revision,
			},
			Body: d.Body,
		},
		Owner:      d.Owner,
		Excerpt:    d.Excerpt,
		TitleKey:   d.TitleKey,
		Operations: d.Operations,
	}
	return n
}

// CreateNote implements [store.Notes].
func (s *Store) CreateNote(ctx context.Context, n store.Note, _ *store.Trace) error {
	err := insert(ctx, s.notes, docOf(n))
	if hasCode(err, codeDuplicateKey) {
		err = s.taken(ctx, n)
	}
	return wrap("create note", err)
}

// taken says what is in the way of a note. What no majority has yet, or nobody
// any more, counts as a note: a repeat will tell.
func (s *Store) taken(ctx context.Context, n store.Note) error {
	tombstones, err := find[keyDoc](ctx, s.notes,
		bson.M{"_id": noteKey(n.Owner, n.ID), "owner": n.Owner, "state": statePurged},
		options.Find().SetProjection(keyAlone))
	switch {
	case err != nil:
		return err
	case len(tombstones) > 0:
		return api.ErrGone
	}
	return api.ErrConflict
}

// Note implements [store.Notes].
func (s *Store) Note(ctx context.Context, owner, id string) (store.Note, error) {
	d, err := findOne[noteDoc](ctx, s.notes, noteFilter(owner, id))
	if err != nil {
		return store.Note{}, wrap("note", err)
	}
	return d.note(), nil
}

// CountNotes implements [store.Notes].
func (s *Store) CountNotes(ctx context.Context, owner string) (int, error) {
	ctx, cancel := within(ctx)
	defer cancel()
	n, err := s.notes.CountDocuments(ctx, bson.M{
		"owner": owner,
		"state": bson.M{"$in": []api.State{api.StateActive, api.StateArchived, api.StateTrashed}},
	})
	return int(n), wrap("count notes", err)
}

// UpdateNote implements [store.Notes]. The compare-and-set is one update command
// with the revision in its filter. findAndModify would do the same and cost
// more: the old note comes back, up to 1 MiB (FerretDB has no projection for
// it), and a replica set keeps an image of it so that a retry can be answered.
func (s *Store) UpdateNote(ctx context.Context, n store.Note, revision int64, _ *store.Trace) error {
	filter := noteFilter(n.Owner, n.ID)
	filter["revision"] = revision
	found, err := replace(ctx, s.notes, filter, docOf(n))
	if err == nil && !found {
		err = missed(ctx, s.notes, noteFilter(n.Owner, n.ID))
	}
	return wrap("update note", err)
}
