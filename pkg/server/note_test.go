package server_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func TestNoteLife(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, ctx := f.user("ann"), t.Context()

	n, err := c.CreateNote(ctx, api.NewNote{Title: "Shopping", Body: "milk", Tags: []string{"Home", "food", "home"}})
	if err != nil {
		t.Fatal(err)
	}
	if n.Revision != 1 || !cmp.Equal(n.Tags, []string{"food", "home"}) || n.TrashedAt != nil || n.CreatedAt != n.UpdatedAt {
		t.Errorf("created: %+v", n)
	}

	f.clock.advance(time.Second)
	pinned, err := c.UpdateNote(ctx, n.ID, 1, api.NotePatch{Pinned: ptr(true)})
	if err != nil {
		t.Fatal(err)
	}
	if pinned.Revision != 2 || !pinned.Pinned || pinned.UpdatedAt != n.UpdatedAt {
		t.Errorf("pinning raises the revision and leaves updated_at: %+v", pinned)
	}
	edited, err := c.UpdateNote(ctx, n.ID, 2, api.NotePatch{Body: ptr("milk\nbread\n")})
	if err != nil {
		t.Fatal(err)
	}
	if edited.Revision != 3 || !edited.UpdatedAt.After(n.UpdatedAt.Time) || edited.Title != "Shopping" {
		t.Errorf("edited: %+v", edited)
	}
	same, err := c.UpdateNote(ctx, n.ID, 3, api.NotePatch{Body: ptr("milk\nbread\n")})
	if err != nil || !cmp.Equal(same, edited) {
		t.Errorf("a patch without a difference changed the note: %v %s", err, cmp.Diff(edited, same))
	}

	_, err = c.UpdateNote(ctx, n.ID, 2, api.NotePatch{Body: ptr("lost?")})
	stale, ok := errors.AsType[*client.Error](err)
	if !ok || !errors.Is(err, api.ErrStale) || stale.Note == nil || !cmp.Equal(*stale.Note, edited) {
		t.Errorf("a stale update must carry the note as it is: %v", err)
	}
	last, err := c.UpdateNote(ctx, n.ID, client.AnyRevision, api.NotePatch{Title: ptr("Groceries")})
	if err != nil || last.Revision != 4 || last.Body != edited.Body {
		t.Errorf("last write wins: %v %+v", err, last)
	}

	if err := c.PurgeNote(ctx, n.ID); api.ErrorCode(err) != api.CodeUnprocessable {
		t.Errorf("purge from outside the trash: %v", err)
	}
	for range 2 { // the second time it is there already
		if err := c.TrashNote(ctx, n.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := c.Note(ctx, n.ID); err != nil || got.TrashedAt == nil || got.Revision != 5 {
		t.Errorf("in the trash: %v %+v", err, got)
	}
	restored, err := c.RestoreNote(ctx, n.ID)
	if err != nil || restored.TrashedAt != nil || restored.Revision != 6 {
		t.Errorf("restored: %v %+v", err, restored)
	}
	if err := errors.Join(c.TrashNote(ctx, n.ID), c.PurgeNote(ctx, n.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Note(ctx, n.ID); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("a purged note: %v", err)
	}
	if _, err := c.CreateNote(ctx, api.NewNote{ID: n.ID, Title: "again"}); !errors.Is(err, api.ErrGone) {
		t.Errorf("the id of a purged note: %v", err)
	}
}

func TestCreateAgain(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	auth := bearer(l)

	const note = `{"id":"k3k3k3k3k3k3","title":"one","body":"text","tags":["a"]}`
	first := f.do("POST", "/api/v1/notes", note, auth)
	if first.status != 201 || first.header.Get("Location") != "/api/v1/notes/k3k3k3k3k3k3" || first.header.Get("ETag") != `"1"` {
		t.Fatalf("create: %d %v", first.status, first.header)
	}
	if again := f.do("POST", "/api/v1/notes", note, auth); again.status != 200 || again.body != first.body {
		t.Errorf("the same again: %d %s", again.status, again.body)
	}
	if other := f.do("POST", "/api/v1/notes", strings.Replace(note, "text", "else", 1), auth); other.status != 409 || other.problem.Field != "id" {
		t.Errorf("other content: %d %s", other.status, other.body)
	}
	if bob := f.do("POST", "/api/v1/notes", note, bearer(f.signup("bob"))); bob.status != 201 {
		t.Errorf("the same id of another user: %d %s", bob.status, bob.body)
	}

	const op = "Operation-Id: 0p0p0p0p0p0p"
	made := f.do("POST", "/api/v1/notes", `{"title":"by operation"}`, auth, op)
	repeat := f.do("POST", "/api/v1/notes", `{"title":"by operation"}`, auth, op)
	if made.status != 201 || repeat.status != 200 || made.body != repeat.body {
		t.Errorf("repeat of an operation: %d %d %s", made.status, repeat.status, repeat.body)
	}
	if second := f.do("POST", "/api/v1/notes", `{"title":"another of it"}`, auth, op); second.status != 201 {
		t.Errorf("another note of the operation: %d", second.status)
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, ctx := f.user("ann"), t.Context()
	n, err := c.CreateNote(ctx, api.NewNote{Title: "log"})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two\n", "three"} {
		if _, err := c.AppendNote(ctx, n.ID, text); err != nil {
			t.Fatal(err)
		}
	}
	operation := api.NewID()
	for range 3 {
		n, err = c.AppendNote(ctx, n.ID, "four", client.WithOperation(operation))
		if err != nil {
			t.Fatal(err)
		}
	}
	if n.Body != "one\ntwo\nthree\nfour" {
		t.Errorf("body %q", n.Body)
	}
	if _, err := c.AppendNote(ctx, n.ID, strings.Repeat("x", api.MaxBody)); api.ErrorCode(err) != api.CodeTooLarge {
		t.Errorf("over the limit: %v", err)
	}
}

func TestTextByteForByte(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, ctx := f.user("ann"), t.Context()
	for _, text := range []string{
		"", " ", "\r\n\t", "e\u0301 é", "\u202eabc", "👩‍👩‍👧", "\U0010ffff", "\u0001\u007f\u0085", "</script>\u2028", "\ufeff", "{\"$ne\":null}", strings.Repeat("ж", api.MaxBody/2),
	} {
		n, err := c.CreateNote(ctx, api.NewNote{Title: "t", Body: text})
		if err != nil {
			t.Fatalf("%.20q: %v", text, err)
		}
		if got, err := c.Note(ctx, n.ID); err != nil || got.Body != text {
			t.Errorf("%.20q came back as %.20q (%v)", text, got.Body, err)
		}
	}
}

func TestMarkdownAnswer(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	n, err := f.as(l).CreateNote(t.Context(), api.NewNote{Title: "t", Body: "# head\n"})
	if err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/notes/" + n.ID
	md := f.do("GET", path, "", bearer(l), "Accept: text/markdown")
	if md.body != "# head\n" || md.header.Get("Content-Type") != "text/markdown; charset=utf-8" || md.header.Get("ETag") != `"1-md"` {
		t.Errorf("markdown: %+v", md)
	}
	for tag, want := range map[string]int{`"1-md"`: 304, `W/"1-md"`: 304, `"1"`: 200, `"7", "1-md"`: 304} {
		if a := f.do("GET", path, "", bearer(l), "Accept: text/markdown", "If-None-Match: "+tag); a.status != want {
			t.Errorf("If-None-Match %s: %d", tag, a.status)
		}
	}
	if a := f.do("GET", path, "", bearer(l), `If-None-Match: "1"`); a.status != 304 || a.body != "" {
		t.Errorf("json: %d", a.status)
	}
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	n, err := f.as(l).CreateNote(t.Context(), api.NewNote{Title: "t"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		header string
		status int
		code   api.Code
	}{
		{"", 428, api.CodePrecondition},
		{`"9"`, 412, api.CodeStale},
		{`"abc"`, 412, api.CodeStale},
		{`"0"`, 412, api.CodeStale},
		{`"-1"`, 412, api.CodeStale},
		{`"01"`, 412, api.CodeStale},
		{"1", 400, api.CodeInvalid},
		{`"1", "2"`, 400, api.CodeInvalid},
		{`"1"`, 200, ""},
		{`W/"2"`, 200, ""},
		{`"3-gzip"`, 200, ""},
		{"*", 200, ""},
	} {
		var headers []string
		if tt.header != "" {
			headers = []string{"If-Match: " + tt.header}
		}
		body := `{"body":"` + strings.Repeat("x", len(tt.header)+1) + `"}`
		a := f.do("PATCH", "/api/v1/notes/"+n.ID, body, append(headers, bearer(l))...)
		if a.status != tt.status || a.problem.Code != tt.code {
			t.Errorf("If-Match %s: %d %s", tt.header, a.status, a.body)
		}
		if tt.code == api.CodeStale && (a.problem.Note == nil || a.problem.Note.ID != n.ID) {
			t.Errorf("If-Match %s: the note is missing: %s", tt.header, a.body)
		}
	}
}

func TestEmptyTrash(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c, ctx := f.as(l), t.Context()
	for i := range 3 {
		n, err := c.CreateNote(ctx, api.NewNote{Title: "t"})
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			if err := c.TrashNote(ctx, n.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, query := range []string{"", "?state=active", "?state=all", "?state=trashed&state=trashed"} {
		if a := f.do("DELETE", "/api/v1/notes"+query, "", bearer(l)); a.status != 400 {
			t.Errorf("DELETE /notes%s: %d", query, a.status)
		}
	}
	if n, err := c.EmptyTrash(ctx); err != nil || n != 2 {
		t.Errorf("emptied %d, %v", n, err)
	}
	page, err := c.ListNotes(ctx, api.ListOptions{State: api.StateAll})
	if err != nil || len(page.Notes) != 1 {
		t.Errorf("left: %d, %v", len(page.Notes), err)
	}
}
