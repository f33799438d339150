package store

import (
	"slices"

	"github.com/notesd/notesd/pkg/api"
)

// Searched returns the list whose notes a search looks through, in the order in
// which it wants them: the filters of q.Search are among those of the list. The
// answer is false where no note can pass them all.
func (q ListQuery) Searched() (list ListQuery, possible bool) {
	f := q.Search.Filters
	if f.Pinned != nil {
		if q.Pinned != nil && *q.Pinned != *f.Pinned {
			return q, false
		}
		q.Pinned = f.Pinned
	}
	if f.State != "" {
		q.State = f.State
	}
	q.Tags = slices.Compact(slices.Sorted(slices.Values(slices.Concat(q.Tags, f.Tags))))
	if f.From != nil && (q.From == nil || q.From.Before(f.From.Time)) {
		q.From = f.From
	}
	if f.Before != nil && (q.Before == nil || f.Before.Before(q.Before.Time)) {
		q.Before = f.Before
	}
	q.Sort, q.Order, q.Summary = api.SortUpdated, api.OrderDesc, false
	return q, true
}
