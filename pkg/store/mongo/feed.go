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

// feedDoc is the feed of one owner: see sequence.go.
type feedDoc struct {
	Owner   string       `bson:"_id"`
	Epoch   string       `bson:"epoch"`
	Seq     int64        `bson:"seq"`               // the last number that was given
	Floor   int64        `bson:"floor"`             // tombstones with numbers up to this one may be forgotten
	Pending []markedNote `bson:"pending,omitempty"` // those to which the last numbers were given, the last one to the last
}

func (d feedDoc) end() store.Position { return store.Position{Epoch: d.Epoch, Seq: d.Seq} }

// ListChanges implements [store.Feed].
func (s *Store) ListChanges(ctx context.Context, owner string, q store.ChangesQuery) (c store.Changes, err error) {
	if q.After == (store.Position{}) {
		c.End, err = s.feedEnd(ctx, owner)
	} else {
		c, err = s.listChanges(ctx, owner, q)
	}
	if err != nil {
		return store.Changes{}, wrap("list changes", err)
	}
	return c, nil
}

// feedEnd returns the end of a feed, which it begins if need be, when all that is
// written has its number.
func (s *Store) feedEnd(ctx context.Context, owner string) (store.Position, error) {
	for {
		feeds, rest, err := s.sequence(ctx, []string{owner})
		switch {
		case err != nil:
			return store.Position{}, err
		case len(feeds) == 0:
			if err := s.beginFeeds(ctx, owner); err != nil {
				return store.Position{}, err
			}
		case len(rest) == 0:
			return feeds[0].end(), nil
		}
	}
}

// listChanges looks at the floor last: a tombstone that was to be found may have
// been forgotten meanwhile.
func (s *Store) listChanges(ctx context.Context, owner string, q store.ChangesQuery) (store.Changes, error) {
	feeds, rest, err := s.sequence(ctx, []string{owner})
	if err != nil {
		return store.Changes{}, err
	}
	if len(feeds) == 0 || !q.After.CanFollow(feeds[0].end(), feeds[0].Floor) {
		return store.Changes{}, api.ErrGone
	}
	end := feeds[0].end()
	if end == q.After {
		return store.Changes{End: end, More: len(rest) > 0}, nil
	}
	notes, seqs, err := s.changesUpTo(ctx, owner, q, end.Seq)
	if err != nil {
		return store.Changes{}, err
	}
	after, err := findOne[feedDoc](ctx, s.feeds, bson.M{"_id": owner}, options.FindOne().SetProjection(bson.M{"pending": 0}))
	if errors.Is(err, mongo.ErrNoDocuments) || err == nil && !q.After.CanFollow(after.end(), after.Floor) {
		err = api.ErrGone
	}
	c := q.Cut(notes, seqs, end)
	c.More = c.More || len(rest) > 0
	return c, err
}

// changesUpTo returns one note more than the limit.
func (s *Store) changesUpTo(ctx context.Context, owner string, q store.ChangesQuery, end int64) (notes []store.Note, seqs []int64, err error) {
	projection := wholeNote
	if q.Summary {
		projection = noteSummary
	}
	size := 0
	// A batch beyond the limit makes one reply of it, with no cursor left open.
	_, err = each(ctx, s.notes, bson.M{"owner": owner, "seq": bson.M{"$gt": q.After.Seq, "$lte": end}},
		options.Find().SetSort(alongFeed).SetProjection(projection).SetLimit(int64(q.Limit)+1).SetBatchSize(oneReply),
		func(d dumpedNote) bool {
			r := d.record()
			if r.Tombstone != nil {
				notes = append(notes, r.Tombstone.Note())
			} else {
				notes = append(notes, *r.Note)
			}
			seq, _ := d.Note.Seq.(int64)
			seqs = append(seqs, seq)
			enough := len(seqs) > 1 && size >= q.MaxBytes
			size += len(d.Note.Title) + len(d.Note.Body)
			return !enough
		})
	return notes, seqs, err
}

// FeedEnds implements [store.Feed]. An owner who has written more than is given
// numbers at once does not keep the others waiting.
func (s *Store) FeedEnds(ctx context.Context, owners []string) (map[string]store.Position, error) {
	ends := make(map[string]store.Position, len(owners))
	for owners = slices.Sorted(slices.Values(owners)); len(owners) > 0; {
		feeds, rest, err := s.sequence(ctx, owners)
		if err != nil {
			return nil, wrap("feed ends", err)
		}
		for _, d := range feeds {
			ends[d.Owner] = d.end()
		}
		owners = rest[min(1, len(rest)):]
	}
	return ends, nil
}

// renewFeeds makes other feeds of all there are: whoever followed one lists his
// notes again. The numbers go on, since there are notes that have them.
func (s *Store) renewFeeds(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, emptyTimeout)
	defer cancel()
	_, err := s.feeds.UpdateMany(ctx, bson.M{}, bson.M{"$set": bson.M{"epoch": api.NewID()}})
	return err
}

// raiseFloors sees to it that nobody who has not seen these tombstones goes on
// without them, and returns the keys of those that may be forgotten then: all of
// them, unless some are looked at behind an election and are older than they were.
func (s *Store) raiseFloors(ctx context.Context, keys []string) ([]string, error) {
	owners := make([]string, len(keys))
	for i, key := range keys {
		owners[i] = ownerOf(key)
	}
	slices.Sort(owners)
	owners = slices.Compact(owners)
	for rest := owners; len(rest) > 0; {
		var err error
		if _, rest, err = s.sequence(ctx, rest); err != nil {
			return nil, err
		}
	}
	tombstones, err := find[noteDoc](ctx, s.notes, bson.M{"_id": bson.M{"$in": keys}, "owner": bson.M{"$in": owners}, "state": statePurged},
		options.Find().SetProjection(bson.M{"seq": 1}))
	if err != nil {
		return nil, err
	}
	safe := make([]string, 0, len(tombstones))
	floors := map[string]int64{}
	for _, d := range tombstones {
		switch seq := d.Seq.(type) {
		case nil: // was loaded, as it is, and is in no feed
			safe = append(safe, d.Key)
		case int64:
			safe = append(safe, d.Key)
			floors[ownerOf(d.Key)] = max(floors[ownerOf(d.Key)], seq)
		}
	}
	var raise []mongo.WriteModel
	for owner, floor := range floors {
		raise = append(raise, mongo.NewUpdateOneModel().SetFilter(bson.M{"_id": owner}).SetUpdate(bson.M{"$max": bson.M{"floor": floor}}))
	}
	_, err = updateEach(ctx, s.feeds, raise)
	return safe, err
}
