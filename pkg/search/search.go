// Package search says what a search query means: which notes it finds, in which
// order, and where in them. Engines find candidates by an index of tokens, and
// ask it whether they are. Read [Query], then [Tokens].
package search

import (
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/api"
)

// Query is what a person typed, understood. It is made by [Parse].
type Query struct {
	// Filters are for the engine to apply along with those of the list.
	Filters

	words []string
}

// Filters are the parts of a query that are no words. State, when it is not
// empty, overrides the list's; the others narrow it.
type Filters struct {
	State  api.State
	Pinned *bool
	Tags   []string  // normal form; notes that have all of these
	From   *api.Time // notes with this UpdatedAt or a later one
	Before *api.Time // notes with an earlier UpdatedAt
}

// Term is one token that a note has, or any token that begins so.
type Term struct {
	Token  string
	Prefix bool
}

// Stage is a part of the answer. Each note it asks for has all terms of All and
// none of None; not each that has is in it: [Query.Rank] decides. Without All
// every note is asked for.
type Stage struct {
	All, None []Term
}

// Parse understands what a person typed. Nothing is an error.
func Parse(text string) *Query {
	return &Query{words: strings.Fields(strings.ToLower(text))}
}

// Stages are the parts of the answer in their order. A note is in one at most:
// that of its rank. There are none when nothing can be found.
func (q *Query) Stages() []Stage {
	if len(q.words) == 0 {
		return nil
	}
	var s Stage
	for _, w := range q.words {
		s.All = append(s.All, Term{Token: w, Prefix: true})
	}
	return []Stage{s}
}

// Rank returns the index of the stage that a note is in, or false when the query
// does not find it. The filters are not looked at.
func (q *Query) Rank(n *api.Note) (rank int, found bool) {
	tokens := Tokens(n)
	for _, w := range q.words {
		if !slices.ContainsFunc(tokens, func(t string) bool { return strings.HasPrefix(t, w) }) {
			return 0, false
		}
	}
	return 0, len(q.words) > 0
}

// MaxTokens is how many tokens of a note are kept.
const MaxTokens = 50_000

// Tokens returns what the index of an engine keeps of a note, sorted, none
// twice, at most [MaxTokens]. A token is valid UTF-8 without NUL and white
// space, and means nothing but to [Query].
func Tokens(n *api.Note) []string {
	tokens := strings.Fields(strings.ToLower(n.Title + "\n" + n.Body + "\n" + strings.Join(n.Tags, " ")))
	slices.Sort(tokens)
	tokens = slices.Compact(tokens)
	return tokens[:min(len(tokens), MaxTokens)]
}
