package client_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
)

func TestAllNotesWalksThePages(t *testing.T) {
	t.Parallel()
	var queries []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		queries = append(queries, r.URL.RawQuery)
		next := map[string]string{"": "c1", "c1": "c2", "c2": ""}[r.URL.Query().Get("cursor")]
		answer(w, 200, fmt.Sprintf(`{"notes":[%s,%s],"next_cursor":%q}`, noteJSON, noteJSON, next))
	})
	n := 0
	for note, err := range c.AllNotes(t.Context(), api.ListOptions{Tags: []string{"a b", "c"}, Limit: 2}) {
		if err != nil || note.Title != "t" {
			t.Fatalf("got %+v, %v", note, err)
		}
		n++
	}
	if n != 6 || len(queries) != 3 || queries[2] != "cursor=c2&limit=2&tag=a+b&tag=c&view=full" {
		t.Errorf("%d notes by %q", n, queries)
	}

	queries = nil
	for _, err := range c.AllSummaries(t.Context(), api.ListOptions{}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if len(queries) != 1 {
		t.Errorf("%d pages were asked for one note", len(queries))
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	var queries []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		queries = append(queries, r.URL.RawQuery)
		found := strings.Replace(noteJSON, "{", `{"match":{"excerpt":"milk & tea","ranges":[[0,4]],"title":[]},`, 1)
		answer(w, 200, fmt.Sprintf(`{"notes":[%s],"next_cursor":%q}`, found, map[int]string{1: "c1"}[len(queries)]))
	})
	n := 0
	for note, err := range c.AllSummaries(t.Context(), api.ListOptions{Query: `"milk & tea" -tag:x`}) {
		if err != nil || note.Match == nil || len(note.Match.Ranges) != 1 || note.Match.Ranges[0] != (api.Range{0, 4}) {
			t.Fatalf("got %+v, %v", note, err)
		}
		n++
	}
	if n != 2 || queries[1] != "cursor=c1&q=%22milk+%26+tea%22+-tag%3Ax&view=summary" {
		t.Errorf("%d notes by %q", n, queries)
	}
}

func TestEndlessLists(t *testing.T) {
	t.Parallel()
	for _, page := range []string{
		`{"notes":[` + noteJSON + `],"next_cursor":"same"}`,
		`{"notes":[],"next_cursor":"c%d"}`,
	} {
		pages := 0
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			pages++
			answer(w, 200, strings.ReplaceAll(page, "%d", fmt.Sprint(pages)))
		})
		var last error
		for _, err := range c.AllSummaries(t.Context(), api.ListOptions{}) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), "a list without an end") || pages > 2 {
			t.Errorf("%d pages, then %v", pages, last)
		}
	}
}
