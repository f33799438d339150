package server

import (
	"bytes"
	stdjson "encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// FuzzImportLine holds that a line is a note that comes out as it went in, or is
// refused in one line of words; and that what is taken breaks none of the rules.
func FuzzImportLine(f *testing.F) {
	const good = `{"id":"aaaaaaaaaaaa","title":"T","body":"b","tags":["a"],"pinned":true,"archived":false,` +
		`"created_at":"2026-01-01T12:00:00.000Z","updated_at":"2026-01-02T12:00:00.000Z","trashed_at":null}`
	f.Add([]byte(good))
	for _, change := range [][2]string{
		{`"b"`, `"\ud83d\ude42\u0085"`},
		{`"b"`, `"\ud800"`},
		{`"b"`, "\"\xff\""},
		{`"b"`, `"\u0000"`},
		{`"a"`, `"É","e\u0301"`},
		{`"a"`, `"İ"`},
		{`null`, `"2026-01-01T12:00:00+14:00"`},
		{`null`, `"0000-01-01T00:00:00Z"`},
		{`true`, `null`},
		{`"title"`, `"Title"`},
		{`}`, `}}`},
		{`["a"]`, strings.Repeat("[", 40)},
		{`12:00`, `24:00`},
		{`"T"`, `"T","title":"U"`},
		{`"T"`, `1e3`},
	} {
		f.Add([]byte(strings.Replace(good, change[0], change[1], 1)))
	}
	now := api.TimeOf(time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC))
	i := &importer{operation: store.Operation{Owner: "owner", At: now}, trashNow: now}
	f.Fuzz(func(t *testing.T, line []byte) {
		n, err := i.parse(line)
		if err != nil {
			if api.ErrorCode(err) == api.CodeInternal || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%q is refused with %q", line, err)
			}
			return
		}
		if err := strictJSON(bytes.ReplaceAll(line, []byte("null"), []byte("true"))); err != nil {
			t.Fatalf("%q was taken: %v", line, err)
		}
		p := portable(n)
		if err := (api.NewNote{ID: p.ID, Title: p.Title, Body: p.Body, Tags: p.Tags}).Validate(); err != nil || p.ID == "" {
			t.Errorf("%q was taken for %+v: %v", line, p, err)
		}
		var other api.PortableNote
		if err := stdjson.Unmarshal(line, &other); err != nil || other.Title != p.Title || other.Body != p.Body || other.CreatedAt != p.CreatedAt {
			t.Errorf("%q means something else to encoding/json: %+v, %v", line, other, err)
		}
		written, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := i.parse(written)
		if diff := cmp.Diff(n, again); diff != "" || err != nil {
			t.Errorf("%q was written as %q and read as something else: %v\n%s", line, written, err, diff)
		}
	})
}
