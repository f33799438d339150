package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

const noteJSON = `{"id":"0123456789ab","title":"t","body":"b","tags":[],"revision":2}`

// TestRetry says which calls are repeated when the server is away for a moment.
func TestRetry(t *testing.T) {
	t.Parallel()
	id := "0123456789ab"
	calls := map[string]struct {
		call  func(context.Context, *client.Client) error
		times int32
	}{
		"read": {func(ctx context.Context, c *client.Client) error {
			_, err := c.Note(ctx, id)
			return err
		}, 3},
		"create": {func(ctx context.Context, c *client.Client) error {
			_, err := c.CreateNote(ctx, api.NewNote{Title: "t"})
			return err
		}, 3},
		"update": {func(ctx context.Context, c *client.Client) error {
			_, err := c.UpdateNote(ctx, id, 1, api.NotePatch{Title: new("t")})
			return err
		}, 3},
		"append": {func(ctx context.Context, c *client.Client) error {
			_, err := c.AppendNote(ctx, id, "more")
			return err
		}, 3},
		"purge": {func(ctx context.Context, c *client.Client) error { return c.PurgeNote(ctx, id) }, 1},
		"login": {func(ctx context.Context, c *client.Client) error {
			_, err := c.Login(ctx, api.NewSession{Username: "ann", Password: "pw"})
			return err
		}, 1},
		"sign up": {func(ctx context.Context, c *client.Client) error {
			_, err := c.CreateUser(ctx, api.NewUser{Username: "ann", Password: "a long password"})
			return err
		}, 1},
		"logout": {func(ctx context.Context, c *client.Client) error { return c.Logout(ctx) }, 1},
	}
	for name, test := range calls {
		for _, status := range []int{502, 503, 504} {
			if got := attempts(t, status, "", test.call); got != test.times {
				t.Errorf("%s: %d attempts at %d, want %d", name, got, status, test.times)
			}
		}
		if got := attempts(t, 500, "", test.call); got != 1 {
			t.Errorf("%s: %d attempts at 500, want 1", name, got)
		}
	}
	if got := attempts(t, 503, "3600", calls["read"].call); got != 1 {
		t.Errorf("%d attempts within an hour in which the server wants none", got)
	}
}

func attempts(t *testing.T, status int, retryAfter string, call func(context.Context, *client.Client) error) int32 {
	t.Helper()
	var n atomic.Int32
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(status)
	})
	if err := call(t.Context(), c); err == nil {
		t.Errorf("no error at %d", status)
	}
	return n.Load()
}

// A repeat is the same request in all that the server knows it by.
func TestRepeatIsTheSameWrite(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 9)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 1000)
		k, _ := r.Body.Read(body)
		seen <- fmt.Sprint(r.Header.Get(api.HeaderOperation), string(body[:k]))
		if len(seen) < 3 {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_ = conn.Close()
			return
		}
		answer(w, 201, noteJSON)
	})
	n, err := c.CreateNote(t.Context(), api.NewNote{Title: "t", Body: "b"})
	if err != nil || n.ID != "0123456789ab" || n.Body != "b" {
		t.Fatalf("got %+v, %v", n, err)
	}
	first := <-seen
	if second, third := <-seen, <-seen; first != second || second != third || len(first) < 2*api.IDLength {
		t.Errorf("sent\n%s%s%s", first, second, third)
	}
}

func TestRetryWaitsAsLongAsTheServerAsks(t *testing.T) {
	t.Parallel()
	var first atomic.Int64
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if first.CompareAndSwap(0, time.Now().UnixNano()) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(503)
			return
		}
		answer(w, 200, noteJSON)
	})
	if _, err := c.Note(t.Context(), "0123456789ab"); err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(time.Unix(0, first.Load())); waited < time.Second {
		t.Errorf("came back after %s", waited)
	}
}

func TestContextEndsThePause(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(503)
	}, client.WithBackoff(func(int) time.Duration {
		cancel()
		return time.Hour
	}))
	if _, err := c.Me(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestStaleCarriesTheNote(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if m := r.Header.Get("If-Match"); m != `"1"` {
			t.Errorf("If-Match is %s", m)
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(412)
		_, _ = fmt.Fprintf(w, `{"code":"stale","detail":"changed meanwhile","note":%s}`, noteJSON)
	})
	_, err := c.UpdateNote(t.Context(), "0123456789ab", 1, api.NotePatch{Title: new("mine")})
	e, ok := errors.AsType[*client.Error](err)
	if !errors.Is(err, api.ErrStale) || !ok || e.Note == nil || e.Note.Title != "t" || e.Note.Revision != 2 {
		t.Errorf("got %+v", err)
	}
}

// What cannot be right is refused before it is sent.
func TestNothingWrongIsSent(t *testing.T) {
	t.Parallel()
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was sent", r.Method, r.URL) })
	ctx := t.Context()
	_, badUTF8 := c.CreateNote(ctx, api.NewNote{Title: "a\xff"})
	_, badTag := c.CreateNote(ctx, api.NewNote{Title: "a", Tags: []string{"a\xff"}})
	_, nothing := c.UpdateNote(ctx, "0123456789ab", 1, api.NotePatch{})
	_, noID := c.Note(ctx, "")
	for _, test := range []struct{ got, want error }{
		{badUTF8, &api.Error{Code: api.CodeInvalid}},
		{badTag, &api.Error{Code: api.CodeInvalid}},
		{nothing, &api.Error{Code: api.CodeInvalid}},
		{noID, api.ErrNotFound},
		{c.TrashNote(ctx, "../me"), api.ErrNotFound},
		{c.ChangePassword(ctx, api.PasswordChange{CurrentPassword: "x", NewPassword: "a long password\xff"}), &api.Error{Code: api.CodeInvalid}},
		{c.DeleteAccount(ctx, ""), &api.Error{Code: api.CodeInvalid}},
		{c.DeleteSession(ctx, "current"), api.ErrNotFound},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("got %v, want %v", test.got, test.want)
		}
	}
}
