package server_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// changesSince returns what became of the notes since a cursor, and the next one.
func changesSince(t *testing.T, c *client.Client, cursor string) ([]api.Change, string) {
	t.Helper()
	l, err := c.ListChanges(t.Context(), api.ChangeOptions{Since: cursor})
	if err != nil {
		t.Fatal(err)
	}
	if l.More {
		t.Fatal("there is more")
	}
	return l.Changes, l.Cursor
}

// TestChanges does to a note what can be done to one.
func TestChanges(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ann, bob := f.as(f.signup("ann")), f.as(f.signup("bob"))
	_, cursor := changesSince(t, ann, "")
	_, bobs := changesSince(t, bob, "")

	want := func(kind api.ChangeKind, n api.Note) {
		t.Helper()
		got, next := changesSince(t, ann, cursor)
		w := api.Change{ChangeMeta: api.ChangeMeta{Kind: kind, ID: n.ID, Revision: n.Revision}}
		if kind != api.ChangePurged {
			w.Note = &n
		}
		if d := cmp.Diff([]api.Change{w}, got); d != "" {
			t.Errorf("changes (-want +got):\n%s", d)
		}
		cursor = next
	}
	ctx := t.Context()
	n, err := ann.CreateNote(ctx, api.NewNote{Title: "Milk", Body: "two litres"})
	must(t, err)
	want(api.ChangeSaved, n)
	n, err = ann.UpdateNote(ctx, n.ID, n.Revision, api.NotePatch{Archived: new(true)})
	must(t, err)
	want(api.ChangeSaved, n)
	must(t, ann.TrashNote(ctx, n.ID))
	n, err = ann.Note(ctx, n.ID)
	must(t, err)
	want(api.ChangeTrashed, n)
	must(t, ann.PurgeNote(ctx, n.ID))
	n.Revision++
	want(api.ChangePurged, n)

	if got, _ := changesSince(t, ann, cursor); len(got) > 0 {
		t.Errorf("nothing was written, and the changes are %+v", got)
	}
	if got, _ := changesSince(t, bob, bobs); len(got) > 0 {
		t.Errorf("another user sees %+v", got)
	}
}

// must ends the test at an error nobody expects.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestChangesInParts(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c := f.as(l)
	o := api.ChangeOptions{Limit: 3}
	first, err := c.ListChanges(t.Context(), o)
	must(t, err)
	ids := addTagged(t, c, 7)
	seen := map[string]bool{}
	for o.Since = first.Cursor; ; {
		part, err := c.ListChanges(t.Context(), o)
		must(t, err)
		for _, v := range part.Changes {
			seen[v.ID] = true
		}
		if o.Since = part.Cursor; !part.More {
			break
		}
	}
	for _, id := range ids {
		if !seen[id] {
			t.Errorf("%s was skipped", id)
		}
	}
}

func TestChangesRefused(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l, stranger := f.signup("ann"), f.signup("bob")
	_, cursor := changesSince(t, f.as(l), "")
	_, theirs := changesSince(t, f.as(stranger), "")
	epoch, _, _ := strings.Cut(cursor, "-")
	for query, want := range map[string]int{
		"?since=":                         400,
		"?since=x":                        400,
		"?since=" + epoch:                 400,
		"?since=" + epoch + "-":           400,
		"?since=" + epoch + "-01":         400,
		"?since=" + epoch + "-+1":         400,
		"?since=" + epoch + "-1e3":        400,
		"?since=" + cursor + "&limit=0":   400,
		"?since=" + cursor + "&limit=201": 400,
		"?limit=x":                        400,
		"?limit=1&limit=2":                400,
		"?cursor=x":                       400,
		"?since=" + epoch + "-1":          410, // of a future that was lost
		"?since=" + epoch + "--1":         410,
		"?since=" + theirs:                410,
		"?since=" + cursor:                200,
	} {
		if a := f.do("GET", "/api/v1/changes"+query, "", bearer(l)); a.status != want {
			t.Errorf("%s: %d, want %d: %s", query, a.status, want, a.body)
		}
	}
}
