package server

import (
	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

// searchOf returns what the list is searched for, nil for nothing.
func searchOf(o api.ListOptions) *search.Query {
	if o.Query == "" {
		return nil
	}
	return search.Parse(o.Query)
}

// markMatches tells of each note where the search found it, and returns the rank
// of the last one.
func markMatches(q *search.Query, notes []store.Note) (rank int) {
	if q == nil || len(notes) == 0 {
		return 0
	}
	for i := range notes {
		m := q.Match(&notes[i].Note)
		notes[i].Match = &m
	}
	rank, _ = q.Rank(&notes[len(notes)-1].Note)
	return rank
}
