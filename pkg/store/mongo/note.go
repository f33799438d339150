package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
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
	SavedBy    string              `bson:"saved_by,omitempty"`
	SavedSince *primitive.DateTime `bson:"saved_since,omitempty"`
	Tokens     []string            `bson:"tokens"`        // what a search looks for, which no read asks for
	TokenRules int                 `bson:"token_rules"`   // the search.Version they are of
	Seq        any                 `bson:"seq,omitempty"` // its place in the feed: see sequence.go
}

// tombstoneDoc is what a purge leaves of a note.
type tombstoneDoc struct {
	Key      string    `bson:"_id"`
	Owner    string    `bson:"owner"`
	State    string    `bson:"state"` // statePurged
	Revision int64     `bson:"revision"`
	PurgedAt time.Time `bson:"purged_at"`
	Seq      any       `bson:"seq,omitempty"` // as in a noteDoc
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

func noteKeys(owner string, ids []string) []string {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = noteKey(owner, id)
	}
	return keys
}

// noteFilter is the filter of one note that is no tombstone. The owner is in the
// key already; by name it tells a sharded cluster where to look.
func noteFilter(owner, id string) bson.M {
	return bson.M{"_id": noteKey(owner, id), "owner": owner, "state": bson.M{"$ne": statePurged}}
}

// The projections that a note is read with.
var (
	wholeNote   = bson.M{"tokens": 0}
	noteSummary = bson.M{"tokens": 0, "body": 0, "saved_by": 0, "saved_since": 0}
)

// docOf returns the document of a note, or of its tombstone, with its place in the
// feed: a mark, or nil for one that is in none.
func docOf(n store.Note, seq any) any {
	if n.PurgedAt != nil {
		return tombstoneDoc{
			Key:      noteKey(n.Owner, n.ID),
			Owner:    n.Owner,
			State:    statePurged,
			Revision: n.Revision,
			PurgedAt: n.PurgedAt.Time,
			Seq:      seq,
		}
	}
	return noteDoc{
		Key:        noteKey(n.Owner, n.ID),
		Owner:      n.Owner,
		State:      string(stateOf(n)),
		Title:      n.Title,
		TitleKey:   n.TitleKey,
		Excerpt:    n.Excerpt,
		Body:       n.Body,
		Tags:       orEmpty(n.Tags),
		Pinned:     n.Pinned,
		Archived:   n.Archived,
		CreatedAt:  n.CreatedAt.Time,
		UpdatedAt:  n.UpdatedAt.Time,
		TrashedAt:  dateOrNil(n.TrashedAt),
		Revision:   n.Revision,
		Operations: n.Operations,
		SavedBy:    n.SavedBy,
		SavedSince: dateOrNil(n.SavedSince),
		Tokens:     tokensOf(&n.Note),
		TokenRules: search.Version,
		Seq:        seq,
	}
}

// orEmpty keeps a list from being null, which to an index is a value in it.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
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
		SavedBy:    d.SavedBy,
		SavedSince: timeOrNil(d.SavedSince),
	}
	return n
}

// Note implements [store.Notes].
func (s *Store) Note(ctx context.Context, owner, id string) (store.Note, error) {
	d, err := findOne[noteDoc](ctx, s.notes, noteFilter(owner, id), options.FindOne().SetProjection(wholeNote))
	if err != nil {
		return store.Note{}, wrap("note", err)
	}
	return d.note(), nil
}

// NotesByID implements [store.Notes].
func (s *Store) NotesByID(ctx context.Context, owner string, ids []string) ([]store.Note, error) {
	notes := make([]store.Note, 0, len(ids))
	filter := bson.M{"_id": bson.M{"$in": noteKeys(owner, ids)}, "owner": owner, "state": bson.M{"$ne": statePurged}}
	_, err := s.eachNote(ctx, filter, options.Find().SetSort(keyAlone).SetProjection(wholeNote), func(n store.Note) bool {
		notes = append(notes, n)
		return true
	})
	if err != nil {
		return nil, wrap("notes by id", err)
	}
	return notes, nil
}

// Titles implements [store.Notes].
func (s *Store) Titles(ctx context.Context, owner string, ids []string) (map[string]string, error) {
	docs, err := find[noteDoc](ctx, s.notes,
		bson.M{"_id": bson.M{"$in": noteKeys(owner, ids)}, "owner": owner, "state": bson.M{"$ne": statePurged}},
		options.Find().SetProjection(bson.M{"owner": 1, "title": 1}))
	if err != nil {
		return nil, wrap("titles", err)
	}
	titles := make(map[string]string, len(docs))
	for _, d := range docs {
		titles[d.note().ID] = d.Title
	}
	return titles, nil
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
