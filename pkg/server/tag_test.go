package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

// addTagged makes notes with these tags and returns their ids.
func addTagged(t *testing.T, c *client.Client, n int, tags ...string) []string {
	t.Helper()
	const atOnce = 16 // they share their waits for the disk
	ids := make([]string, n)
	var group sync.WaitGroup
	for first := range min(n, atOnce) {
		group.Go(func() {
			for i := first; i < n; i += atOnce {
				note, err := c.CreateNote(t.Context(), api.NewNote{Title: fmt.Sprint("note ", i), Tags: tags})
				if err != nil {
					t.Error(err)
				}
				ids[i] = note.ID
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return ids
}

func wantTags(t *testing.T, c *client.Client, want ...api.TagCount) {
	t.Helper()
	got, err := c.ListTags(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c, ctx := f.as(l), t.Context()
	wantTags(t, c, []api.TagCount{}...)
	addTagged(t, c, 2, "Home", "été")
	gone := addTagged(t, c, 1, "home", "gone")[0]
	wantTags(t, c, api.TagCount{Tag: "gone", Count: 1}, api.TagCount{Tag: "home", Count: 3}, api.TagCount{Tag: "été", Count: 2})

	tags := func(headers ...string) answer { return f.do("GET", "/api/v1/tags", "", append(headers, bearer(l))...) }
	etag := tags().header.Get("ETag")
	if a := tags("If-None-Match: " + etag); a.status != http.StatusNotModified || a.body != "" {
		t.Errorf("unchanged: %d %q", a.status, a.body)
	}
	if err := c.TrashNote(ctx, gone); err != nil {
		t.Fatal(err)
	}
	if a := tags("If-None-Match: " + etag); a.status != http.StatusOK {
		t.Errorf("changed: %d", a.status)
	}
	wantTags(t, c, api.TagCount{Tag: "home", Count: 2}, api.TagCount{Tag: "été", Count: 2})
	wantTags(t, f.user("bob"), []api.TagCount{}...)
	if a := f.do("GET", "/api/v1/notes?%23tags", "", bearer(l)); a.status != http.StatusBadRequest {
		t.Errorf("the place of the tags in the cache of pages is to be had as a query: %d", a.status)
	}
}

// TestRenameTag renames and merges in every state, leaves the order of the lists
// as it is, and all else that a note has.
func TestRenameTag(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, ctx := f.user("ann"), t.Context()
	ids := addTagged(t, c, 3, "Home", "other")
	both := addTagged(t, c, 1, "home", "house")[0]
	addTagged(t, f.user("bob"), 1, "home")
	if _, err := c.UpdateNote(ctx, ids[1], client.AnyRevision, api.NotePatch{Archived: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	if err := c.TrashNote(ctx, ids[2]); err != nil {
		t.Fatal(err)
	}
	before := allNotes(t, c)
	f.clock.advance(time.Hour)

	done, err := c.RenameTag(ctx, "HOME", "House")
	if err != nil || done != (api.TagRenamed{Tag: "house", Changed: 4}) {
		t.Fatalf("rename: %+v, %v", done, err)
	}
	for id, n := range before {
		n.Revision++
		n.Tags = []string{"house", "other"}
		if id == both {
			n.Tags = []string{"house"}
		}
		before[id] = n
	}
	if diff := cmp.Diff(before, allNotes(t, c)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	wantTags(t, c, api.TagCount{Tag: "house", Count: 3}, api.TagCount{Tag: "other", Count: 2})
	wantTags(t, f.as(f.login("bob")), api.TagCount{Tag: "home", Count: 1})

	if done, err := c.RenameTag(ctx, "house", "HOUSE"); err != nil || done.Changed != 0 || done.More {
		t.Errorf("the same name: %+v, %v", done, err)
	}
	for _, tag := range []string{"home", "gone"} {
		if _, err := c.RenameTag(ctx, tag, "gone"); !errors.Is(err, api.ErrNotFound) {
			t.Errorf("no such tag: %v", err)
		}
	}
}

// allNotes returns all notes in all states by their ids.
func allNotes(t *testing.T, c *client.Client) map[string]api.Note {
	t.Helper()
	all := map[string]api.Note{}
	for n, err := range c.AllNotes(t.Context(), api.ListOptions{State: api.StateAll}) {
		if err != nil {
			t.Fatal(err)
		}
		all[n.ID] = n
	}
	return all
}

func TestRenameTagNames(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c := f.as(l)
	for _, tag := range []string{"a/b", "..", ".", "100%", "a+b", "c#", "what?", "é", "日本語", "🙂", "a%2fb", `"`, "<b>", "%", "a;b", ":tag"} {
		id := addTagged(t, c, 1, tag)[0]
		done, err := c.RenameTag(t.Context(), tag, "plain")
		if err != nil || done.Changed != 1 {
			t.Errorf("%q: %+v, %v", tag, done, err)
		}
		if done, err = c.RenameTag(t.Context(), "plain", tag); err != nil || done.Changed != 1 || done.Tag != tag {
			t.Errorf("back to %q: %+v, %v", tag, done, err)
		}
		if n, err := c.Note(t.Context(), id); err != nil || !slices.Equal(n.Tags, []string{tag}) {
			t.Errorf("%q became %q, %v", tag, n.Tags, err)
		}
	}
	if done, err := c.RenameTag(t.Context(), "e\u0301", "E"); err != nil || done.Changed != 1 {
		t.Errorf("an accent of its own: %+v, %v", done, err)
	}
	for name, want := range map[string]int{
		`{"name":"a b"}`: 400, `{"name":""}`: 400, `{"name":"a,b"}`: 400, `{"name":"a\nb"}`: 400, `{}`: 400,
		`{"name":"` + strings.Repeat("x", api.MaxTag+1) + `"}`: 413,
	} {
		if a := f.do("PATCH", "/api/v1/tags/e", name, bearer(l)); a.status != want || a.problem.Field != "name" {
			t.Errorf("%s: %d, field %q: %s", name, a.status, a.problem.Field, a.problem.Detail)
		}
	}
	if a := f.do("PATCH", "/api/v1/tags/e?force=true", `{"name":"x"}`, bearer(l)); a.status != 400 {
		t.Errorf("a parameter: %d", a.status)
	}
}

// slowWrites is the real store, in which the first writes of many notes fail or
// take their time.
type slowWrites struct {
	store.Store
	write func() error
}

func (s slowWrites) WriteNotes(ctx context.Context, writes []store.Write) []error {
	if err := s.write(); err != nil {
		half := s.Store.WriteNotes(ctx, writes[:len(writes)/2])
		return append(half, slices.Repeat([]error{err}, len(writes)-len(half))...)
	}
	return s.Store.WriteNotes(ctx, writes)
}

// TestRenameTagInParts ends a rename after each batch, as too many notes do, and
// in the middle of one, as a fault does. The same operation does the rest, and
// nothing twice.
func TestRenameTagInParts(t *testing.T) {
	t.Parallel()
	var write func() error
	f := start(t, func(c *server.Config) { c.Store = slowWrites{c.Store, func() error { return write() }} })
	c, ctx := f.user("ann"), t.Context()
	const notes = 250
	ids := addTagged(t, c, notes, "from")

	operation := client.WithOperation("0p0p0p0p0p0p")
	write = func() error { f.clock.advance(time.Minute); return nil }
	for range 2 {
		if done, err := c.RenameTag(ctx, "from", "to", operation); err != nil || done.Changed != 100 || !done.More {
			t.Fatalf("after one batch more: %+v, %v", done, err)
		}
	}
	attempts := 0
	write = func() error {
		if attempts++; attempts == 1 {
			return api.ErrUnavailable
		}
		return nil
	}
	for _, want := range []int{25, 0} { // of 50, the fault came when half were done; then all are
		done, err := c.RenameTag(ctx, "from", "to", operation)
		if err != nil || done != (api.TagRenamed{Tag: "to", Changed: want}) {
			t.Fatalf("the rest: %+v, %v", done, err)
		}
	}
	if attempts != 2 {
		t.Errorf("%d writes after the fault", attempts)
	}
	wantTags(t, c, api.TagCount{Tag: "to", Count: notes})
	for _, id := range ids {
		if n, err := c.Note(ctx, id); err != nil || n.Revision != 2 {
			t.Fatalf("revision %d, %v", n.Revision, err)
		}
	}
	if list, err := c.ListOperations(ctx); err != nil || list[0].ID != "0p0p0p0p0p0p" || list[0].Notes != notes || list[1].Action != api.ActionCreate {
		t.Errorf("it is not one operation: %+v, %v", list[:2], err)
	}
	if _, err := c.RenameTag(ctx, "from", "to", client.WithOperation("0p0p0p0p0p0q")); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("another operation: %v", err)
	}
}

// TestRenameTagWhileOthersWrite renames the tag of 500 notes while other clients
// edit, archive and tag the same notes: none of what they did is lost, and no
// note keeps the old tag.
func TestRenameTagWhileOthersWrite(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c, ctx := f.as(l), t.Context()
	const notes, writers = 500, 4
	ids := addTagged(t, c, notes, "from", "kept")
	begun, stop := make(chan struct{}, writers), make(chan struct{})
	edits := make([][]string, writers)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			c := f.as(l)
			for i := w; ; i = (i + writers) % notes { // each has notes of its own
				text := fmt.Sprint("edit ", len(edits[w]))
				if _, err := c.AppendNote(ctx, ids[i], text); err != nil {
					t.Error(err)
					return
				}
				edits[w] = append(edits[w], ids[i])
				select {
				case begun <- struct{}{}:
				default:
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	<-begun
	operation := client.WithOperation(api.NewID())
	done, err := c.RenameTag(ctx, "from", "to", operation)
	changed := done.Changed
	for err == nil && done.More {
		done, err = c.RenameTag(ctx, "from", "to", operation)
		changed += done.Changed
	}
	close(stop)
	group.Wait()
	if err != nil || changed != notes {
		t.Fatalf("rename: %+v, %v", done, err)
	}
	all := allNotes(t, c)
	for _, id := range ids {
		if got := all[id].Tags; !slices.Equal(got, []string{"kept", "to"}) {
			t.Errorf("%s has tags %q", id, got)
		}
	}
	for _, mine := range edits {
		for n, id := range mine {
			if !slices.Contains(strings.Split(all[id].Body, "\n"), fmt.Sprint("edit ", n)) {
				t.Errorf("%s lost edit %d", id, n)
			}
		}
	}
}

// TestTrashSaysUntilWhen wants the day on which a note goes in every answer
// about a note in the trash, and that it is the day on which it does.
func TestTrashSaysUntilWhen(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, ctx := f.user("ann"), t.Context()
	id := addTagged(t, c, 1)[0]
	if err := c.TrashNote(ctx, id); err != nil {
		t.Fatal(err)
	}
	n, err := c.Note(ctx, id)
	if err != nil || n.TrashedAt == nil || n.ExpiresAt == nil || n.ExpiresAt.Sub(n.TrashedAt.Time) != 30*24*time.Hour {
		t.Fatalf("in the trash: %+v, %v", n, err)
	}
	page, err := c.ListNotes(ctx, api.ListOptions{State: api.StateTrashed})
	if err != nil || !cmp.Equal(page.Notes, []api.Note{n}) {
		t.Errorf("in a list: %+v, %v", page.Notes, err)
	}
	summaries, err := c.ListSummaries(ctx, api.ListOptions{State: api.StateAll})
	if err != nil || !cmp.Equal(summaries.Notes[0].ExpiresAt, n.ExpiresAt) {
		t.Errorf("in a summary: %+v, %v", summaries.Notes, err)
	}
	_, err = c.UpdateNote(ctx, id, 1, api.NotePatch{Title: ptr("late")})
	if stale, ok := errors.AsType[*client.Error](err); !ok || stale.Note == nil || !cmp.Equal(stale.Note.ExpiresAt, n.ExpiresAt) {
		t.Errorf("in a stale answer: %v", err)
	}
	if n, err = c.RestoreNote(ctx, id); err != nil || n.ExpiresAt != nil {
		t.Errorf("restored: %+v, %v", n, err)
	}
}

func TestListDates(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c := f.as(l)
	for day, title := range []string{"first", "second", "third"} {
		at := api.TimeOf(time.Date(2026, 1, 30+day, 0, 0, 0, 0, time.UTC))
		if _, err := c.CreateNote(t.Context(), api.NewNote{Title: title, UpdatedAt: &at}); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]string{
		"since=2026-01-31":                      "third second",
		"before=2026-01-31":                     "first",
		"since=2026-01-31&before=2026-02-01":    "second",
		"since=2026-01-31&before=2026-01-31":    "",
		"since=2026-01-31T00:00:00.001Z":        "third",
		"since=2026-01-31T01:00:00%2B01:00":     "third second",
		"before=2026-01-31T00:00:00.001-00:00":  "second first",
		"since=1999-01-01&order=asc&sort=title": "first second third",
	} {
		a := f.do("GET", "/api/v1/notes?limit=200&"+query, "", bearer(l))
		var titles []string
		for _, part := range strings.Split(a.body, `"title":"`)[1:] {
			title, _, _ := strings.Cut(part, `"`)
			titles = append(titles, title)
		}
		if got := strings.Join(titles, " "); a.status != 200 || got != want {
			t.Errorf("%s: %d, %q, want %q", query, a.status, got, want)
		}
	}
	for _, value := range []string{"", "yesterday", "2026-02-30", "2026-1-1", "7d", "2026-01-31T00:00:00", "2026-01-31T00:00:00+01:00"} {
		for _, name := range []string{"since", "before"} {
			if a := f.do("GET", "/api/v1/notes?"+name+"="+value, "", bearer(l)); a.status != 400 || a.problem.Field != name {
				t.Errorf("%s=%s: %d, field %q", name, value, a.status, a.problem.Field)
			}
		}
	}
}
