package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// ndjson answers with notes of these ids, and with what follows them.
func ndjson(w http.ResponseWriter, tail string, ids ...string) {
	w.Header().Set("Content-Type", api.MediaNDJSON)
	for _, id := range ids {
		_, _ = fmt.Fprintf(w, `{"id":%q,"title":"T"}`+"\n", id)
	}
	_, _ = io.WriteString(w, tail)
}

// export returns the ids that an export yields, and its error.
func export(t *testing.T, c *client.Client) (ids []string, failed error) {
	t.Helper()
	for n, err := range c.Export(t.Context(), api.ExportOptions{State: api.StateAll, Tags: []string{"t"}}) {
		if failed = err; err == nil {
			ids = append(ids, n.ID)
		}
	}
	return ids, failed
}

// TestExportGoesOn: an answer that ends too early, whether that shows or not, is
// not taken for all.
func TestExportGoesOn(t *testing.T) {
	t.Parallel()
	all := []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc", "dddddddddddd"}
	for name, end := range map[string]func(w http.ResponseWriter){
		"cut":                       func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"ended by a proxy":          func(http.ResponseWriter) {},
		"ended by a proxy midway":   func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"id":"bbb`) },
		"ended before the line did": func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"id":"eeeeeeeeeeee","title":"T"}`) },
	} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("state") != "all" || r.URL.Query().Get("tag") != "t" {
				t.Errorf("asked for %s", r.URL.RawQuery)
			}
			i, found := slices.BinarySearch(all, r.URL.Query().Get("after"))
			if found {
				i++
			}
			ndjson(w, "", all[i:min(i+1, len(all))]...)
			_ = http.NewResponseController(w).Flush()
			if i < len(all) {
				end(w)
			}
		})
		ids, err := export(t, c)
		if diff := cmp.Diff(all, ids); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestExportGivesUp: what is no export, or never ends, or never goes on, is an
// error.
func TestExportGivesUp(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		want    error  // or
		says    string // in the error
	}{
		"a page":        {func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, "{}\n") }, nil, "is not a notesd"},
		"the same":      {func(w http.ResponseWriter, _ *http.Request) { ndjson(w, "", "aaaaaaaaaaaa") }, nil, "no note behind"},
		"out of order":  {func(w http.ResponseWriter, _ *http.Request) { ndjson(w, "", "bbbbbbbbbbbb", "aaaaaaaaaaaa") }, nil, "no note behind"},
		"a path":        {func(w http.ResponseWriter, _ *http.Request) { ndjson(w, "", "../../../etc") }, nil, "no note behind"},
		"no JSON":       {func(w http.ResponseWriter, _ *http.Request) { ndjson(w, "<html>\n") }, nil, "no note behind"},
		"an empty line": {func(w http.ResponseWriter, _ *http.Request) { ndjson(w, "\n") }, nil, "no note behind"},
		"a long line":   {func(w http.ResponseWriter, _ *http.Request) { ndjson(w, strings.Repeat("x", 2*api.MaxRequest)) }, nil, "more than 8 MiB"},
		"away":          {func(w http.ResponseWriter, _ *http.Request) { problem(w, api.CodeUnavailable) }, api.ErrUnavailable, "because"},
		"logged out":    {func(w http.ResponseWriter, _ *http.Request) { problem(w, api.CodeUnauthorized) }, api.ErrUnauthorized, "because"},
		"always cut":    {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, api.ErrUnavailable, ""},
		"silent": {func(w http.ResponseWriter, r *http.Request) {
			ndjson(w, "")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, api.ErrUnavailable, "cut its answer short"},
	} {
		c := serve(t, tt.handler, client.WithTimeout(2*time.Second))
		_, err := export(t, c)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestImportAnswers(t *testing.T) {
	t.Parallel()
	told := `{"added":1,"unchanged":0,"kept":0,"replaced":0,"kept_ids":[],"failed":[]}`
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") != api.MediaNDJSON || !api.ValidID(r.Header.Get(api.HeaderOperation)) || r.URL.RawQuery != "dry_run=true&overwrite=true" {
			t.Errorf("sent %v to %s", r.Header, r.URL)
		}
		answer(w, 200, told)
	})
	o := api.ImportOptions{Overwrite: true, DryRun: true}
	if got, err := c.Import(t.Context(), []api.PortableNote{{ID: "aaaaaaaaaaaa"}}, o); err != nil || got.Added != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.Import(t.Context(), make([]api.PortableNote, 2), o); err == nil {
		t.Error("took an account of one note for two")
	}
	if _, err := c.Import(t.Context(), []api.PortableNote{{Body: "\xff"}}, o); !errors.Is(err, &api.Error{Code: api.CodeInvalid}) {
		t.Errorf("sent bytes: %v", err)
	}
	if _, err := c.ImportLines(t.Context(), make([]byte, api.MaxRequest+1), o); !errors.Is(err, &api.Error{Code: api.CodeTooLarge}) {
		t.Errorf("sent more than a server takes: %v", err)
	}
}
