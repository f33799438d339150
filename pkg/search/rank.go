package search

import (
	"slices"

	"github.com/notesd/notesd/pkg/api"
)

// Rank returns the index of the stage that a note is in, or false when the query
// does not find it. The filters are not looked at.
func (q *Query) Rank(n *api.Note) (rank int, found bool) {
	if q.nothing || slices.ContainsFunc(q.NotTags, func(t string) bool { return slices.Contains(n.Tags, t) }) {
		return 0, false
	}
	r := ranker{want: newMatcher(q.terms), unwanted: newMatcher(q.without)}
	for _, text := range append([]string{n.Title}, n.Tags...) {
		r.begin()
		r.read(text)
	}
	head := r.want.missing == 0
	r.begin()
	end := sure(n.Body)
	r.read(n.Body[:end])
	if end < len(n.Body) && !r.decided() {
		r.read(n.Body[end:max(end, collect(n).end)])
	}
	switch {
	case r.refused() || r.want.missing > 0:
		return 0, false
	case len(q.terms) == 0:
		return 0, true
	case !head:
		return rankNote, true
	case r.sequence(n.Title) == q.sequence:
		return rankTitle, true
	}
	return rankHead, true
}

// ranker reads a note until it is decided whether it is found.
type ranker struct {
	scanner
	want, unwanted *matcher
}

// begin begins with a text that no phrase goes on in from the one before.
func (r *ranker) begin() {
	r.want.begin()
	r.unwanted.begin()
}

func (r *ranker) read(text string) {
	for r.reset(text); !r.decided() && r.next(); {
		r.want.item(&r.scanner)
		r.unwanted.item(&r.scanner)
	}
}

func (r *ranker) decided() bool {
	return r.refused() || r.want.missing == 0 && len(r.unwanted.terms) == 0
}

func (r *ranker) refused() bool { return r.unwanted.missing < len(r.unwanted.terms) }
