package search_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
)

// marked shows ranges in brackets.
func marked(text string, ranges []api.Range) string {
	chars, at := []rune(text), 0
	var b strings.Builder
	for _, r := range ranges {
		b.WriteString(string(chars[at:r[0]]) + "[" + string(chars[r[0]:r[1]]) + "]")
		at = r[1]
	}
	return b.String() + string(chars[at:])
}

func TestMatch(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("word ", 40)
	tests := []struct {
		name, query, title, body string
		wantTitle, wantBody      string
	}{
		{"a word", "milk", "Buy milk", "fresh Milk, and milkshake", "Buy [milk]", "fresh [Milk], and [milkshake]"},
		{"in the title alone", "shop", "Shopping", "eggs", "[Shopping]", "eggs"},
		{"in a tag alone", "food", "Shopping", "eggs", "Shopping", "eggs"},
		{"no body", "milk", "milk", "", "[milk]", ""},
		{"the line of the match", "milk", "", "# List\n\n1. eggs\n2. fresh milk\n3. tea\n", "", "2. fresh [milk] 3. tea"},
		{"white space and controls", "a b", "", "x\t a\r\n\n \x07b\u0085c", "", "x [a] [b] c"},
		{"a long line", "milk", "", filler + "milk " + filler, "", "…" + filler[:60] + "[milk] " + filler[:94] + "…"},
		{"a long line without spaces", "京", "", strings.Repeat("東", 100) + "京" + strings.Repeat("都", 200), "", "…" + strings.Repeat("東", 60) + "[京]" + strings.Repeat("都", 99) + "…"},
		{"a match cut off", "a", "", "a " + strings.Repeat("b", 153) + " a x aaa", "", "[a] " + strings.Repeat("b", 153) + " [a] x…"},
		{"a phrase", `"fresh milk"`, "", "fresh eggs, fresh\nmilk", "", "fresh eggs, [fresh milk]"},
		{"parts", "snake_ca", "", "a snake_case word", "", "a [snake_case] word"},
		{"accents", "creme brulee", "Crème brûlée", "cre\u0300me", "[Crème] [brûlée]", "[cre\u0300me]"},
		{"a run", "京大", "東京大学", "東京大学と京大", "東[京大]学", "東[京大]学と[京大]"},
		{"a run that is folded", "ガラス", "", "ｶﾞﾗｽ窓", "", "[ｶﾞﾗｽ]窓"},
		{"a run behind a word", "iphone用", "", "新しいiPhone用ケース", "", "新しい[iPhone用]ケース"},
		{"a run before a word", "新iPhone", "", "最新iPhone", "", "最[新iPhone]"},
		{"emoji", "👍", "", "ok 👍🏽!", "", "ok [👍🏽]!"},
		{"beyond the plane", "b", "", "🙂🙂 b", "", "🙂🙂 [b]"},
		{"only filters", "is:pinned", "Buy milk", "fresh", "Buy milk", "fresh"},
		{"an exclusion", "-eggs", "Buy milk", "fresh", "Buy milk", "fresh"},
		{"far apart", "a z", "", "a" + strings.Repeat("\n", 5000) + "z", "", "[a] z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := &api.Note{Body: tt.body}
			n.Title = tt.title
			m := search.Parse(tt.query).Match(n)
			if diff := cmp.Diff(tt.wantTitle, marked(tt.title, m.Title)); diff != "" {
				t.Errorf("title (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.wantBody, marked(m.Excerpt, m.Ranges)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzMatch holds an excerpt to its promises.
func FuzzMatch(f *testing.F) {
	f.Fuzz(func(t *testing.T, query, title, body string) {
		n, ok := noteOf(title, body, "")
		if !ok {
			return
		}
		q := search.Parse(query)
		m := q.Match(n)
		checkRanges(t, title, m.Title)
		checkRanges(t, m.Excerpt, m.Ranges)
		if !utf8.ValidString(m.Excerpt) || utf8.RuneCountInString(m.Excerpt) > 162 || strings.ContainsAny(m.Excerpt, "\n\r\t") {
			t.Errorf("excerpt %q", m.Excerpt)
		}
		rank, found := q.Rank(n)
		if found && len(q.Stages()) == 3 && rank < 2 && len(m.Title) == 0 {
			t.Errorf("%q is in the title %q, and nothing is marked", query, title)
		}
		if found && rank == 2 && len(m.Ranges) == 0 && len(m.Title) == 0 {
			t.Errorf("%q is in %q and %q, and nothing is marked", query, title, body)
		}
	})
}

func checkRanges(t *testing.T, text string, ranges []api.Range) {
	t.Helper()
	at, length := 0, utf8.RuneCountInString(text)
	for _, r := range ranges {
		if r[0] < at || r[1] <= r[0] || r[1] > length {
			t.Fatalf("ranges %v of %q", ranges, text)
		}
		at = r[1]
	}
}
