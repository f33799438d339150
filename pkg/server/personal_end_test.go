package server_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

func TestTokenEnds(t *testing.T) {
	t.Parallel()
	const fresh = "a wholly other phrase"
	for name, end := range map[string]func(*testing.T, *fixture, api.Login, api.Token) error{
		"revoked": func(t *testing.T, f *fixture, l api.Login, made api.Token) error {
			return f.as(l).DeleteSession(t.Context(), made.Session.ID)
		},
		"with all others": func(t *testing.T, f *fixture, l api.Login, _ api.Token) error {
			return f.as(l).DeleteOtherSessions(t.Context())
		},
		"with the password": func(t *testing.T, f *fixture, l api.Login, _ api.Token) error {
			return f.as(l).ChangePassword(t.Context(), api.PasswordChange{CurrentPassword: password, NewPassword: fresh})
		},
		"revoked on another server": func(t *testing.T, f *fixture, l api.Login, made api.Token) error {
			defer f.clock.advance(time.Second)
			return f.store.DeleteSession(t.Context(), l.User.ID, made.Session.ID)
		},
		"with the user": func(t *testing.T, f *fixture, l api.Login, _ api.Token) error {
			return f.as(l).DeleteAccount(t.Context(), password)
		},
		"by its time": func(_ *testing.T, f *fixture, _ api.Login, _ api.Token) error {
			f.clock.advance(30*24*time.Hour - 2*time.Second)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, nil)
			l := f.signup("ann")
			made := f.token(l, api.ScopeWrite)
			c := f.client(client.WithToken(made.Token))
			if _, err := c.Me(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := end(t, f, l, made); err != nil {
				t.Fatal(err)
			}
			if name == "by its time" {
				if _, err := c.Me(t.Context()); err != nil {
					t.Fatalf("two seconds before: %v", err)
				}
				f.clock.advance(2 * time.Second)
			}
			if _, err := c.Me(t.Context()); !errors.Is(err, api.ErrUnauthorized) {
				t.Errorf("at the next request: %v", err)
			}
		})
	}
}

// meanwhile is a store in which something happens before a session is made.
type meanwhile struct {
	store.Store
	happen func(context.Context, store.Session) error
}

func (m *meanwhile) CreateSession(ctx context.Context, s store.Session) error {
	if s.Kind == api.KindToken {
		if err := m.happen(ctx, s); err != nil {
			return err
		}
	}
	return m.Store.CreateSession(ctx, s)
}

// Got wrong by memos (CVE-2024-21635): tokens that outlived what was to end them.
func TestTokenOfALoginThatEnds(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) {
		real := c.Store
		c.Store = &meanwhile{real, func(ctx context.Context, s store.Session) error {
			_, err := real.DeleteSessions(ctx, s.UserID, "")
			return err
		}}
	})
	l := f.signup("ann")
	if _, err := f.as(l).CreateToken(t.Context(), api.NewToken{Label: "x", Scope: api.ScopeRead, ExpiresInDays: 1}); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("%v", err)
	}
	if left, err := f.store.ListSessions(t.Context(), l.User.ID); err != nil || len(left) != 0 {
		t.Errorf("%d sessions are left, %v", len(left), err)
	}
}
