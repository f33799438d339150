package api_test

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/notesd/notesd/pkg/api"
)

func TestListOptionsRoundTrip(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	january := api.TimeOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	february := api.TimeOf(january.AddDate(0, 1, 0))
	tests := []struct {
		name  string
		in    api.ListOptions
		query string
		want  api.ListOptions // with the defaults
	}{
		{"zero", api.ListOptions{}, "", api.ListOptions{State: "active", Sort: "updated", Order: "desc", View: "full", Limit: 50}},
		{
			"by title",
			api.ListOptions{Sort: api.SortTitle},
			"sort=title",
			api.ListOptions{State: "active", Sort: "title", Order: "asc", View: "full", Limit: 50},
		},
		{
			"by title backwards",
			api.ListOptions{Sort: api.SortTitle, Order: api.OrderDesc},
			"order=desc&sort=title",
			api.ListOptions{State: "active", Sort: "title", Order: "desc", View: "full", Limit: 50},
		},
		{
			"oldest first",
			api.ListOptions{Sort: api.SortCreated, Order: api.OrderAsc},
			"order=asc&sort=created",
			api.ListOptions{State: "active", Sort: "created", Order: "asc", View: "full", Limit: 50},
		},
		{
			"a search",
			api.ListOptions{Query: `"fresh milk" -tag:a&b`, Limit: 1},
			"limit=1&q=%22fresh+milk%22+-tag%3Aa%26b",
			api.ListOptions{Query: `"fresh milk" -tag:a&b`, State: "active", View: "full", Limit: 1},
		},
		{
			"not pinned",
			api.ListOptions{Pinned: &no},
			"pinned=false",
			api.ListOptions{State: "active", Pinned: &no, Sort: "updated", Order: "desc", View: "full", Limit: 50},
		},
		{
			"of January",
			api.ListOptions{Since: &january, Before: &february},
			"before=2026-02-01T00%3A00%3A00.000Z&since=2026-01-01T00%3A00%3A00.000Z",
			api.ListOptions{State: "active", Since: &january, Before: &february, Sort: "updated", Order: "desc", View: "full", Limit: 50},
		},
		{
			"everything",
			api.ListOptions{
				State: api.StateAll, Tags: []string{"home", "a&b"}, Pinned: &yes, ID: "k3", Sort: api.SortTitle,
				Order: api.OrderAsc, View: api.ViewSummary, Prefix: true, Limit: api.MaxPage, Cursor: "eyJ+/=",
			},
			"cursor=eyJ%2B%2F%3D&id=k3&limit=200&order=asc&pinned=true&prefix=true&sort=title&state=all&tag=home&tag=a%26b&view=summary",
			api.ListOptions{
				State: "all", Tags: []string{"home", "a&b"}, Pinned: &yes, ID: "k3", Sort: "title",
				Order: "asc", View: "summary", Prefix: true, Limit: 200, Cursor: "eyJ+/=",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			query := tt.in.Values().Encode()
			if query != tt.query {
				t.Errorf("query %q, want %q", query, tt.query)
			}
			values, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := api.ParseListOptions(values)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
			again, err := api.ParseListOptions(got.Values())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, again); diff != "" {
				t.Errorf("read again (-first +second):\n%s", diff)
			}
		})
	}
}

func TestParseListOptionsRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ query, field string }{
		{"state=", "state"},
		{"state=deleted", "state"},
		{"state=Active", "state"},
		{"sort=size", "sort"},
		{"order=up", "order"},
		{"view=short", "view"},
		{"pinned=1", "pinned"},
		{"pinned=True", "pinned"},
		{"prefix=yes", "prefix"},
		{"prefix=true", "prefix"},
		{"prefix=true&view=full", "prefix"},
		{"id=", "id"},
		{"since=", "since"},
		{"since=7d", "since"},
		{"since=2026-02-30", "since"},
		{"before=2026-01-31T12:00:00", "before"},
		{"before=2026-01-31&before=2026-01-31", "before"},
		{"id=O1", "id"},
		{"id=k3v9c0x7m2qab", "id"},
		{"limit=", "limit"},
		{"limit=0", "limit"},
		{"limit=-1", "limit"},
		{"limit=201", "limit"},
		{"limit=1.5", "limit"},
		{"limit=99999999999999999999", "limit"},
		{"state=all&state=all", "state"},
		{"cursor=a&cursor=b", "cursor"},
		{"q=", "q"},
		{"q=" + strings.Repeat("x", api.MaxQuery+1), "q"},
		{"q=%ff", "q"},
		{"q=milk&sort=updated", "sort"},
		{"q=milk&order=desc", "order"},
		{"q=milk&q=eggs", "q"},
		{"access_token=secret", "access_token"},
		{"STATE=all", "STATE"},
		{"zebra=1&apple=2", "apple"}, // of several, the same one each time
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			_, err = api.ParseListOptions(values)
			wantError(t, err, api.CodeInvalid, tt.field)
		})
	}
}

func TestParseListOptionsLimits(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, api.MaxPage} {
		got, err := api.ParseListOptions(url.Values{"limit": {strconv.Itoa(limit)}})
		if err != nil || got.Limit != limit {
			t.Errorf("limit %d: got %d, %v", limit, got.Limit, err)
		}
	}
}

// FuzzListOptions holds that a query that is taken means what it says: it stays
// the same when it is written and read again, and nothing in it goes unread.
func FuzzListOptions(f *testing.F) {
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Skip("no query")
		}
		o, err := api.ParseListOptions(values)
		if err != nil {
			if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != api.CodeInvalid || !values.Has(e.Field) {
				t.Errorf("%q: %#v", query, err)
			}
			return
		}
		written := o.Values()
		again, err := api.ParseListOptions(written)
		if err != nil || !cmp.Equal(o, again, cmpopts.EquateEmpty()) {
			t.Errorf("%q: read as %+v, then as %+v, %v", query, o, again, err)
		}
		for name, v := range values {
			if len(v) > 0 && v[0] != "" && name != "limit" && name != "prefix" && !slices.Equal(written[name], v) {
				t.Errorf("%q: %s=%q was read as %q", query, name, v, written[name])
			}
		}
		if o.Limit < 1 || o.Limit > api.MaxPage || o.ID != "" && !api.ValidIDPrefix(o.ID) || o.Prefix && o.View != api.ViewSummary {
			t.Errorf("%q: %+v", query, o)
		}
	})
}
