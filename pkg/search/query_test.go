package search_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
)

func TestFilters(t *testing.T) {
	t.Parallel()
	day := func(y int, m time.Month, d int) *api.Time {
		return new(api.TimeOf(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)))
	}
	tests := []struct {
		query string
		want  search.Filters
	}{
		{"milk", search.Filters{}},
		{"tag:food", search.Filters{Tags: []string{"food"}}},
		{"TAG:Food milk tag:home tag:food", search.Filters{Tags: []string{"food", "home"}}},
		{"tag:food,home", search.Filters{Tags: []string{"food", "home"}}},
		{`tag:"to-do"`, search.Filters{Tags: []string{"to-do"}}},
		{"tag:cafe\u0301", search.Filters{Tags: []string{"café"}}},
		{"-tag:food", search.Filters{NotTags: []string{"food"}}},
		{"is:pinned", search.Filters{Pinned: new(true)}},
		{"-is:pinned", search.Filters{Pinned: new(false)}},
		{"is:archived", search.Filters{State: api.StateArchived}},
		{"is:archived is:trashed", search.Filters{State: api.StateTrashed}},
		{"-is:trashed", search.Filters{}},
		{"before:2026-01-31", search.Filters{Before: day(2026, 1, 31)}},
		{"after:2026-01-31", search.Filters{From: day(2026, 1, 31)}},
		{"after:2025 before:2026-02", search.Filters{From: day(2025, 1, 1), Before: day(2026, 2, 1)}},
		{"before:2026 before:2025 after:2023 after:2024", search.Filters{From: day(2024, 1, 1), Before: day(2025, 1, 1)}},
		// What is no filter.
		{"tag:", search.Filters{}},
		{"tag:,", search.Filters{}},
		{"tag", search.Filters{}},
		{"is:foo", search.Filters{}},
		{"is:", search.Filters{}},
		{"before:tomorrow", search.Filters{}},
		{"before:2026-02-30", search.Filters{}},
		{`"tag:food"`, search.Filters{}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, search.Parse(tt.query).Filters); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.query, diff)
		}
	}
}

// TestRank says how notes stand to queries: by the index of their stage, -1 for
// those that are not found.
func TestRank(t *testing.T) {
	t.Parallel()
	note := func(title, body string, tags ...string) *api.Note {
		return &api.Note{NoteMeta: api.NoteMeta{Title: title, Tags: tags}, Body: body}
	}
	list := note("Shopping list", "Fresh milk, eggs & tea. Ask Ann about the cake.", "food", "to-do")
	tests := []struct {
		query string
		note  *api.Note
		want  int
	}{
		{"shopping list", list, 0},
		{"Shopping: LIST!", list, 0},
		{`"shopping list"`, list, 0},
		{"shopping-list", list, 0},
		{"shopping list -bread", list, 0},
		{"shopping list tag:food", list, 0}, // filters are for others to look at
		{"list shopping", list, 1},
		{"shopping", list, 1},
		{"food", list, 1},
		{"foo shop", list, 1},
		{"to-do", list, 1},
		{"todo", list, -1},
		{"shopping milk", list, 2},
		{"milk", list, 2},
		{`"fresh milk"`, list, 2},
		{`"list fresh"`, list, -1}, // a phrase is not in two texts
		{`"food to"`, list, -1},
		{"milk -ann", list, -1},
		{"milk -an", list, 2}, // exactly that word
		{"-food milk", list, -1},
		{"-tag:food milk", list, -1},
		{"-tag:foo milk", list, 2},
		{`-"milk eggs" tea`, list, -1},
		{`-"eggs milk" tea`, list, 2},
		{"-bread", list, 0},
		{"-milk", list, -1},
		{"-tag:food", list, -1},
		{"-tag:work", list, 0},
		{"is:pinned", list, 0},
		{"is:pinned !!!", list, 0},
		{"!!!", list, -1},
		{"", list, -1},
		{"tag:", list, -1},
		{"東京", note("東京", ""), 0},
		{"京", note("東京", ""), 1},
		{"京", note("", "東京"), 2},
		{"-京", note("", "東京"), -1},
		{"-東京都", note("", "東京"), 0},
		{"東京 -京", note("", "東京"), -1},
	}
	for _, tt := range tests {
		q := search.Parse(tt.query)
		rank, found := q.Rank(tt.note)
		if !found {
			rank = -1
		}
		if rank != tt.want {
			t.Errorf("%q: rank %d, want %d", tt.query, rank, tt.want)
		}
		tokens := search.Tokens(tt.note)
		for i, s := range q.Stages() {
			if i == rank && !has(tokens, s) {
				t.Errorf("%q: stage %d %+v leaves the note out", tt.query, i, s)
			}
		}
	}
}

// TestStages holds that the index narrows a search to what it is about.
func TestStages(t *testing.T) {
	t.Parallel()
	if s := search.Parse("!?").Stages(); len(s) != 0 {
		t.Errorf("nothing to search for has the stages %+v", s)
	}
	if s := search.Parse("is:pinned").Stages(); len(s) != 1 || len(s[0].All) != 0 || len(s[0].None) != 0 {
		t.Errorf("a filter has the stages %+v", s)
	}
	if s := search.Parse("-milk").Stages(); len(s) != 1 || len(s[0].All) != 0 || len(s[0].None) != 1 {
		t.Errorf("an exclusion has the stages %+v", s)
	}
	title, body := &api.Note{NoteMeta: api.NoteMeta{Title: "milk"}}, &api.Note{Body: "milk"}
	s := search.Parse("milk").Stages()
	for i, want := range []struct{ title, body bool }{{true, false}, {true, false}, {false, true}} {
		if got := has(search.Tokens(title), s[i]); got != want.title {
			t.Errorf("stage %d gives the title: %t", i, got)
		}
		if got := has(search.Tokens(body), s[i]); got != want.body {
			t.Errorf("stage %d gives the body: %t", i, got)
		}
	}
}
