package server_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

func TestListPages(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, ctx := f.user("ann"), t.Context()
	want := map[string]bool{}
	for i := range 23 {
		f.clock.advance(time.Duration(i%3) * time.Millisecond) // some share their time
		n, err := c.CreateNote(ctx, api.NewNote{Title: fmt.Sprint("Title ", i%5), Body: "text"})
		if err != nil {
			t.Fatal(err)
		}
		want[n.ID] = true
	}
	for _, o := range []api.ListOptions{
		{}, {Sort: api.SortTitle}, {Sort: api.SortTitle, Order: api.OrderDesc}, {Sort: api.SortCreated, Order: api.OrderAsc}, {State: api.StateAll},
	} {
		o.Limit = 4
		seen := map[string]bool{}
		for n, err := range c.AllSummaries(ctx, o) {
			if err != nil {
				t.Fatal(err)
			}
			if seen[n.ID] {
				t.Errorf("%+v: %s twice", o, n.ID)
			}
			seen[n.ID] = true
		}
		if len(seen) != len(want) {
			t.Errorf("%+v: %d of %d notes", o, len(seen), len(want))
		}
	}
}

func TestListPageBytes(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, ctx := f.user("ann"), t.Context()
	for range 6 {
		if _, err := c.CreateNote(ctx, api.NewNote{Body: strings.Repeat("x", api.MaxBody)}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := c.ListNotes(ctx, api.ListOptions{})
	if err != nil || len(page.Notes) != 4 || page.NextCursor == "" {
		t.Errorf("%d notes of 1 MiB on a page, cursor %q, %v", len(page.Notes), page.NextCursor, err)
	}
	summaries, err := c.ListSummaries(ctx, api.ListOptions{})
	if err != nil || len(summaries.Notes) != 6 {
		t.Errorf("%d summaries, %v", len(summaries.Notes), err)
	}
}

func TestListQueryErrors(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c := f.as(l)
	for range 2 {
		if _, err := c.CreateNote(t.Context(), api.NewNote{Title: "t"}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := c.ListNotes(t.Context(), api.ListOptions{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for query, field := range map[string]string{
		"state=gone": "state", "sort=size": "sort", "order=up": "order", "view=raw": "view", "limit=0": "limit",
		"limit=201": "limit", "limit=x": "limit", "pinned=1": "pinned", "id=ilou": "id", "tag=a%20b": "tag",
		"cursor=abc": "cursor", "cursor=" + page.NextCursor + "&sort=title": "cursor", "q=": "q", "q=milk&sort=title": "sort", "q=milk&order=asc": "order", "state=all&state=all": "state",
		"prefix=true": "prefix", "prefix=yes": "prefix", "limit=" + url.QueryEscape("1\x00"): "limit", "%zz": "", "token=abc": "token",
	} {
		if a := f.do("GET", "/api/v1/notes?"+query, "", bearer(l)); a.status != 400 || a.problem.Field != field {
			t.Errorf("?%s: %d, field %q: %s", query, a.status, a.problem.Field, a.problem.Detail)
		}
	}
}

func TestListETag(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ann, bob := f.signup("ann"), f.signup("bob")
	list := func(l api.Login, headers ...string) answer {
		return f.do("GET", "/api/v1/notes", "", append(headers, bearer(l))...)
	}
	tag := list(ann).header.Get("ETag")
	if tag == "" || tag == list(bob).header.Get("ETag") {
		t.Fatalf("two empty lists of two people must not share the ETag %q", tag)
	}
	if a := list(ann, "If-None-Match: "+tag); a.status != 304 || a.body != "" {
		t.Errorf("unchanged: %d %q", a.status, a.body)
	}
	if _, err := f.as(ann).CreateNote(t.Context(), api.NewNote{Title: "t"}); err != nil {
		t.Fatal(err)
	}
	if a := list(ann, "If-None-Match: "+tag); a.status != 200 {
		t.Errorf("changed: %d", a.status)
	}
}

func TestPrefixes(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, ctx := f.user("ann"), t.Context()
	ids := []string{"aaaa00000000", "aaab00000000", "ab0000000000", "b00000000000", "zzzzzzzzzzz0", "zzzzzzzzzzz1"}
	for _, id := range ids {
		if _, err := c.CreateNote(ctx, api.NewNote{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.TrashNote(ctx, "aaab00000000"); err != nil { // still shares its beginning
		t.Fatal(err)
	}
	page, err := c.ListSummaries(ctx, api.ListOptions{Prefix: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range page.Notes {
		got = append(got, n.Prefix)
	}
	slices.Sort(got)
	if want := []string{"aaaa", "ab", "b", "zzzzzzzzzzz0", "zzzzzzzzzzz1"}; !slices.Equal(got, want) {
		t.Errorf("prefixes %q, want %q", got, want)
	}
	for _, n := range page.Notes {
		hits, err := c.ListSummaries(ctx, api.ListOptions{ID: n.Prefix, State: api.StateAll})
		if err != nil || len(hits.Notes) != 1 {
			t.Errorf("%s finds %d notes, %v", n.Prefix, len(hits.Notes), err)
		}
	}
}
