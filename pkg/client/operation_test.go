package client_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	c, _ := user(t)
	ctx := t.Context()
	n, err := c.CreateNote(ctx, api.NewNote{Title: "first", Body: "text"})
	if err != nil {
		t.Fatal(err)
	}
	operation := api.NewID()
	n, err = c.UpdateNote(ctx, n.ID, n.Revision, api.NotePatch{Title: new("second")}, client.WithOperation(operation))
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.ListRevisions(ctx, n.ID)
	if err != nil || len(list) != 2 || list[0].Number != 2 || list[1].Title != "first" || list[1].Operation != operation {
		t.Errorf("revisions %+v, %v", list, err)
	}
	if r, err := c.Revision(ctx, n.ID, 1); err != nil || r.Title != "first" || r.Body != "text" {
		t.Errorf("the first revision: %+v, %v", r, err)
	}
	_, err = c.Revision(ctx, n.ID, 3)
	if e, ok := errors.AsType[*client.Error](err); !ok || !errors.Is(err, api.ErrNotFound) || e.Err.Field != "revision" {
		t.Errorf("a revision that is not there: %v", err)
	}
	if _, err := c.RevertNote(ctx, n.ID, 1, 1); !errors.Is(err, api.ErrStale) {
		t.Errorf("a revert of an old revision: %v", err)
	}
	if n, err = c.RevertNote(ctx, n.ID, 2, 1); err != nil || n.Title != "first" || n.Revision != 3 {
		t.Errorf("reverted: %+v, %v", n, err)
	}

	operations, err := c.ListOperations(ctx)
	if err != nil || len(operations) != 3 || operations[0].Action != api.ActionRevert || operations[1].ID != operation {
		t.Fatalf("operations %+v, %v", operations, err)
	}
	for part, err := range c.Undo(ctx, operations[0].ID) {
		if want := []api.NoteRef{{ID: n.ID, Title: "second"}}; err != nil || !cmp.Equal(part.Undone, want) || len(part.Left) > 0 {
			t.Errorf("undone: %+v, %v", part, err)
		}
	}
	for _, id := range []string{operations[0].ID + "x", "../notes", api.NewID()} {
		for part, err := range c.Undo(ctx, id) {
			if !errors.Is(err, api.ErrNotFound) || len(part.Undone) > 0 {
				t.Errorf("undo of %q: %+v, %v", id, part, err)
			}
		}
	}
}

// TestUndoGoesOn wants the parts of one undo asked for one after the other, all
// under one Operation-Id.
func TestUndoGoesOn(t *testing.T) {
	t.Parallel()
	var asked []string
	operations := map[string]bool{}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path+"?"+r.URL.RawQuery)
		operations[r.Header.Get("Operation-Id")] = true
		next := map[string]string{"": "111111111111", "111111111111": "222222222222"}[r.URL.Query().Get("cursor")]
		answer(w, 200, `{"undone":[],"left":[],"next_cursor":"`+next+`"}`)
	})
	for _, err := range c.Undo(t.Context(), "0p0p0p0p0p0p") {
		if err != nil {
			t.Fatal(err)
		}
	}
	const path = "POST /api/v1/operations/0p0p0p0p0p0p/undo?"
	want := []string{path, path + "cursor=111111111111", path + "cursor=222222222222"}
	if d := cmp.Diff(want, asked); d != "" || len(operations) != 1 {
		t.Errorf("%d operations, asked (-want +got):\n%s", len(operations), d)
	}
}

// TestHistoryOfAHostileServer meets a server whose undo has no end, and one that
// gives another text than it was asked for.
func TestHistoryOfAHostileServer(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answer(w, 200, `{"revision":2,"title":"","tags":[],"size":0,"updated_at":"2026-01-31T12:00:00.000Z","replaced_at":null,"body":""}`)
			return
		}
		answer(w, 200, `{"undone":[],"left":[],"next_cursor":"111111111111"}`)
	})
	var last error
	parts := 0
	for _, err := range c.Undo(t.Context(), "0p0p0p0p0p0p") {
		parts++
		last = err
	}
	if parts != 3 || last == nil || !strings.Contains(last.Error(), "an undo without an end") {
		t.Errorf("%d parts, %v", parts, last)
	}
	if _, err := c.Revision(t.Context(), "k3v9c0x7m2qa", 1); err == nil || !strings.Contains(err.Error(), "another revision") {
		t.Errorf("another revision: %v", err)
	}
}
