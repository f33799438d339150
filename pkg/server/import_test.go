package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

func noonOf(n int) api.Time {
	return api.TimeOf(time.Date(2026, 1, n, 12, 0, 0, 123_000_000, time.UTC))
}

// aNote returns a note to import, with something in every field but the trash.
func aNote(id, body string) api.PortableNote {
	return api.PortableNote{
		ID: id, Title: "Title", Body: body, Tags: []string{"a", "b"}, Pinned: true, Archived: true, CreatedAt: noonOf(1), UpdatedAt: noonOf(2),
	}
}

func lineOf(t *testing.T, n api.PortableNote) string {
	t.Helper()
	line, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

func wantImport(t *testing.T, c *client.Client, notes []api.PortableNote, o api.ImportOptions, want api.ImportResult, opts ...client.CallOption) {
	t.Helper()
	got, err := c.Import(t.Context(), notes, o, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if want.KeptIDs == nil {
		want.KeptIDs = []string{}
	}
	if want.Failed == nil {
		want.Failed = []api.ImportFailure{}
	}
	want.Kept = len(want.KeptIDs)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

// exported returns all that an export gives.
func exported(t *testing.T, c *client.Client) []api.PortableNote {
	t.Helper()
	notes := []api.PortableNote{}
	for n, err := range c.Export(t.Context(), api.ExportOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		notes = append(notes, n)
	}
	return notes
}

func wantExported(t *testing.T, c *client.Client, want ...api.PortableNote) {
	t.Helper()
	slices.SortFunc(want, func(a, b api.PortableNote) int { return strings.Compare(a.ID, b.ID) })
	if diff := cmp.Diff(want, exported(t, c)); diff != "" {
		t.Errorf("what is there (-want +got):\n%s", diff)
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	a, b, trashed := aNote("aaaaaaaaaaaa", "a"), aNote("bbbbbbbbbbbb", "b"), aNote("cccccccccccc", "c")
	trashed.TrashedAt = new(api.TimeOf(f.clock.now().Add(-24 * time.Hour)))
	all := []api.PortableNote{a, b, trashed}

	wantImport(t, c, all, api.ImportOptions{DryRun: true}, api.ImportResult{Added: 3})
	wantExported(t, c, []api.PortableNote{}...)
	wantImport(t, c, all, api.ImportOptions{}, api.ImportResult{Added: 3})
	wantExported(t, c, all...)
	wantImport(t, c, all, api.ImportOptions{}, api.ImportResult{Unchanged: 3})
	wantImport(t, c, all, api.ImportOptions{Overwrite: true}, api.ImportResult{Unchanged: 3})

	other := b
	other.Title, other.Body, other.Tags, other.Pinned, other.Archived = "Other", "other", []string{"c"}, false, false
	other.CreatedAt, other.UpdatedAt, other.TrashedAt = noonOf(3), noonOf(4), trashed.TrashedAt
	wantImport(t, c, []api.PortableNote{a, other, trashed}, api.ImportOptions{}, api.ImportResult{Unchanged: 2, KeptIDs: []string{b.ID}})
	wantExported(t, c, all...)
	wantImport(t, c, []api.PortableNote{other}, api.ImportOptions{Overwrite: true, DryRun: true}, api.ImportResult{Replaced: 1})
	wantExported(t, c, all...)
	wantImport(t, c, []api.PortableNote{a, other}, api.ImportOptions{Overwrite: true}, api.ImportResult{Unchanged: 1, Replaced: 1})
	wantExported(t, c, a, other, trashed)

	if err := c.PurgeNote(t.Context(), trashed.ID); err != nil {
		t.Fatal(err)
	}
	wantImport(t, c, all, api.ImportOptions{Overwrite: true}, api.ImportResult{
		Unchanged: 1, Replaced: 1, Failed: []api.ImportFailure{{Line: 3, Detail: "this note was deleted for good"}},
	})
	wantExported(t, c, a, b)
	wantExported(t, f.user("bob"), []api.PortableNote{}...)
	wantImport(t, f.as(f.login("bob")), all, api.ImportOptions{}, api.ImportResult{Added: 3}) // ids are each user's own
}

// TestImportKeepsWhatItReplaces: the text goes to the history, also when the same
// session saved it a moment ago.
func TestImportKeepsWhatItReplaces(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	n := f.add(c, api.NewNote{ID: "aaaaaaaaaaaa", Title: "Title", Body: "first"})
	f.save(c, n.ID, "second")
	f.save(c, n.ID, "third")
	wantImport(t, c, []api.PortableNote{aNote(n.ID, "imported")}, api.ImportOptions{Overwrite: true}, api.ImportResult{Replaced: 1})
	var texts []string
	steps, err := f.store.ListRevisions(t.Context(), f.known("ann").ID, n.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		kept, err := f.store.Revision(t.Context(), f.known("ann").ID, n.ID, s.Revision)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, kept.Text.Body)
	}
	if !slices.Equal(texts, []string{"third", "first"}) {
		t.Errorf("the history has %q", texts)
	}
}

// TestImportAgain: a request whose answer was lost is answered the same again,
// and one note is written once by one operation.
func TestImportAgain(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	a, b := aNote("aaaaaaaaaaaa", "a"), aNote("bbbbbbbbbbbb", "b")
	wantImport(t, c, []api.PortableNote{a}, api.ImportOptions{}, api.ImportResult{Added: 1})
	changed := aNote(a.ID, "changed")
	once := client.WithOperation(api.NewID())
	for range 3 {
		wantImport(t, c, []api.PortableNote{changed, b}, api.ImportOptions{Overwrite: true}, api.ImportResult{Added: 1, Replaced: 1}, once)
		wantExported(t, c, changed, b)
	}
	if n := f.get(c, a.ID); n.Revision != 2 {
		t.Errorf("revision %d after the same import three times", n.Revision)
	}
	wantImport(t, c, []api.PortableNote{a}, api.ImportOptions{Overwrite: true}, api.ImportResult{KeptIDs: []string{a.ID}}, once)
	wantExported(t, c, changed, b)

	twice := []api.PortableNote{aNote("cccccccccccc", "first"), aNote("cccccccccccc", "first"), aNote("cccccccccccc", "second")}
	onceMore := client.WithOperation(api.NewID())
	for range 2 {
		wantImport(t, c, twice, api.ImportOptions{Overwrite: true},
			api.ImportResult{Added: 1, Unchanged: 1, KeptIDs: []string{"cccccccccccc"}}, onceMore)
		wantExported(t, c, changed, b, twice[0])
	}
}

// TestImportLines: each line is judged by itself.
func TestImportLines(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	good := func(id string) string { return lineOf(t, aNote(id, "body")) }
	with := func(old, new string) string {
		line := strings.Replace(good("999999999999"), old, new, 1)
		if line == good("999999999999") {
			t.Fatalf("there is no %s to replace", old)
		}
		return line
	}
	lines := []struct{ text, detail string }{
		{"\ufeff" + good("aaaaaaaaaaaa"), ""},
		{good("bbbbbbbbbbbb") + "\r", ""},
		{"", ""},
		{" \t\r", ""},
		{"{", "the JSON ends too early"},
		{"null", "id is missing"},
		{"[]", "the line must be a JSON object"},
		{good("999999999999") + good("999999999998"), "the line is not valid JSON at byte 196"},
		{"\ufeff" + good("999999999999"), "the line is not valid JSON at byte 0"},
		{with(`"id":"999999999999",`, ``), "id is missing"},
		{with(`"body":"body",`, ``), "body is missing"},
		{with(`"tags":["a","b"],`, ``), "tags is missing"},
		{with(`"tags":["a","b"]`, `"tags":null`), "tags is missing"},
		{with(`"pinned":true,`, ``), "pinned is missing"},
		{with(`"created_at"`, `"createdAt"`), `there is no member "createdAt"`},
		{with(`"title"`, `"TITLE"`), `there is no member "TITLE"`},
		{with(`{`, `{"revision":7,`), `there is no member "revision"`},
		{with(`{`, `{"owner":"bob",`), `there is no member "owner"`},
		{with(`{`, `{"id":"aaaaaaaaaaaa",`), `the member "id" is given twice`},
		{with(`999999999999`, `../../999999`), `"../../999999" is not an id`},
		{with(`999999999999`, ``), `"" is not an id`},
		{with(`2026-01-01`, `2026-01-32`), "created_at is not an RFC 3339 time"},
		{with(`"trashed_at":null`, `"trashed_at":"yesterday"`), "trashed_at is not an RFC 3339 time"},
		{with(`"Title"`, `"`+strings.Repeat("x", api.MaxTitle+1)+`"`), "the title is longer than 1 KiB"},
		{with(`"body":"body"`, `"body":"`+strings.Repeat("x", api.MaxBody+1)+`"`), "the body is longer than 1 MiB"},
		{with(`"body":"body"`, `"body":"a\u0000"`), "the body holds a NUL character"},
		{with(`"body":"body"`, `"body":"\ud800"`), "the line is not valid JSON at byte 45"},
		{with(`"body":"body"`, "\"body\":\"\xff\""), "the line is not valid JSON at byte 45"},
		{with(`["a","b"]`, `["a b"]`), `a tag is one word without spaces and commas: "a b"`},
		{with(`["a","b"]`, `[null]`), `a tag is one word without spaces and commas: ""`},
		{with(`["a","b"]`, strings.Repeat("[", 50)+strings.Repeat("]", 50)), "the JSON nests deeper than 32 levels"},
		{strings.Replace(good("cccccccccccc"), `["a","b"]`, `["B","a","b"]`, 1), ""}, // tags are brought into their form
		{strings.Replace(good("dddddddddddd"), `"trashed_at":null,`, ``, 1), ""},
		{strings.Replace(good("eeeeeeeeeeee"), `12:00:00.123Z`, `14:00:00.1239+02:00`, 2), ""},
	}
	var body strings.Builder
	var want []api.ImportFailure
	for i, line := range lines {
		body.WriteString(line.text + "\n")
		if line.detail != "" {
			want = append(want, api.ImportFailure{Line: i + 1, Detail: line.detail})
		}
	}
	ndjson := "Content-Type: " + api.MediaNDJSON
	a := f.do("POST", "/api/v1/import", strings.TrimSuffix(body.String(), "\n"), bearer(l), ndjson)
	var got api.ImportResult
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != 200 || got.Added != 5 {
		t.Fatalf("%d, %d added: %s", a.status, got.Added, a.body)
	}
	if diff := cmp.Diff(want, got.Failed); diff != "" {
		t.Errorf("failed (-want +got):\n%s", diff)
	}
	var notes []api.PortableNote
	for _, id := range []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc", "dddddddddddd", "eeeeeeeeeeee"} {
		notes = append(notes, aNote(id, "body"))
	}
	wantExported(t, f.as(l), notes...)
}

// TestImportRequests is what is refused as a whole.
func TestImportRequests(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	good := lineOf(t, aNote("aaaaaaaaaaaa", ""))
	ndjson := "Content-Type: " + api.MediaNDJSON
	for _, tt := range []struct {
		name, query, body string
		headers           []string
		status            int
		field             string
	}{
		{"JSON", "", good, nil, 415, ""},
		{"latin1", "", good, []string{ndjson + "; charset=latin1"}, 415, ""},
		{"compressed", "", good, []string{ndjson, "Content-Encoding: gzip"}, 415, ""},
		{"nothing", "", "", []string{ndjson}, 400, ""},
		{"a parameter", "?format=csv", good, []string{ndjson}, 400, "format"},
		{"maybe", "?overwrite=1", good, []string{ndjson}, 400, "overwrite"},
		{"twice", "?dry_run=true&dry_run=true", good, []string{ndjson}, 400, "dry_run"},
		{"an operation that is none", "", good, []string{ndjson, "Operation-Id: x"}, 400, "Operation-Id"},
		{"utf-8", "?overwrite=false&dry_run=true", good, []string{ndjson + "; charset=UTF-8"}, 200, ""},
	} {
		a := f.do("POST", "/api/v1/import"+tt.query, tt.body, append(tt.headers, bearer(l))...)
		if a.status != tt.status || a.problem.Field != tt.field {
			t.Errorf("%s: %d, field %q: %s", tt.name, a.status, a.problem.Field, a.body)
		}
	}
	for _, scope := range []api.Scope{api.ScopeRead, api.ScopeCreate} {
		if a := f.do("POST", "/api/v1/import", good, ndjson, "Authorization: Bearer "+f.token(l, scope).Token); a.status != 403 {
			t.Errorf("a token of scope %s: %d", scope, a.status)
		}
	}
	wantExported(t, f.as(l), []api.PortableNote{}...)
}

// TestImportFull: where there is no room for all notes, those that were there are
// seen to, and as many are added as there is room for.
func TestImportFull(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.MaxNotes = 10 })
	c := f.user("ann")
	var notes []api.PortableNote
	for i := range 14 {
		notes = append(notes, aNote(fmt.Sprintf("%012d", i), "body"))
	}
	wantImport(t, c, notes[:8], api.ImportOptions{}, api.ImportResult{Added: 8})
	const full = "there are 10 notes already, as many as this server keeps of one user; delete some for good first"
	var failed []api.ImportFailure
	for line := 11; line <= 14; line++ {
		failed = append(failed, api.ImportFailure{Line: line, Detail: full})
	}
	changed := slices.Clone(notes)
	changed[0].Body = "changed"
	want := api.ImportResult{Added: 2, Unchanged: 7, Replaced: 1, Failed: failed}
	wantImport(t, c, changed, api.ImportOptions{Overwrite: true, DryRun: true}, want)
	wantImport(t, c, changed, api.ImportOptions{Overwrite: true}, want)
	if n := len(exported(t, c)); n != 10 {
		t.Errorf("%d notes", n)
	}
}

