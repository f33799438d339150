package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
)

// beside starts a second server on the store of f, with its clock.
func (f *fixture) beside() *fixture {
	f.t.Helper()
	other := start(f.t, func(c *server.Config) { c.Store, c.Now = f.store, f.clock.now })
	other.store, other.clock = f.store, f.clock
	return other
}

// firstKey is the signing key of a store without rotations.
func (f *fixture) firstKey() []byte {
	f.t.Helper()
	key, err := f.store.Setting(f.t.Context(), "signing_key")
	if err != nil || len(key) != 32 {
		f.t.Fatalf("a key of %d bytes, %v", len(key), err)
	}
	return key
}

// rotate rotates the key and lets the servers know.
func (f *fixture) rotate(servers ...*fixture) {
	f.t.Helper()
	if _, err := f.operator().RotateKey(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	for _, s := range servers {
		s.look()
	}
}

func (f *fixture) look() {
	f.t.Helper()
	if err := f.server.LookAtKeys(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

// isSignedWith tells by which signing key an access token was made.
func isSignedWith(key []byte, token string) bool {
	_, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return server.AccessKey(key), nil }, jwt.WithoutClaimsValidation())
	return err == nil
}

// TestRotateUnderLoad rotates the key of two servers, which learn of it one
// after the other, while eight people ask and refresh at both in turn. Nobody
// sees an error.
func TestRotateUnderLoad(t *testing.T) {
	t.Parallel()
	first := start(t, nil)
	second := first.beside()
	old := first.firstKey()
	ctx, stop := context.WithCancel(t.Context())
	rounds := make(chan struct{})
	logins := make([]api.Login, 8)
	var people sync.WaitGroup
	for i := range logins {
		logins[i] = first.signup(fmt.Sprint("user", i))
		people.Go(func() {
			for round := i; ctx.Err() == nil; round++ {
				here, there := first, second
				if round%2 == 1 {
					here, there = second, first
				}
				l, err := here.client().Refresh(t.Context(), logins[i].RefreshToken)
				if err != nil {
					t.Errorf("refresh: %v", err)
					return
				}
				for _, f := range []*fixture{here, there} {
					if _, err := f.client(client.WithToken(l.AccessToken)).Me(t.Context()); err != nil {
						t.Errorf("a fresh token: %v", err)
					}
					if _, err := f.client(client.WithToken(logins[i].AccessToken)).Me(t.Context()); err != nil {
						t.Errorf("the token before it: %v", err)
					}
				}
				logins[i] = l
				select {
				case rounds <- struct{}{}:
				case <-ctx.Done():
				}
			}
		})
	}
	for _, step := range []func(){
		func() {},
		func() { first.rotate() },
		first.look,
		second.look,
		func() { first.clock.advance(server.KeyLead) },
		func() { second.rotate(second) },
		func() { first.look(); first.clock.advance(server.KeyLead) },
	} {
		step()
		for range 3 * len(logins) {
			select {
			case <-rounds:
			case <-time.After(20 * time.Second):
				t.Fatal("nobody gets on")
			}
		}
	}
	stop()
	people.Wait()
	for _, l := range logins {
		if isSignedWith(old, l.AccessToken) {
			t.Error("a token is signed with the former key")
		}
	}
	if first.server.Keys() != 3 || second.server.Keys() != 3 {
		t.Errorf("%d and %d keys", first.server.Keys(), second.server.Keys())
	}
}

// TestFormerKeysTokensEnd holds up tokens of the former key: they pass for half
// an hour and the leeway, and not longer, whatever they say of themselves.
func TestFormerKeysTokensEnd(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	old, l := f.firstKey(), f.signup("ann")
	now := time.Now()
	endless, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "notesd", "aud": "notes", "sub": l.User.ID, "sid": l.Session.ID, "iat": now.Unix(), "exp": now.Add(24 * time.Hour).Unix(),
	}).SignedString(server.AccessKey(old))
	if err != nil {
		t.Fatal(err)
	}
	f.rotate(f)
	if again := f.login("ann"); !isSignedWith(old, again.AccessToken) {
		t.Error("the new key signs before every server can know it")
	}
	f.clock.advance(server.KeyLead)
	if again := f.login("ann"); isSignedWith(old, again.AccessToken) {
		t.Error("the former key still signs")
	}
	for _, step := range []struct {
		after  time.Duration // the step before
		status int
	}{{0, 200}, {30 * time.Minute, 200}, {25 * time.Second, 200}, {10 * time.Second, 401}} {
		f.clock.advance(step.after)
		if a := f.do("GET", "/api/v1/me", "", "Authorization: Bearer "+endless); a.status != step.status {
			t.Errorf("%s later: %d, want %d", step.after, a.status, step.status)
		}
	}
	if _, err := f.client().Refresh(t.Context(), l.RefreshToken); err != nil {
		t.Errorf("the login: %v", err)
	}
}

