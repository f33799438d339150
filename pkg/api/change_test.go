package api_test

import (
	"net/url"
	"testing"

	"github.com/notesd/notesd/pkg/api"
)

func TestChangeOptionsRoundTrip(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]api.ChangeOptions{
		"":                    {Limit: api.DefaultPage},
		"since=e-1":           {Since: "e-1", Limit: api.DefaultPage},
		"limit=200&since=e-1": {Since: "e-1", Limit: 200},
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := api.ParseChangeOptions(values)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", query, got, err)
		}
		again, err := api.ParseChangeOptions(got.Values())
		if err != nil || again != want {
			t.Errorf("%s, again: %+v, %v", query, again, err)
		}
	}
}
