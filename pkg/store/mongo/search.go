package mongo

import (
	"cmp"
	"context"
	"slices"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

const (
	// searchWalk is how many candidates one query of a search gives at most. Where
	// MongoDB sorts them, it keeps no more than these.
	searchWalk = 500

	// searchBatch is how many of them come in one reply. A page is rarely longer.
	searchBatch = api.DefaultPage + 2

	// maxTerms is how many terms of a stage the database looks for: those that are
	// likely to be rare. The others only Rank looks at.
	maxTerms = 8
)

// tokensOf returns the tokens that are kept with a note. The index they are in
// begins with the owner, so that a search walks along its owner's notes alone.
func tokensOf(n *api.Note) []string { return orEmpty(search.Tokens(n)) }

// search finds notes by what they say. MongoDB chooses between two ways to the
// candidates of a stage, by trying both: along a term in the index "search", best
// for what is rare, and along the times in the index "updated", looking at each
// note, best for what is common. Either way they come in their order.
func (s *Store) search(ctx context.Context, owner string, q store.ListQuery) ([]store.Note, bool, error) {
	p := &page{limit: q.Limit, bytes: q.MaxBytes}
	walk, possible := q.Searched()
	if !possible {
		return nil, false, nil
	}
	for rank, stage := range q.Search.Stages() {
		if walk.After != nil && rank < walk.After.Rank {
			continue
		}
		if walk.After != nil && rank > walk.After.Rank {
			walk.After = nil
		}
		if err := s.searchStage(ctx, owner, walk, rank, stage, p); err != nil {
			return nil, false, err
		}
		if p.more {
			break
		}
	}
	return p.notes, p.more, nil
}

// searchStage adds the notes of one stage, from the place on that the query says.
func (s *Store) searchStage(ctx context.Context, owner string, q store.ListQuery, rank int, stage search.Stage, p *page) error {
	for n := searchWalk; n == searchWalk; { // else there are no more
		opts := listOptions(q).SetLimit(searchWalk).SetBatchSize(searchBatch)
		var err error
		n, err = s.eachNote(ctx, stageFilter(owner, q, stage), opts, func(n store.Note) bool {
			if r, found := q.Search.Rank(&n.Note); found && r == rank {
				p.add(n)
			}
			place := store.PlaceOf(n, q.Sort)
			q.After = &place
			return !p.more
		})
		if err != nil || p.more {
			return err
		}
	}
	return nil
}

// stageFilter matches the notes behind a place that a stage asks for, and more.
// All are conditions of their own, of which an index serves one. No index serves
// $nor, and none is to: the notes without a word are nearly all, and those that
// tie with the place and are not behind it are few. A range of tokens is not right
// there on FerretDB, which compares its bounds with different elements of a list.
func stageFilter(owner string, q store.ListQuery, stage search.Stage) bson.M {
	filter := listFilter(owner, q)
	var all, none []bson.M
	if q.After != nil {
		at := q.After.Time.Time
		filter["updated_at"] = narrowed(filter["updated_at"], "$lte", at)
		none = append(none, bson.M{"updated_at": at, "_id": bson.M{"$gte": noteKey(owner, q.After.ID)}})
	}
	longestFirst := slices.SortedStableFunc(slices.Values(stage.All), func(a, b search.Term) int {
		return cmp.Compare(len(b.Token), len(a.Token))
	})
	for _, t := range longestFirst[:min(len(longestFirst), maxTerms)] {
		all = append(all, condition(t))
	}
	for _, t := range stage.None {
		if !t.Prefix && len(none) < maxTerms {
			none = append(none, condition(t))
		}
	}
	if len(all) > 0 {
		filter["$and"] = all
	}
	if len(none) > 0 {
		filter["$nor"] = none
	}
	return filter
}

func condition(t search.Term) bson.M {
	if !t.Prefix {
		return bson.M{"tokens": t.Token}
	}
	return bson.M{"tokens": bson.M{"$elemMatch": prefixRange(t.Token)}}
}

// prefixRange matches the strings that begin so: those from it on to the first
// that is greater than all of them.
func prefixRange(prefix string) bson.M {
	for end := prefix; end != ""; {
		r, size := utf8.DecodeLastRuneInString(end)
		end = end[:len(end)-size]
		if r++; r == 0xD800 {
			r = 0xE000 // what is between are no characters
		}
		if r <= utf8.MaxRune {
			return bson.M{"$gte": prefix, "$lt": end + string(r)}
		}
	}
	return bson.M{"$gte": prefix}
}
