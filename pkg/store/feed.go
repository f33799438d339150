package store

import (
	"context"
	"slices"
)

// Position is a place in the feed of one owner. The zero one is in no feed.
type Position struct {
	Epoch string // of the feed: one that was lost and begun anew has another
	Seq   int64  // of the last write before the place
}

// ChangesQuery says which part of a feed to read.
type ChangesQuery struct {
	// After is where the last part ended. The zero position asks for none, but for
	// the present end.
	After Position

	Limit    int  // notes to return at most, 1 or more
	MaxBytes int  // the part also ends at the note with which titles and bodies reach this
	Summary  bool // leave Body, SavedBy and SavedSince empty: the engine need not read them
}

// Changes is one part of a feed.
type Changes struct {
	Notes []Note   // a purged one is a tombstone, with PurgedAt and without text
	Seqs  []int64  // of their writes, ascending: the reader can go on from each
	End   Position // what is behind the last of them is written after it
	More  bool     // there are more already
}

// Feed tells what became of the notes of one owner. Each write of a note, by
// whichever method of [Notes], puts it at the end of its owner's feed, and takes it
// from where it was. So a reader that goes on from End to End, and keeps of each
// note the one with the highest revision, has in the end what the store has: nothing
// that was written is skipped, however long one of many writers takes. What
// [Dumper.Load] brings is in no feed.
//
// One write may be given twice. A note that is written while the feed is read
// comes later and not now.
type Feed interface {
	// ListChanges returns the notes that were written behind a position, each as it
	// is now, in the order of their last writes. ErrGone: there is no way to go on
	// from this position, since a tombstone behind it was forgotten, or it is of
	// another feed. Then the reader lists all notes again, when it has asked for
	// the present end.
	ListChanges(ctx context.Context, owner string, q ChangesQuery) (Changes, error)

	// FeedEnds returns the present ends of the feeds of these owners. One whose
	// notes were never written has none.
	FeedEnds(ctx context.Context, owners []string) (map[string]Position, error)
}

// CanFollow reports whether a reader at p can go on in a feed that ends at end, of
// which writes up to floor may be forgotten.
func (p Position) CanFollow(end Position, floor int64) bool {
	return p.Epoch == end.Epoch && p.Seq >= floor && p.Seq <= end.Seq
}

// Cut ends the part at the limits of q: it has notes up to end, the writes of
// which have these numbers, and perhaps one too many.
func (q ChangesQuery) Cut(notes []Note, seqs []int64, end Position) Changes {
	size := 0
	for i, n := range notes {
		if i == q.Limit || i > 0 && size >= q.MaxBytes {
			return Changes{Notes: slices.Clip(notes[:i]), Seqs: seqs[:i], End: Position{end.Epoch, seqs[i-1]}, More: true}
		}
		size += len(n.Title) + len(n.Body)
	}
	return Changes{Notes: notes, Seqs: seqs, End: end}
}
