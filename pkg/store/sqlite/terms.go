package sqlite

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/search"
)

// What the index has of a note besides the tokens of package search: the id of
// its owner, alone, so that there is something to take the notes with a word from,
// and its tags, so that the notes with one need not be looked through.

// everyNote is what all notes of an owner have.
const everyNote = ""

// tagToken returns what the notes with a tag have. A tag has characters that FTS5
// would cut it at.
func tagToken(tag string) string { return "g" + hex.EncodeToString([]byte(tag)) }

// clause is what the index is asked for one term: notes that have one of these
// tokens. Where those that begin so are too many to be named, it is broad, and
// FTS5 reads all places of all of them, a microsecond each, before it gives the
// first. Those of tokens it reads as they are asked for, ten in a microsecond.
type clause struct {
	tokens []string
	broad  bool
}

const (
	// maxForms is how many tokens a clause names. FTS5 looks each up in all its
	// segments, 50 microseconds in all.
	maxForms = 24

	// minLetters is how long the beginning of a word is of which there are not more
	// in any case, but where there are so few notes that it does not matter.
	minLetters = 3

	// maxPrefixes is how many beginnings of words are looked up for one stage, the
	// longest. The others only Rank looks at.
	maxPrefixes = 6
)

// allOf returns the clauses of the notes that have all terms, and false where there is
// no such note.
func (f *finder) allOf(ctx context.Context, terms []search.Term) (list []clause, possible bool, err error) {
	prefixes := 0
	for _, t := range slices.SortedStableFunc(slices.Values(terms), longestFirst) {
		if t.Prefix {
			if prefixes++; prefixes > maxPrefixes {
				continue
			}
		}
		c, err := f.clauseOf(ctx, t)
		if err != nil || len(c.tokens) == 0 {
			return nil, false, err
		}
		list = append(list, c)
	}
	return list, true, nil
}

// noneOf returns the clauses of the notes that have one of these terms.
func (f *finder) noneOf(ctx context.Context, terms []search.Term) (list []clause, err error) {
	for _, t := range terms {
		c, err := f.clauseOf(ctx, t)
		if err != nil {
			return nil, err
		}
		if len(c.tokens) > 0 {
			list = append(list, c)
		}
	}
	return list, nil
}

func longestFirst(a, b search.Term) int { return cmp.Compare(len(b.Token), len(a.Token)) }

// clauseOf asks the index which tokens there are, but where the answer is known:
// what is said in titles notes say, too, so a beginning that is broad there is
// broad.
func (f *finder) clauseOf(ctx context.Context, t search.Term) (c clause, err error) {
	if !t.Prefix {
		return clause{tokens: []string{t.Token}}, nil
	}
	letters := t.Token[1:]
	if utf8.RuneCountInString(letters) >= minLetters && !slices.Contains(f.broad, letters) {
		if c.tokens, err = f.store.forms(ctx, f.owner, t.Token); err != nil || len(c.tokens) <= maxForms {
			return c, err
		}
		f.broad = append(f.broad, letters)
	}
	return clause{tokens: []string{t.Token}, broad: true}, nil
}

// forms returns the tokens of an owner that begin so, and not many more than maxForms.
// FTS5 would go through all places of one to come to the next, but for being asked
// anew for what is behind it.
func (s *Store) forms(ctx context.Context, owner, prefix string) (tokens []string, err error) {
	err = s.reads.each(ctx, `WITH RECURSIVE form (term) AS (
			SELECT (SELECT term FROM vocabulary WHERE term >= ?1 AND term <= ?2 LIMIT 1)
			UNION ALL
			SELECT (SELECT term FROM vocabulary WHERE term >= form.term || char(1) AND term <= ?2 LIMIT 1) FROM form WHERE term NOT NULL
			LIMIT ?3
		) SELECT term FROM form WHERE term NOT NULL`,
		[]any{owner + prefix, owner + prefix + string(utf8.MaxRune), maxForms + 1}, func(scan scanFunc) (bool, error) {
			var term string
			err := scan(&term)
			tokens = append(tokens, strings.TrimPrefix(term, owner))
			return false, err
		})
	return tokens, err
}

// match returns the expression of FTS5 for the notes that have one token of each
// clause of all, and none of those of none. Each token is in quotes, so that none
// is an operator.
func match(owner string, all, none []clause) string {
	anyOf := func(c clause) string {
		list := make([]string, len(c.tokens))
		for i, token := range c.tokens {
			list[i] = `"` + strings.ReplaceAll(owner+token, `"`, `""`) + `"`
			if c.broad {
				list[i] += "*"
			}
		}
		return "(" + strings.Join(list, " OR ") + ")"
	}
	join := func(list []clause, operator string) string {
		parts := make([]string, len(list))
		for i, c := range list {
			parts[i] = anyOf(c)
		}
		return "(" + strings.Join(parts, operator) + ")"
	}
	e := join(all, " AND ")
	if len(none) > 0 {
		e += " NOT " + join(none, " OR ")
	}
	return e
}
