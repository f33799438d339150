// Package search says what a search query means: which notes it finds, in which
// order, and where in them. Engines find candidates by an index of tokens, and
// ask it whether they are. Read [Query], then [Tokens].
//
// A text is a sequence of items: words without case and accents, emoji and other
// symbols, and runs of the scripts that are written without spaces. A word is
// found by how it begins and a run by any part of it. [Parse] has the syntax of
// queries.
package search

import (
	"slices"

	"github.com/notesd/notesd/pkg/api"
)

// Query is what a person typed, understood. It is made by [Parse] and never
// changes.
type Query struct {
	// Filters are for the engine to apply along with those of the list.
	Filters

	terms    []term // the note has all of these
	without  []term // and none of these
	sequence string // of the items in terms: that of a title which is the query
	nothing  bool   // there is nothing to search for
}

// Filters are the parts of a query that are no words. State, when it is not
// empty, overrides the list's; the others narrow it.
type Filters struct {
	State  api.State
	Pinned *bool
	Tags   []string // normal form; notes that have all of these
	// NotTags are in normal form, too: notes that have none of these. [Query.Rank]
	// sees to it, whether the engine does or not.
	NotTags []string
	From    *api.Time // notes with this UpdatedAt or a later one
	Before  *api.Time // notes with an earlier UpdatedAt
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

// term is what was typed in one piece: its parts follow each other in the text.
type term struct {
	parts []part
}

// part is what one item of the text has to be.
type part struct {
	kind  kind
	key   string
	whole bool // the item is this, and does not just begin so; of a run all parts are found
}

// The ranks there are when there are terms.
const (
	rankTitle = iota // the title is what was typed
	rankHead         // title and tags have all terms
	rankNote         // the note has
	ranks
)

// maxTerms is how many terms of a stage are given: those of a pasted paragraph
// would be too many for an index, and these are enough to find few candidates.
const maxTerms = 32

// Stages are the parts of the answer in their order. A note is in one at most:
// that of its rank. There are none when nothing can be found.
func (q *Query) Stages() []Stage {
	none := exact(q.without, inNote)
	switch {
	case q.nothing:
		return nil
	case len(q.terms) == 0:
		return []Stage{{None: none}}
	}
	s := make([]Stage, ranks)
	s[rankTitle] = Stage{All: []Term{{Token: token(isTitle, string(digest(q.sequence)))}}, None: none}
	s[rankHead] = Stage{All: tokensOf(q.terms, inHead), None: none}
	s[rankNote] = Stage{All: tokensOf(q.terms, inNote), None: none}
	if len(q.terms) == 1 { // else None would leave out what has one of them in its title
		s[rankNote].None = slices.Concat(none, exact(q.terms, inHead))
	}
	return s
}

// tokensOf returns what notes with these terms have in the index.
func tokensOf(terms []term, space byte) []Term {
	var list []Term
	for _, t := range terms {
		for _, p := range t.parts {
			list = p.appendTokens(list, space)
		}
		if len(list) >= maxTerms {
			return list[:maxTerms]
		}
	}
	return list
}

func (p part) appendTokens(list []Term, space byte) []Term {
	add := func(t Term) {
		if !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	if p.kind != run {
		add(Term{Token: token(space, string(cut([]byte(p.key)))), Prefix: !p.whole})
		return list
	}
	letters := []rune(p.key)
	if len(letters) == 1 {
		add(Term{Token: token(space, p.key), Prefix: true})
	}
	for i := 1; i < len(letters) && len(list) < maxTerms; i++ {
		add(Term{Token: token(space, string(letters[i-1:i+1]))})
	}
	return list
}

// exact returns the terms of which the index alone knows whether a note has them.
func exact(terms []term, space byte) []Term {
	var list []Term
	for _, t := range terms {
		if p := t.parts[0]; len(t.parts) == 1 && p.inIndex() && len(list) < maxTerms {
			list = p.appendTokens(list, space)
		}
	}
	return list
}

// inIndex reports whether the tokens say all of it: none that is as long was cut,
// and of a run there is one pair at most.
func (p part) inIndex() bool {
	if p.kind == run {
		return len([]rune(p.key)) <= 2
	}
	return len(p.key) <= maxToken-3
}

func token(space byte, key string) string { return string(space) + key }
