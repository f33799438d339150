package mongo

import (
	"context"
	"maps"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// ListNotes implements [store.Notes].
func (s *Store) ListNotes(ctx context.Context, owner string, q store.ListQuery) ([]store.Note, bool, error) {
	p := page{limit: q.Limit, bytes: q.MaxBytes}
	for _, filter := range listFilters(owner, q) {
		if err := s.fill(ctx, &p, filter, listOptions(q)); err != nil {
			return nil, false, wrap("list notes", err)
		}
		if p.more {
			break
		}
	}
	return p.notes, p.more, nil
}

// page is a page that is being read. It is full at limit notes, or when bytes of
// text have come.
type page struct {
	limit, bytes int
	notes        []store.Note
	more         bool // something did not fit
}

func (p *page) full() bool {
	return len(p.notes) >= p.limit || p.bytes <= 0 && len(p.notes) > 0
}

func (p *page) add(n store.Note) {
	if p.full() {
		p.more = true
		return
	}
	p.notes = append(p.notes, n)
	p.bytes -= len(n.Title) + len(n.Body)
}

// fill adds what matches until something does not fit: one note is asked for
// beyond those there is room for.
func (s *Store) fill(ctx context.Context, p *page, filter bson.M, opts *options.FindOptions) error {
	ctx, cancel := within(ctx)
	defer cancel()
	room := int64(p.limit - len(p.notes))
	if p.full() {
		room = 0
	}
	// A batch beyond the limit makes one reply of it, with no cursor left open.
	cursor, err := s.notes.Find(ctx, filter, opts.SetLimit(room+1).SetBatchSize(int32(room)+2))
	if err != nil {
		return err
	}
	defer func() { _ = cursor.Close(ctx) }()
	for !p.more && cursor.Next(ctx) {
		var d noteDoc
		if err := cursor.Decode(&d); err != nil {
			return err
		}
		p.add(d.note())
	}
	return cursor.Err()
}

// sortFields are the fields that lists are ordered by, with _id behind for ties.
var sortFields = map[api.Sort]string{
	api.SortUpdated: "updated_at",
	api.SortCreated: "created_at",
	api.SortTitle:   "title_key",
}

func listOptions(q store.ListQuery) *options.FindOptions {
	direction := 1
	if q.Order == api.OrderDesc {
		direction = -1
	}
	opts := options.Find().SetSort(bson.D{
		{Key: sortFields[q.Sort], Value: direction},
		{Key: "_id", Value: direction},
	})
	if q.Summary {
		opts.SetProjection(bson.M{"body": 0})
	}
	return opts
}

// listFilters returns the filters whose results, one after the other, are the
// list: one on the first page, and behind a place two, the rest of the notes
// that tie with it and those beyond. Each is one range of an index. Both in one
// $or would save a round trip, but leave it to the planner whether it merges the
// ranges or reads and sorts everything that is left.
func listFilters(owner string, q store.ListQuery) []bson.M {
	filter := listFilter(owner, q)
	if q.After == nil {
		return []bson.M{filter}
	}
	var value any = q.After.Time.Time
	if q.Sort == api.SortTitle {
		value = q.After.Title
	}
	beyond := "$gt"
	if q.Order == api.OrderDesc {
		beyond = "$lt"
	}
	ids := bson.M{beyond: noteKey(owner, q.After.ID)}
	if q.IDPrefix != "" {
		maps.Copy(ids, keyRange(owner, q.IDPrefix))
	}
	field := sortFields[q.Sort]
	ties, rest := filter, maps.Clone(filter)
	ties[field], ties["_id"] = value, ids
	rest[field] = bson.M{beyond: value}
	return []bson.M{ties, rest}
}

// listFilter is the filter of all pages. It always names states and pins, so
// that what the indexes are ordered by comes right behind what is compared.
func listFilter(owner string, q store.ListQuery) bson.M {
	states := []api.State{q.State}
	if q.State == api.StateAll {
		states = []api.State{api.StateActive, api.StateArchived, api.StateTrashed}
	}
	pins := []bool{false, true}
	if q.Pinned != nil {
		pins = []bool{*q.Pinned}
	}
	filter := bson.M{"owner": owner, "state": bson.M{"$in": states}, "pinned": bson.M{"$in": pins}}
	if len(q.Tags) > 0 {
		filter["tags"] = bson.M{"$all": q.Tags}
	}
	if q.IDPrefix != "" {
		filter["_id"] = keyRange(owner, q.IDPrefix)
	}
	return filter
}

// keyRange matches the keys of the ids that begin so. Ids are letters and
// digits, which are all below DEL.
func keyRange(owner, prefix string) bson.M {
	key := noteKey(owner, prefix)
	return bson.M{"$gte": key, "$lte": key + "\x7f"}
}

// NoteIDs implements [store.Notes].
func (s *Store) NoteIDs(ctx context.Context, owner string, prefixes []string, limit int) ([]string, error) {
	if len(prefixes) == 0 {
		return nil, nil
	}
	ranges := make([]bson.M, len(prefixes))
	for i, prefix := range prefixes {
		ranges[i] = bson.M{"_id": keyRange(owner, prefix)}
	}
	docs, err := find[keyDoc](ctx, s.notes,
		bson.M{"owner": owner, "state": bson.M{"$ne": statePurged}, "$or": ranges},
		options.Find().SetProjection(keyAlone).SetSort(keyAlone).SetLimit(int64(limit)))
	if err != nil {
		return nil, wrap("note ids", err)
	}
	ids := make([]string, len(docs))
	for i, d := range docs {
		ids[i] = d.Key[len(noteKey(owner, "")):]
	}
	return ids, nil
}