// TestImportAtOnce: several who import the same notes at the same time make each
// of them once, and none of them fails.
func TestImportAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	var notes []api.PortableNote
	for i := range 1200 { // more than are written at a time
		notes = append(notes, aNote(fmt.Sprintf("%012d", i), "body"))
	}
	var mu sync.Mutex
	var all api.ImportResult
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			got, err := c.Import(t.Context(), notes, api.ImportOptions{})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			all.Added += got.Added
			all.Unchanged += got.Unchanged
		})
	}
	group.Wait()
	if all.Added != 1200 || all.Unchanged != 3*1200 {
		t.Errorf("%d added, %d unchanged", all.Added, all.Unchanged)
	}
	wantExported(t, c, notes...)
}

// meddled is the real store, in which somebody else writes to the notes between
// the look of an import at them and its own write.
type meddled struct {
	store.Store
	meddle func(writes []store.Write) error
}

func (s meddled) WriteNotes(ctx context.Context, writes []store.Write) []error {
	if err := s.meddle(writes); err != nil {
		return slices.Repeat([]error{err}, len(writes))
	}
	return s.Store.WriteNotes(ctx, writes)
}

// TestImportMeanwhile: an import looks again at what somebody else wrote in
// between, and gives up on a note where that never ends.
func TestImportMeanwhile(t *testing.T) {
	t.Parallel()
	var meddle func([]store.Write) error
	f := start(t, func(c *server.Config) {
		c.Store = meddled{c.Store, func(w []store.Write) error { return meddle(w) }}
	})
	c := f.user("ann")
	n := aNote("aaaaaaaaaaaa", "imported")
	left := 0
	meddle = func([]store.Write) error {
		if left--; left < 0 {
			return nil
		}
		if _, err := f.store.Note(t.Context(), f.known("ann").ID, n.ID); errors.Is(err, api.ErrNotFound) {
			f.add(c, api.NewNote{ID: n.ID, Body: "theirs"})
			return nil
		}
		f.save(c, n.ID, fmt.Sprint("theirs, ", left, " to come"))
		return nil
	}
	left = 1
	wantImport(t, c, []api.PortableNote{n}, api.ImportOptions{}, api.ImportResult{KeptIDs: []string{n.ID}})
	left = 3
	wantImport(t, c, []api.PortableNote{n}, api.ImportOptions{Overwrite: true}, api.ImportResult{Replaced: 1})
	wantExported(t, c, n)
	left = 1000
	other := aNote(n.ID, "other")
	wantImport(t, c, []api.PortableNote{other}, api.ImportOptions{Overwrite: true}, api.ImportResult{
		Failed: []api.ImportFailure{{Line: 1, Detail: "the note is being changed by somebody else, again and again"}},
	})
	meddle = func([]store.Write) error { return api.ErrUnavailable }
	if _, err := c.Import(t.Context(), []api.PortableNote{other}, api.ImportOptions{Overwrite: true}); !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("a store that is away: %v", err)
	}
}