// TestRefreshAcrossRotation: a lost answer, twenty tabs, a stolen token and a
// logout are what they were without one, though the key changes at every step.
func TestRefreshAcrossRotation(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	other := f.beside()
	ctx := t.Context()
	turn := func() {
		f.rotate(f, other)
		f.clock.advance(server.KeyLead)
	}
	first := f.signup("ann")
	second, err := f.client().Refresh(ctx, first.RefreshToken) // its answer is lost
	if err != nil {
		t.Fatal(err)
	}
	turn()
	again, err := other.client().Refresh(ctx, first.RefreshToken)
	if err != nil || again.RefreshToken != second.RefreshToken {
		t.Fatalf("the same successor: %v", err)
	}

	f.rotate(f, other)
	var tabs sync.WaitGroup
	next := make([]string, 20)
	for i := range next {
		tabs.Go(func() {
			if i == len(next)/2 {
				f.clock.advance(server.KeyLead) // the new key begins to sign among them
			}
			here := f
			if i%2 == 1 {
				here = other
			}
			l, err := here.client().Refresh(ctx, second.RefreshToken)
			if err != nil {
				t.Errorf("tab %d: %v", i, err)
			}
			next[i] = l.RefreshToken
		})
	}
	tabs.Wait()
	for _, n := range next {
		if n != next[0] {
			t.Fatal("two tabs got different tokens")
		}
	}

	last, err := f.client().Refresh(ctx, next[0])
	if err != nil {
		t.Fatal(err)
	}
	turn()
	f.clock.advance(time.Minute)
	if _, err := f.client().Refresh(ctx, first.RefreshToken); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("reuse: %v", err)
	}
	if _, err := f.client().Refresh(ctx, last.RefreshToken); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("the newest token of a session that a reuse ended: %v", err)
	}
}

func TestLogoutAcrossRotation(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	f.rotate(f)
	f.clock.advance(server.KeyLead)
	port := f.url[strings.LastIndexByte(f.url, ':')+1:]
	if a := f.do("GET", "/logout", "", "Cookie: notes_refresh_"+port+"="+l.RefreshToken); a.status != http.StatusSeeOther {
		t.Fatalf("logout: %d", a.status)
	}
	if _, err := f.client().Refresh(t.Context(), l.RefreshToken); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("a login that was logged out: %v", err)
	}
}

// TestReplaceKey plays somebody who has the key: nothing can be made with it any
// more, nor with what was made with it before.
func TestReplaceKey(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	other := f.beside()
	ctx := t.Context()
	stolen, ann := f.firstKey(), f.credentials("ann")
	f.signup("bob")
	f.wantMe(ann, "before", nil)
	operator := f.operator().WaitBy(func(d time.Duration) {
		f.clock.advance(d)
		f.look()
		other.look()
	})
	ended, err := operator.ReplaceKey(ctx)
	if err != nil || ended != 2 {
		t.Fatalf("%d logins ended, %v", ended, err)
	}
	f.wantMe(credentials{bearer: ann.bearer[:1]}, "the login", api.ErrUnauthorized)
	f.wantMe(credentials{bearer: ann.bearer[1:]}, "the tokens", nil)

	fresh := f.login("ann")
	now := f.clock.now()
	for _, sid := range []string{fresh.Session.ID, ann.bearer[1][len(api.TokenPrefix):][:api.IDLength]} {
		forged, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"iss": "notesd", "aud": "notes", "sub": ann.login.User.ID, "sid": sid, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		}).SignedString(server.AccessKey(stolen))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []*fixture{f, other} {
			if _, err := f.client(client.WithToken(forged)).Me(ctx); !errors.Is(err, api.ErrUnauthorized) {
				t.Errorf("a forged access token: %v", err)
			}
		}
	}
	for _, l := range []api.Login{ann.login, fresh} {
		for generation := range int64(3) {
			forged := server.RefreshToken(stolen, l.Session.ID, generation)
			if _, err := other.client().Refresh(ctx, forged); !errors.Is(err, api.ErrUnauthorized) {
				t.Errorf("a forged refresh token: %v", err)
			}
		}
	}
	if _, err := other.client().Refresh(ctx, fresh.RefreshToken); err != nil {
		t.Errorf("a login made since: %v", err)
	}
}

