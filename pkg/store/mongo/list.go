package mongo

import (
	"context"
	"maps"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// ListNotes implements [store.Notes].
func (s *Store) ListNotes(ctx context.Context, owner string, q store.ListQuery) ([]store.Note, bool, error) {
	read := s.list
	if q.Search != nil {
		read = s.search
	}
	notes, more, err := read(ctx, owner, q)
	if err != nil {
		return nil, false, wrap("list notes", err)
	}
	return notes, more, nil
}

func (s *Store) list(ctx context.Context, owner string, q store.ListQuery) ([]store.Note, bool, error) {
	p := page{limit: q.Limit, bytes: q.MaxBytes}
	for _, filter := range listFilters(owner, q) {
		if err := s.fill(ctx, &p, filter, listOptions(q)); err != nil {
			return nil, false, err
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
	room := int64(p.limit - len(p.notes))
	if p.full() {
		room = 0
	}
	// A batch beyond the limit makes one reply of it, with no cursor left open.
	_, err := s.eachNote(ctx, filter, opts.SetLimit(room+1).SetBatchSize(int32(room)+2), func(n store.Note) bool {
		p.add(n)
		return !p.more
	})
	return err
}

// eachNote calls f for each note that matches, until it wants no more, and returns
// how many there were.
func (s *Store) eachNote(ctx context.Context, filter bson.M, opts *options.FindOptions, f func(store.Note) (more bool)) (int, error) {
	return each(ctx, s.notes, filter, opts, func(d noteDoc) bool { return f(d.note()) })
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
	sort := bson.D{{Key: "_id", Value: direction}}
	if field, ok := sortFields[q.Sort]; ok {
		sort = append(bson.D{{Key: field, Value: direction}}, sort...)
	}
	projection := wholeNote
	if q.Summary {
		projection = noteSummary
	}
	return options.Find().SetSort(sort).SetProjection(projection)
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
	beyond := "$gt"
	if q.Order == api.OrderDesc {
		beyond = "$lt"
	}
	ties := maps.Clone(filter)
	ties["_id"] = narrowed(filter["_id"], beyond, noteKey(owner, q.After.ID))
	if q.Sort == api.SortID {
		return []bson.M{ties} // there are none, and this is the rest
	}
	field, rest := sortFields[q.Sort], filter
	var value any = q.After.Time.Time
	if q.Sort == api.SortTitle {
		value = q.After.Title
	}
	ties[field] = narrowed(filter[field], "$eq", value)
	rest[field] = narrowed(filter[field], beyond, value)
	return []bson.M{ties, rest}
}

// narrowed returns the bounds with one more.
func narrowed(bounds any, operator string, value any) bson.M {
	b, _ := bounds.(bson.M)
	if b = maps.Clone(b); b == nil {
		b = bson.M{}
	}
	before, ok := b[operator].(time.Time) // it can only be $lt: $gt is none of a filter's own
	if ok && before.Before(value.(time.Time)) {
		return b
	}
	b[operator] = value
	return b
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
	if q.IDPrefix != "" || q.Sort == api.SortID {
		filter["_id"] = keyRange(owner, q.IDPrefix)
	}
	if saved := savedBetween(q.From, q.Before); len(saved) > 0 {
		filter["updated_at"] = saved
	}
	return filter
}

func savedBetween(from, before *api.Time) bson.M {
	saved := bson.M{}
	if from != nil {
		saved["$gte"] = from.Time
	}
	if before != nil {
		saved["$lt"] = before.Time
	}
	return saved
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
