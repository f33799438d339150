package server_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// titles of the notes that a list finds, in order.
func titles(t *testing.T, c *client.Client, o api.ListOptions) []string {
	t.Helper()
	found := []string{}
	for n, err := range c.AllSummaries(t.Context(), o) {
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		found = append(found, n.Title)
	}
	return found
}

// shelf is a fixture with the notes of ann, the first saved first.
func shelf(t *testing.T, notes ...api.NewNote) (*fixture, *client.Client) {
	t.Helper()
	f := start(t, nil)
	c := f.user("ann")
	for _, n := range notes {
		f.clock.advance(time.Second)
		if _, err := c.CreateNote(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	return f, c
}

func TestSearch(t *testing.T) {
	t.Parallel()
	_, c := shelf(
		t,
		api.NewNote{Title: "Milk", Body: "the title is the word"},
		api.NewNote{Title: "Prices of milk", Body: "in the title"},
		api.NewNote{Title: "Breakfast", Body: "fresh milk in the body"},
		api.NewNote{Title: "Dairy", Tags: []string{"milk"}},
		api.NewNote{Title: "Milkshake", Body: "begins so"},
		api.NewNote{Title: "Crème", Body: "東京タワー, Ärger"},
	)
	for query, want := range map[string][]string{
		"milk":            {"Milk", "Milkshake", "Dairy", "Prices of milk", "Breakfast"},
		"MILK":            {"Milk", "Milkshake", "Dairy", "Prices of milk", "Breakfast"},
		"milk the":        {"Breakfast", "Prices of milk", "Milk"},
		`"fresh milk"`:    {"Breakfast"},
		"milk -fresh":     {"Milk", "Milkshake", "Dairy", "Prices of milk"},
		"milk tag:milk":   {"Dairy"},
		"-milk":           {"Crème", "Milkshake"},
		"creme":           {"Crème"},
		"京タワ":             {"Crème"},
		"arger":           {"Crème"},
		"ilk":             {},
		"!?":              {},
		" ":               {},
		"NEAR(milk":       {},
		"milk*":           {"Milk", "Milkshake", "Dairy", "Prices of milk", "Breakfast"},
		`milk" OR "a`:     {},
		"is:pinned":       {},
		"after:1999 dair": {"Dairy"},
	} {
		if diff := cmp.Diff(want, titles(t, c, api.ListOptions{Query: query})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
}

// TestSearchPages holds that every note comes once, and in order, whichever stage
// a page ends in.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	var notes []api.NewNote
	for i := range 5 {
		notes = append(
			notes, api.NewNote{Title: "tea"}, api.NewNote{Title: fmt.Sprint("tea ", i)}, api.NewNote{Title: fmt.Sprint("cup ", i), Body: "tea"},
			api.NewNote{Title: fmt.Sprint("coffee ", i)},
		)
	}
	_, c := shelf(t, notes...)
	want := titles(t, c, api.ListOptions{Query: "tea"})
	if len(want) != 15 || want[4] != "tea" || want[5] != "tea 4" || want[10] != "cup 4" || want[14] != "cup 0" {
		t.Fatalf("found %q", want)
	}
	for limit := 1; limit <= 16; limit++ {
		if got := titles(t, c, api.ListOptions{Query: "tea", Limit: limit}); !slices.Equal(got, want) {
			t.Errorf("by %d: %q", limit, got)
		}
	}
	page, err := c.ListNotes(t.Context(), api.ListOptions{Query: "tea", Limit: 7})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []api.ListOptions{{Cursor: page.NextCursor}, {Query: "tea", Cursor: "abc"}} {
		if _, err := c.ListNotes(t.Context(), o); api.ErrorCode(err) != api.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestSearchMatch(t *testing.T) {
	t.Parallel()
	_, c := shelf(t, api.NewNote{Title: "🙂 Milk", Body: "# List\n\n- eggs\n- fresh  milk\n"}, api.NewNote{Title: "Tea", Body: "with\nmilk"})
	want := []*api.Match{
		{Excerpt: "- fresh milk", Ranges: []api.Range{{8, 12}}, Title: []api.Range{{2, 6}}},
		{Excerpt: "milk", Ranges: []api.Range{{0, 4}}, Title: []api.Range{}},
	}
	o := api.ListOptions{Query: "milk", Prefix: true}
	summaries, err := c.ListSummaries(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Prefix = false
	notes, err := c.ListNotes(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(summaries.Notes) != 2 || len(notes.Notes) != 2 {
		t.Fatalf("%d summaries, %d notes", len(summaries.Notes), len(notes.Notes))
	}
	for i, n := range summaries.Notes {
		if diff := cmp.Diff(want[i], n.Match); diff != "" || n.Prefix == "" || n.Excerpt == "" {
			t.Errorf("summary %+v (-want +got):\n%s", n, diff)
		}
		if diff := cmp.Diff(want[i], notes.Notes[i].Match); diff != "" || notes.Notes[i].Body == "" {
			t.Errorf("note %+v (-want +got):\n%s", notes.Notes[i], diff)
		}
	}
	list, err := c.ListNotes(t.Context(), api.ListOptions{})
	if err != nil || list.Notes[0].Match != nil {
		t.Errorf("a list has matches: %+v, %v", list, err)
	}
}

// TestSearchFilters holds that what a query says of the state counts more than the
// parameter, and that everything else has to be true of both.
func TestSearchFilters(t *testing.T) {
	t.Parallel()
	f, c := shelf(
		t,
		api.NewNote{Title: "tea plain"},
		api.NewNote{Title: "tea pinned", Pinned: true, Tags: []string{"a", "b"}},
		api.NewNote{Title: "tea archived", Archived: true, Tags: []string{"a"}},
		api.NewNote{Title: "tea trashed", Tags: []string{"b"}},
	)
	o := api.ListOptions{Query: "trashed"}
	page, err := c.ListNotes(t.Context(), o)
	if err != nil || len(page.Notes) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	if err := c.TrashNote(t.Context(), page.Notes[0].ID); err != nil {
		t.Fatal(err)
	}
	today := f.clock.now().UTC().Truncate(24 * time.Hour)
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	at := func(n int) *api.Time { return new(api.TimeOf(today.AddDate(0, 0, n))) }
	for _, tt := range []struct {
		options api.ListOptions
		want    []string
	}{
		{api.ListOptions{Query: "tea"}, []string{"tea pinned", "tea plain"}},
		{api.ListOptions{Query: "tea", State: api.StateAll}, []string{"tea trashed", "tea archived", "tea pinned", "tea plain"}},
		{api.ListOptions{Query: "tea is:archived"}, []string{"tea archived"}},
		{api.ListOptions{Query: "tea is:trashed", State: api.StateArchived}, []string{"tea trashed"}},
		{api.ListOptions{Query: "is:trashed"}, []string{"tea trashed"}},
		{api.ListOptions{Query: "is:pinned"}, []string{"tea pinned"}},
		{api.ListOptions{Query: "is:pinned", Pinned: new(false)}, []string{}},
		{api.ListOptions{Query: "-is:pinned tea"}, []string{"tea plain"}},
		{api.ListOptions{Query: "tag:a", Tags: []string{"b"}, State: api.StateAll}, []string{"tea pinned"}},
		{api.ListOptions{Query: "tag:A", State: api.StateAll}, []string{"tea archived", "tea pinned"}},
		{api.ListOptions{Query: "-tag:a tea", State: api.StateAll}, []string{"tea trashed", "tea plain"}},
		{api.ListOptions{Query: "tea", Tags: []string{"a"}, State: api.StateArchived}, []string{"tea archived"}},
		{api.ListOptions{Query: "tea after:" + day(0)}, []string{"tea pinned", "tea plain"}},
		{api.ListOptions{Query: "tea after:" + day(1)}, []string{}},
		{api.ListOptions{Query: "tea before:" + day(0)}, []string{}},
		{api.ListOptions{Query: "before:" + day(1)}, []string{"tea pinned", "tea plain"}},
		{api.ListOptions{Query: "before:" + day(1), Before: at(0)}, []string{}},
		{api.ListOptions{Query: "after:" + day(0), Since: at(1)}, []string{}},
	} {
		if diff := cmp.Diff(tt.want, titles(t, c, tt.options)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.options, diff)
		}
	}
}

// TestSearchOthers holds that nobody finds what another wrote, and that a page is
// never another's, kept or by its ETag.
func TestSearchOthers(t *testing.T) {
	t.Parallel()
	f, ann := shelf(t, api.NewNote{Title: "secret tea", Body: "of Ann"})
	bob := f.signup("bob")
	if _, err := f.as(bob).CreateNote(t.Context(), api.NewNote{Title: "tea", Body: "of Bob"}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string][]string{"tea": {"tea"}, "secret": {}, "ann": {}, "-nothing": {"tea"}, "after:1999": {"tea"}} {
		if got := titles(t, f.as(bob), api.ListOptions{Query: query}); !slices.Equal(got, want) {
			t.Errorf("%q finds %q", query, got)
		}
	}
	path := "/api/v1/notes?q=" + url.QueryEscape("tea")
	tag := f.do("GET", path, "", bearer(bob)).header.Get("ETag")
	if a := f.do("GET", path, "", bearer(bob), "If-None-Match: "+tag); a.status != 304 {
		t.Errorf("the same search again: %d", a.status)
	}
	if got := titles(t, ann, api.ListOptions{Query: "tea"}); !slices.Equal(got, []string{"secret tea"}) {
		t.Errorf("Ann finds %q", got)
	}
	if strings.Contains(f.log.String(), "tea") || strings.Contains(f.log.String(), "secret") {
		t.Error("the log says what was searched for")
	}
}

// TestSearchFollows holds that a search knows of each write at once.
func TestSearchFollows(t *testing.T) {
	t.Parallel()
	_, c := shelf(t)
	ctx := t.Context()
	found := func(query string) int { return len(titles(t, c, api.ListOptions{Query: query})) }
	if found("green") != 0 {
		t.Fatal("a note before there is one")
	}
	n, err := c.CreateNote(ctx, api.NewNote{Title: "tea", Body: "green"})
	if err != nil || found("green") != 1 {
		t.Fatalf("not found when it is made: %v", err)
	}
	if n, err = c.UpdateNote(ctx, n.ID, n.Revision, api.NotePatch{Body: new("black")}); err != nil || found("green") != 0 || found("black") != 1 {
		t.Errorf("after a change: %v", err)
	}
	if _, err := c.AppendNote(ctx, n.ID, "and white"); err != nil || found("white") != 1 {
		t.Errorf("after more text: %v", err)
	}
	if err := c.TrashNote(ctx, n.ID); err != nil || found("white") != 0 || found("white is:trashed") != 1 {
		t.Errorf("in the trash: %v", err)
	}
	if err := c.PurgeNote(ctx, n.ID); err != nil || found("white is:trashed") != 0 {
		t.Errorf("after it is gone: %v", err)
	}
}