// TestNoAccessTokenForTokens: whoever has the key makes no personal access token
// act by an access token.
func TestNoAccessTokenForTokens(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ann, now := f.credentials("ann"), time.Now()
	forged, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "notesd", "aud": "notes", "sub": ann.login.User.ID, "sid": ann.bearer[1][len(api.TokenPrefix):][:api.IDLength],
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}).SignedString(server.AccessKey(f.firstKey()))
	if err != nil {
		t.Fatal(err)
	}
	if a := f.do("GET", "/api/v1/notes", "", "Authorization: Bearer "+forged); a.status != 401 {
		t.Errorf("%d", a.status)
	}
}

// TestKeyFileIsReplaced restarts with another key file: nobody is logged out.
func TestKeyFileIsReplaced(t *testing.T) {
	t.Parallel()
	key := func(s string) func(*server.Config) {
		return func(c *server.Config) { c.Key = []byte(strings.Repeat(s, 16)) }
	}
	before := start(t, key("ab"))
	l := before.signup("ann")
	after := start(t, func(c *server.Config) { key("cd")(c); c.Store = before.store })
	if _, err := after.client(client.WithToken(l.AccessToken)).Me(t.Context()); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("an access token of the former key: %v", err)
	}
	if _, err := after.client().Refresh(t.Context(), l.RefreshToken); err != nil {
		t.Errorf("the login: %v", err)
	}
}

func TestRingKeepsKeysForSessions(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	const day = 24 * time.Hour
	for _, step := range []struct {
		after time.Duration
		keys  int
	}{{0, 2}, {60 * day, 3}, {60 * day, 3}, {60 * day, 3}, {200 * day, 2}} {
		f.clock.advance(step.after)
		f.rotate(f)
		if got := f.server.Keys(); got != step.keys {
			t.Errorf("%s later there are %d keys, want %d", step.after, got, step.keys)
		}
	}
}

func TestRotatedByManyAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	var operators sync.WaitGroup
	for range 20 {
		operators.Go(func() { f.rotate() })
	}
	operators.Wait()
	f.look()
	if f.server.Keys() != 21 {
		t.Errorf("%d keys after 20 rotations", f.server.Keys())
	}
	for range 100 - 21 {
		f.rotate()
	}
	if _, err := f.operator().RotateKey(t.Context()); err == nil || !strings.Contains(err.Error(), "100 keys") {
		t.Errorf("the ring grows without end: %v", err)
	}
}

// TestBrokenRing: what a server cannot read it does not take, and does not tell.
func TestBrokenRing(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	old := f.firstKey()
	for _, broken := range []string{"", "{", `{}`, `{"keys":[]}`, `{"throttle":"","keys":[{"secret":"c2VjcmV0","since":"2026-01-01T00:00:00.000Z"}]}`} {
		if err := f.store.SetSetting(t.Context(), "signing_key", old, []byte(broken)); err != nil {
			t.Fatal(err)
		}
		if err := f.server.LookAtKeys(t.Context()); err == nil || strings.Contains(err.Error(), "c2VjcmV0") {
			t.Errorf("%q: %v", broken, err)
		}
		if _, err := server.New(t.Context(), server.Config{Store: f.store}); err == nil {
			t.Errorf("a server starts with the ring %q", broken)
		}
		old = []byte(broken)
	}
	if _, err := f.as(l).Me(t.Context()); err != nil {
		t.Errorf("a running server goes on with what it has: %v", err)
	}
}
