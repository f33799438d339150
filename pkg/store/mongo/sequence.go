package mongo

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
)

// How the writes of an owner's notes come into one order, with any number of
// servers, without a transaction and without a command more for the writer.
//
// The field seq of a note says where it is in its owner's feed:
//
//   - a mark, which is an ObjectID: it was written and has no number yet. The
//     command that writes a note sets it, each time a new one;
//   - a number: that of its last write;
//   - nothing: it is in no feed. It was loaded, or last written by a notesd that
//     knew of none.
//
// Whoever reads a feed gives out numbers first, in three steps:
//
//  1. The feed {seq: s} becomes {seq: s+k, pending: k notes with the marks that
//     they were seen with}, by compare-and-set over s.
//  2. Each of these notes gets its number where it has that mark still.
//  3. The feed loses pending, by compare-and-set over s+k.
//
// Whoever finds a pending does 2 and 3 himself before anything else. He reads up to
// the seq of a feed in which there is none, and for what he has not read goes on
// from there.
//
// Nothing is skipped: a note keeps its mark until it has a number or is written
// again, which marks it anew. So what is written is marked until step 2, and gets a
// number above those that anybody has read up to, unless it gets one of them late.
// And it does not, however long a server stalls in whichever command, and whatever
// the others do meanwhile:
//
//   - Step 1, late: the seq of a feed only grows, so a feed that went on is not the
//     one that was compared with. If it matches, what was seen may be out of date,
//     and a mark that is no more wastes a number.
//   - Step 2, late: somebody took pending away, and did so after a step 2 of his own
//     that went through all of it. Since then no note has any of its marks, nor will
//     one: no mark is made twice. Nothing matches.
//   - Step 3, late: with that seq there is this pending or none.
//   - A write, late: it was not made yet. Its mark comes with it.
//
// Answers that are lost change nothing: each command may be carried out again. When
// somebody dies, the next reader goes on. Marks are in the order they were made in,
// exactly within one server, and to the clocks' precision between several; only
// the order in which changes are given depends on it.

// numberedAtOnce is how many notes get their numbers with one command. MongoDB could
// take more; FerretDB looks at all notes for each.
const numberedAtOnce = 25

// newMark returns what no note was marked with before.
func newMark() primitive.ObjectID { return primitive.NewObjectID() }

// marks matches every mark and no number: operators compare within one type.
var marks = bson.M{"$gt": primitive.NilObjectID}

// oneReply is a batch that is larger than all that is asked for at once.
const oneReply = 100_000

// alongFeed is the order of an owner's notes in his feed.
var alongFeed = bson.D{{Key: "seq", Value: 1}}

// markedNote is what is looked at of a note that has no number.
type markedNote struct {
	Key  string             `bson:"_id"`
	Mark primitive.ObjectID `bson:"seq"`
}

func ownerOf(noteKey string) string {
	owner, _, _ := strings.Cut(noteKey, "/")
	return owner
}

// sequence gives numbers to what these owners have written, and returns their
// feeds, none of which has a pending. It looks at one batch of notes at most, of the
// lowest owners; rest are those of whose notes some may have no number yet. The
// owners are in order, and each is there once.
func (s *Store) sequence(ctx context.Context, owners []string) (feeds []feedDoc, rest []string, err error) {
	for {
		marked, err := find[markedNote](ctx, s.notes, bson.M{"owner": bson.M{"$in": owners}, "seq": marks},
			options.Find().SetSort(append(bson.D{{Key: "owner", Value: 1}}, alongFeed...)).SetLimit(batch).SetBatchSize(batch+1).
				SetProjection(bson.M{"seq": 1}))
		if err != nil {
			return nil, nil, err
		}
		feeds, err = find[feedDoc](ctx, s.feeds, bson.M{"_id": bson.M{"$in": owners}}, options.Find().SetBatchSize(oneReply))
		if err != nil {
			return nil, nil, err
		}
		if err := s.complete(ctx, feeds); err != nil {
			return nil, nil, err
		}
		if len(marked) == 0 {
			return feeds, nil, nil
		}
		done, err := s.number(ctx, feeds, marked)
		if err == nil && done {
			err = s.complete(ctx, feeds)
		}
		if err != nil {
			return nil, nil, err
		}
		if done {
			if len(marked) == batch {
				from, _ := slices.BinarySearch(owners, ownerOf(marked[batch-1].Key))
				rest = owners[from:]
			}
			return feeds, rest, nil
		}
	}
}

// number makes the marked notes pending in their feeds, step 1, and reports whether
// all feeds were as they were seen. Where there is none it begins one, and reports
// that it is to be read.
func (s *Store) number(ctx context.Context, feeds []feedDoc, marked []markedNote) (done bool, err error) {
	byOwner := map[string][]markedNote{}
	for _, n := range marked {
		byOwner[ownerOf(n.Key)] = append(byOwner[ownerOf(n.Key)], n)
	}
	var steps []mongo.WriteModel
	for i := range feeds {
		d := &feeds[i]
		if d.Pending = byOwner[d.Owner]; len(d.Pending) == 0 {
			continue
		}
		delete(byOwner, d.Owner)
		seen := d.Seq
		d.Seq += int64(len(d.Pending))
		steps = append(steps, mongo.NewUpdateOneModel().
			SetFilter(bson.M{"_id": d.Owner, "epoch": d.Epoch, "seq": seen}).
			SetUpdate(bson.M{"$set": bson.M{"seq": d.Seq, "pending": d.Pending}}))
	}
	if len(byOwner) > 0 {
		var owners []string
		for owner := range byOwner {
			owners = append(owners, owner)
		}
		return false, s.beginFeeds(ctx, owners...)
	}
	matched, err := updateEach(ctx, s.feeds, steps)
	return matched == len(steps), err
}

// complete does steps 2 and 3 for those of these feeds that have a pending.
func (s *Store) complete(ctx context.Context, feeds []feedDoc) error {
	var notes, ends []mongo.WriteModel
	for i := range feeds {
		d := &feeds[i]
		if len(d.Pending) == 0 {
			continue
		}
		before := d.Seq - int64(len(d.Pending))
		for n, v := range d.Pending {
			notes = append(notes, mongo.NewUpdateOneModel().
				SetFilter(bson.M{"_id": v.Key, "owner": d.Owner, "seq": v.Mark}).
				SetUpdate(bson.M{"$set": bson.M{"seq": before + int64(n) + 1}}))
		}
		ends = append(ends, mongo.NewUpdateOneModel().
			SetFilter(bson.M{"_id": d.Owner, "epoch": d.Epoch, "seq": d.Seq}).
			SetUpdate(bson.M{"$unset": bson.M{"pending": ""}}))
		d.Pending = nil
	}
	for some := range slices.Chunk(notes, numberedAtOnce) {
		if _, err := updateEach(ctx, s.notes, some); err != nil {
			return err
		}
	}
	_, err := updateEach(ctx, s.feeds, ends)
	return err
}

// beginFeeds makes the feeds of these owners where they have none.
func (s *Store) beginFeeds(ctx context.Context, owners ...string) error {
	feeds := make([]any, len(owners))
	for i, owner := range owners {
		feeds[i] = feedDoc{Owner: owner, Epoch: api.NewID()}
	}
	if err := insertAll(ctx, s.feeds, feeds); err != nil && !onlyDuplicates(err) {
		return err
	}
	return nil
}
