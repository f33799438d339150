package server_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

// faulty is the real store, one method of which goes wrong.
type faulty struct {
	store.Store
	note func() error
}

func (s faulty) Note(ctx context.Context, owner, id string) (store.Note, error) {
	if err := s.note(); err != nil {
		return store.Note{}, err
	}
	return s.Store.Note(ctx, owner, id)
}

func (s faulty) Ping(context.Context) error { return s.note() }

func TestStoreFaults(t *testing.T) {
	t.Parallel()
	var fault func() error
	f := start(t, func(c *server.Config) { c.Store = faulty{c.Store, func() error { return fault() }} })
	l := f.signup("ann")
	const secret = "mongodb://user:hunter2@inside"
	for _, tt := range []struct {
		name       string
		fault      func() error
		status     int
		retryAfter string
	}{
		{"away", func() error { return &api.Error{Code: api.CodeUnavailable, Message: secret} }, 503, "2"},
		{"slow", func() error { return context.DeadlineExceeded }, 503, "2"},
		{"unforeseen", func() error { return errors.New(secret) }, 500, ""},
		{"panic", func() error { panic(secret) }, 500, ""},
	} {
		fault = tt.fault
		a := f.do("GET", "/api/v1/notes/000000000000", "", bearer(l))
		if a.status != tt.status || a.header.Get("Retry-After") != tt.retryAfter {
			t.Errorf("%s: %d, Retry-After %q", tt.name, a.status, a.header.Get("Retry-After"))
		}
		if strings.Contains(a.body, "hunter2") || strings.Contains(a.body, "goroutine") {
			t.Errorf("%s tells of the inside: %s", tt.name, a.body)
		}
		if !strings.Contains(f.log.String(), a.problem.RequestID) {
			t.Errorf("%s: not in the log", tt.name)
		}
	}
	fault = func() error { return errors.Join(api.ErrUnavailable, store.ErrFull) }
	if a := f.do("GET", "/api/v1/notes/000000000000", "", bearer(l)); a.status != 503 || !strings.Contains(a.problem.Detail, "disk is full") {
		t.Errorf("a full disk: %d, %q", a.status, a.problem.Detail)
	}
	fault = func() error { return api.ErrUnavailable }
	if a := f.do("GET", "/readyz", ""); a.status != 503 {
		t.Errorf("readyz without a store: %d", a.status)
	}
	if a := f.do("GET", "/livez", ""); a.status != 200 {
		t.Errorf("livez without a store: %d", a.status)
	}
	fault = func() error { return nil }
	if a := f.do("GET", "/readyz", ""); a.status != 200 {
		t.Errorf("readyz: %d", a.status)
	}
}

// interfered is the real store, in which something else happens before a
// password is set.
type interfered struct {
	store.Store
	meanwhile func()
}

func (s interfered) SetPassword(ctx context.Context, id, old, hash string) error {
	s.meanwhile()
	return s.Store.SetPassword(ctx, id, old, hash)
}

// TestOldPasswordWhileItChanges logs in with the old password when the others'
// sessions have ended and it is still in force.
func TestOldPasswordWhileItChanges(t *testing.T) {
	t.Parallel()
	var meanwhile func()
	f := start(t, func(c *server.Config) { c.Store = interfered{c.Store, func() { meanwhile() }} })
	l := f.signup("ann")
	var late api.Login
	meanwhile = func() { late = f.login("ann") }
	change := api.PasswordChange{CurrentPassword: password, NewPassword: "a wholly other phrase"}
	if err := f.as(l).ChangePassword(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if a := f.do("GET", "/api/v1/me", "", bearer(late)); a.status != 401 {
		t.Errorf("a login with the old password: %d", a.status)
	}
	if a := f.do("GET", "/api/v1/me", "", bearer(l)); a.status != 200 {
		t.Errorf("the login that changed it: %d", a.status)
	}
}
