package search_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
)

func TestTokensLimit(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range search.MaxTokens + 10_000 {
		fmt.Fprintf(&b, "word%d ", i)
	}
	n := &api.Note{NoteMeta: api.NoteMeta{Title: "Everything", Tags: []string{"big"}}, Body: b.String()}
	tokens := search.Tokens(n)
	checkTokens(t, tokens)
	if len(tokens) != search.MaxTokens {
		t.Errorf("%d tokens", len(tokens))
	}
	last := search.MaxTokens - 6 // the title and the tag have five tokens, and the first word has number 0
	for query, want := range map[string]bool{
		"everything": true, "big": true, "word0": true, fmt.Sprint("word", last): true, fmt.Sprint("word", last+1): false,
		fmt.Sprintf(`"word%d word%d"`, last-1, last): true, fmt.Sprintf("-word%d", last): false, fmt.Sprintf("-word%d", last+1): true,
	} {
		q := search.Parse(query)
		rank, found := q.Rank(n)
		if found != want {
			t.Errorf("%s: found %t", query, found)
		}
		if found && !has(tokens, q.Stages()[rank]) {
			t.Errorf("%s: the index leaves the note out", query)
		}
	}
	if again := search.Tokens(n); !slices.Equal(tokens, again) {
		t.Error("other tokens of the same note")
	}
}

// TestTokensRun is about a run that has no room as a whole.
func TestTokensRun(t *testing.T) {
	t.Parallel()
	var long []rune
	for i := range rune(200) {
		for j := range rune(300) {
			long = append(long, '一'+i, '一'+1000+j)
		}
	}
	n := &api.Note{Body: "前 " + string(long) + " 後"}
	checkTokens(t, search.Tokens(n))
	for query, want := range map[string]bool{"前": true, string(long[:2]): false, "後": false} {
		if _, found := search.Parse(query).Rank(n); found != want {
			t.Errorf("%s: found %t", query, found)
		}
	}
}

func TestTokensLong(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 100)
	n := &api.Note{Body: long + "x " + strings.Repeat("ж", 40)}
	tokens := search.Tokens(n)
	checkTokens(t, tokens)
	for query, want := range map[string]bool{
		long: true, long + "x": true, long + "y": false, strings.Repeat("e", 70): true, strings.Repeat("ж", 41): false,
		"-" + long: true, "-" + long + "x": false, "-" + strings.Repeat("ж", 40): false, "-" + strings.Repeat("ж", 32): true,
	} {
		q := search.Parse(query)
		rank, found := q.Rank(n)
		if found != want {
			t.Errorf("%s: found %t", query, found)
		}
		if found && !has(tokens, q.Stages()[rank]) {
			t.Errorf("%s: the index leaves the note out", query)
		}
	}
}

// pieces make texts in which words begin alike and scripts meet.
var pieces = []string{
	"milk", "Milkshake", "mil", "m", "É", "e\u0301t", "ß", "ss", "東京", "京", "タワー", "ｶﾞ", "ไทย", "น้ำ", "한국", "하", "🙂", "👍🏽", "👍", "C++", "c#",
	"3.14", "a_b", "l'é", "שָׁל", "צה\"ל", "कि", "क", " ", " ", " ", " ", "-", "\n", "\"", "tag:", ".", "\u00ad", "\u200d", "\u0301", "'", "x",
}

// TestGenerated holds the index against what is found, where much is found.
func TestGenerated(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	text := func(most int) string {
		var b strings.Builder
		for range r.IntN(most) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		return b.String()
	}
	hits := make([]int, 3)
	for range 20_000 {
		n, q := &api.Note{Body: text(12)}, ""
		n.Title = text(5)
		if q = text(5); r.IntN(2) == 0 {
			from := r.IntN(len(n.Body) + 1)
			q = strings.ToValidUTF8(n.Body[from:min(len(n.Body), from+r.IntN(20))], "")
		}
		query := search.Parse(q)
		rank, found := query.Rank(n)
		if !found {
			continue
		}
		hits[rank]++
		tokens := search.Tokens(n)
		if s := query.Stages()[rank]; !has(tokens, s) {
			t.Fatalf("%q finds title %q body %q at rank %d, and not stage %+v: %q", q, n.Title, n.Body, rank, s, tokens)
		}
		m := query.Match(n)
		checkRanges(t, n.Title, m.Title)
		checkRanges(t, m.Excerpt, m.Ranges)
	}
	if slices.Min(hits) < 100 {
		t.Errorf("%d notes found by rank: the pieces do not meet", hits)
	}
}
