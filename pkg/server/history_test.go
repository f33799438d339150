package server_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store"
)

// save gives a note a body.
func (f *fixture) save(c *client.Client, id, body string, opts ...client.CallOption) api.Note {
	f.t.Helper()
	n, err := c.UpdateNote(f.t.Context(), id, client.AnyRevision, api.NotePatch{Body: &body}, opts...)
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// add makes a note.
func (f *fixture) add(c *client.Client, in api.NewNote, opts ...client.CallOption) api.Note {
	f.t.Helper()
	n, err := c.CreateNote(f.t.Context(), in, opts...)
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// get reads a note.
func (f *fixture) get(c *client.Client, id string) api.Note {
	f.t.Helper()
	n, err := c.Note(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// numbers are the revisions in the history of a note.
func (f *fixture) numbers(c *client.Client, id string) []int64 {
	f.t.Helper()
	list, err := c.ListRevisions(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	var numbers []int64
	for _, r := range list {
		numbers = append(numbers, r.Number)
	}
	return numbers
}

func TestHistory(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c, ctx := f.as(l), t.Context()
	first := f.add(c, api.NewNote{Title: "Plan\x1b[2J", Body: "naïve", Tags: []string{"a"}})
	pinned, err := c.UpdateNote(ctx, first.ID, 1, api.NotePatch{Pinned: ptr(true)})
	if err != nil {
		t.Fatal(err)
	}
	f.clock.advance(time.Minute)
	operation := api.NewID()
	second, err := c.UpdateNote(ctx, first.ID, 2, api.NotePatch{Title: ptr("Plan"), Tags: ptr([]string{})}, client.WithOperation(operation))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.TrashNote(ctx, first.ID); err != nil {
		t.Fatal(err)
	}

	present := api.Revision{Number: 4, Title: "Plan", Tags: []string{}, Size: 6, UpdatedAt: second.UpdatedAt}
	past := api.Revision{
		Number: 2, Title: first.Title, Tags: []string{"a"}, Size: 6, UpdatedAt: pinned.UpdatedAt,
		ReplacedAt: &second.UpdatedAt, ReplacedBy: api.ActionUpdate, Operation: operation,
	}
	list, err := c.ListRevisions(ctx, first.ID)
	atOnce := cmpopts.EquateApproxTime(time.Second) // the operation begins before the save
	if d := cmp.Diff([]api.Revision{present, past}, list, atOnce); err != nil || d != "" {
		t.Errorf("%v, revisions of a note in the trash (-want +got):\n%s", err, d)
	}
	for _, want := range []api.Revision{present, past} {
		got, err := c.Revision(ctx, first.ID, want.Number)
		if d := cmp.Diff(api.RevisionText{Revision: want, Body: "naïve"}, got, atOnce); err != nil || d != "" {
			t.Errorf("%v, revision %d (-want +got):\n%s", err, want.Number, d)
		}
	}

	path := "/api/v1/notes/" + first.ID + "/revisions/"
	for _, tt := range []struct {
		revision string
		status   int
	}{{"1", 404}, {"3", 404}, {"5", 404}, {"0", 400}, {"-1", 400}, {"x", 400}, {"99999999999999999999", 400}} {
		if a := f.do("GET", path+tt.revision, "", bearer(l)); a.status != tt.status || a.problem.Field != "revision" {
			t.Errorf("revision %s: %d %s", tt.revision, a.status, a.body)
		}
	}

	if err := c.PurgeNote(ctx, first.ID); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path + "2", path + "4", strings.TrimSuffix(path, "/")} {
		if a := f.do("GET", path, "", bearer(l)); a.status != 404 || a.problem.Field != "" {
			t.Errorf("%s of a note that was deleted for good: %d %s", path, a.status, a.body)
		}
	}
}

// TestAutosave saves every 20 seconds for 12 minutes. Each five minutes leave one
// text, and somebody else's save in between another.
func TestAutosave(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c, other := f.as(l), f.as(f.login("ann"))
	n := f.add(c, api.NewNote{Body: "yesterday's"})
	texts := map[int64]string{1: n.Body}
	for i := range 36 {
		f.clock.advance(20 * time.Second)
		n = f.save(c, n.ID, fmt.Sprint("draft ", i))
		texts[n.Revision] = n.Body
	}
	f.clock.advance(20 * time.Second)
	n = f.save(other, n.ID, "from the phone")
	if d := cmp.Diff([]int64{38, 37, 31, 16, 1}, f.numbers(c, n.ID)); d != "" {
		t.Errorf("revisions (-want +got):\n%s", d)
	}
	for _, revision := range []int64{37, 31, 16, 1} {
		if got, err := c.Revision(t.Context(), n.ID, revision); err != nil || got.Body != texts[revision] {
			t.Errorf("revision %d is %q (%v), want %q", revision, got.Body, err, texts[revision])
		}
	}
}

func TestRevert(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	c, ctx := f.as(l), t.Context()
	first := f.add(c, api.NewNote{Title: "Plan", Body: "first", Tags: []string{"a", "b"}, Pinned: true})
	saved, err := c.UpdateNote(ctx, first.ID, 1, api.NotePatch{Title: ptr("Other"), Body: ptr("second"), Tags: ptr([]string{})})
	if err != nil {
		t.Fatal(err)
	}
	f.save(c, first.ID, "third") // joined with the second
	f.clock.advance(time.Second)

	operation := client.WithOperation(api.NewID())
	reverted, err := c.RevertNote(ctx, first.ID, client.AnyRevision, 1, operation)
	if err != nil {
		t.Fatal(err)
	}
	want := first
	want.Revision, want.UpdatedAt = 4, reverted.UpdatedAt
	if d := cmp.Diff(want, reverted); d != "" || !reverted.UpdatedAt.After(saved.UpdatedAt.Time) {
		t.Errorf("reverted (-want +got):\n%s", d)
	}
	for _, again := range []int64{1, 4} { // it has that text
		if got, err := c.RevertNote(ctx, first.ID, client.AnyRevision, again); err != nil || !cmp.Equal(got, reverted) {
			t.Errorf("reverted to %d again: %+v, %v", again, got, err)
		}
	}

	// In spite of the five minutes, neither the text that was reverted is lost nor
	// the one that it was reverted to.
	f.save(c, first.ID, "fourth")
	if d := cmp.Diff([]int64{5, 4, 3, 1}, f.numbers(c, first.ID)); d != "" {
		t.Errorf("revisions (-want +got):\n%s", d)
	}
	if got, err := c.Revision(ctx, first.ID, 3); err != nil || got.Body != "third" || got.Title != "Other" || got.ReplacedBy != api.ActionRevert {
		t.Errorf("the text that was reverted: %+v, %v", got, err)
	}

	_, err = c.RevertNote(ctx, first.ID, 4, 3)
	stale, ok := errors.AsType[*client.Error](err)
	if !errors.Is(err, api.ErrStale) || !ok || stale.Note == nil || stale.Note.Revision != 5 {
		t.Errorf("a revert of an old revision: %v", err)
	}
	if n, err := c.RevertNote(ctx, first.ID, 5, 3); err != nil || n.Body != "third" {
		t.Errorf("a revert of the present revision: %+v, %v", n, err)
	}
	path := "/api/v1/notes/" + first.ID + "/revert"
	for body, status := range map[string]int{`{"revision":2}`: 404, `{"revision":99}`: 404, `{"revision":0}`: 400, `{}`: 400, `{"revision":"3"}`: 400, `{"revision":1,"body":""}`: 400} {
		if a := f.do("POST", path, body, bearer(l)); a.status != status {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	for number, want := range map[string]string{"1.5": "whole number", "1e99": "whole number", "99999999999999999999": "too large", `"3"`: "must not be a string"} {
		a := f.do("POST", path, `{"revision":`+number+`}`, bearer(l))
		if a.status != 400 || a.problem.Field != "revision" || !strings.Contains(a.problem.Detail, want) {
			t.Errorf("revision %s: %d %s, want %q", number, a.status, a.body, want)
		}
	}
}

// TestRevertRepeated repeats a revert whose answer was lost, when the text has
// left the history since.
func TestRevertRepeated(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, ctx := f.user("ann"), t.Context()
	n := f.add(c, api.NewNote{Body: "0"})
	for i := range store.MaxRevisions {
		f.clock.advance(store.SaveWindow)
		n = f.save(c, n.ID, fmt.Sprint(i+1))
	}
	once := client.WithOperation(api.NewID())
	reverted, err := c.RevertNote(ctx, n.ID, client.AnyRevision, 1, once)
	if err != nil || reverted.Body != "0" {
		t.Fatalf("%+v, %v", reverted, err)
	}
	again, err := c.RevertNote(ctx, n.ID, client.AnyRevision, 1, once)
	if d := cmp.Diff(reverted, again); err != nil || d != "" {
		t.Errorf("%v, repeated (-want +got):\n%s", err, d)
	}
	if _, err := c.RevertNote(ctx, n.ID, client.AnyRevision, 1); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("a revert to the 101st text of the past: %v", err)
	}
	if numbers := f.numbers(c, n.ID); len(numbers) != store.MaxRevisions+1 || numbers[store.MaxRevisions] != 2 {
		t.Errorf("revisions %v", numbers)
	}
}

func TestRevertToAMiB(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	long := strings.Repeat("\x01", api.MaxBody) // six MiB of JSON
	n := f.add(c, api.NewNote{Body: long})
	n = f.save(c, n.ID, "")
	if n, err := c.RevertNote(t.Context(), n.ID, n.Revision, 1); err != nil || n.Body != long {
		t.Errorf("%d bytes came back, %v", len(n.Body), err)
	}
}

// TestHistoryOwners holds what another user is told up to what is told of a note
// and an operation that are not there.
func TestHistoryOwners(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ann, bob := f.signup("ann"), f.signup("bob")
	operation := api.NewID()
	n := f.add(f.as(ann), api.NewNote{Title: "ann's", Body: "secret"})
	f.save(f.as(ann), n.ID, "more of it", client.WithOperation(operation))
	id := func(a answer) string { return strings.ReplaceAll(a.body, a.problem.RequestID, "") }
	for _, request := range []struct{ method, path, body string }{
		{"GET", "/notes/%s/revisions", ""},
		{"GET", "/notes/%s/revisions/1", ""},
		{"GET", "/notes/%s/revisions/2", ""},
		{"POST", "/notes/%s/revert", `{"revision":1}`},
		{"POST", "/operations/%s/undo", ""},
	} {
		there := n.ID
		if strings.HasPrefix(request.path, "/operations") {
			there = operation
		}
		got := f.do(request.method, "/api/v1"+fmt.Sprintf(request.path, there), request.body, bearer(bob))
		absent := f.do(request.method, "/api/v1"+fmt.Sprintf(request.path, api.NewID()), request.body, bearer(bob))
		if got.status != 404 || id(got) != id(absent) {
			t.Errorf("%s %s: %d %s, and of an absent one %d %s", request.method, request.path, got.status, got.body, absent.status, absent.body)
		}
	}
	if list, err := f.as(bob).ListOperations(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("bob's operations: %v, %v", list, err)
	}
	if now := f.get(f.as(ann), n.ID); now.Body != "more of it" || now.Revision != 2 {
		t.Errorf("ann's note: %+v", now)
	}
}

func TestHistoryScopes(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	n := f.add(c, api.NewNote{Body: "first"})
	operation := api.NewID()
	n = f.save(c, n.ID, "second", client.WithOperation(operation))
	for scope, want := range map[api.Scope][5]int{
		api.ScopeRead:   {200, 200, 200, 403, 403},
		api.ScopeCreate: {403, 403, 403, 403, 403},
		api.ScopeWrite:  {200, 200, 200, 200, 200},
	} {
		token, err := c.CreateToken(t.Context(), api.NewToken{Label: "script", Scope: scope, ExpiresInDays: 1})
		if err != nil {
			t.Fatal(err)
		}
		auth := "Authorization: Bearer " + token.Token
		got := [5]int{
			f.do("GET", "/api/v1/notes/"+n.ID+"/revisions", "", auth).status,
			f.do("GET", "/api/v1/notes/"+n.ID+"/revisions/1", "", auth).status,
			f.do("GET", "/api/v1/operations", "", auth).status,
			f.do("POST", "/api/v1/notes/"+n.ID+"/revert", `{"revision":1}`, auth).status,
			f.do("POST", "/api/v1/operations/"+operation+"/undo", "", auth).status,
		}
		if got != want {
			t.Errorf("a token of scope %s: %v, want %v", scope, got, want)
		}
	}
}
