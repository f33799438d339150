package search_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
)

// FuzzRank holds the two halves of an answer against each other: a note that is
// found is among those that the index gives for its stage, and in no other stage
// is it left out by mistake.
func FuzzRank(f *testing.F) {
	f.Fuzz(func(t *testing.T, query, title, body, tag string) {
		n, ok := noteOf(title, body, tag)
		if !ok {
			return
		}
		q := search.Parse(query)
		tokens, stages := search.Tokens(n), q.Stages()
		checkTokens(t, tokens)
		rank, found := q.Rank(n)
		if found && (rank < 0 || rank >= len(stages)) {
			t.Fatalf("rank %d of %d stages", rank, len(stages))
		}
		if found && !has(tokens, stages[rank]) {
			t.Errorf("%q finds %+v at rank %d, and stage %+v of it does not: %q", query, n, rank, stages[rank], tokens)
		}
	})
}

// FuzzOwnWords types each word of a note.
func FuzzOwnWords(f *testing.F) {
	f.Fuzz(func(t *testing.T, title, body, tag string) {
		n, ok := noteOf(title, body, tag)
		if !ok {
			return
		}
		for _, w := range strings.Fields(title + "\n" + body + "\n" + strings.Join(n.Tags, "\n")) {
			if strings.ContainsAny(w, ":-\"“”„‟") || !searchable(w) {
				continue // it is syntax, or nothing
			}
			if _, found := search.Parse(w).Rank(n); !found {
				t.Errorf("%q does not find its own note %+v", w, n)
			}
		}
	})
}

// searchable reports whether there is a letter or a digit in a word, so that it must be
// found. Of those that only modify others, or are not seen, nothing is left.
func searchable(w string) bool {
	return strings.ContainsFunc(w, func(r rune) bool {
		return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Lo, unicode.Nd) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
	})
}

func noteOf(title, body, tag string) (*api.Note, bool) {
	if !utf8.ValidString(title+body+tag) || strings.IndexByte(title+body+tag, 0) >= 0 {
		return nil, false
	}
	n := &api.Note{Body: body}
	n.Title = title
	if api.ValidateTags([]string{tag}) == nil {
		n.Tags = []string{tag}
	}
	return n, true
}

func checkTokens(t *testing.T, tokens []string) {
	t.Helper()
	if len(tokens) > search.MaxTokens || !slices.IsSorted(tokens) || len(slices.Compact(slices.Clone(tokens))) != len(tokens) {
		t.Errorf("%d tokens are not sorted, or some are there twice: %q", len(tokens), tokens)
	}
	for _, token := range tokens {
		if len(token) < 2 || len(token) > 65 || !utf8.ValidString(token) || strings.ContainsFunc(token, notInToken) {
			t.Errorf("%q is no token", token)
		}
	}
}

func notInToken(r rune) bool {
	if r < utf8.RuneSelf {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789", r)
	}
	return unicode.IsSpace(r)
}

// has reports whether an index with these tokens gives the note for a stage.
func has(tokens []string, s search.Stage) bool {
	hit := func(t search.Term) bool {
		i, found := slices.BinarySearch(tokens, t.Token)
		return found || t.Prefix && i < len(tokens) && strings.HasPrefix(tokens[i], t.Token)
	}
	for _, t := range s.All {
		if !hit(t) {
			return false
		}
	}
	return !slices.ContainsFunc(s.None, hit)
}
