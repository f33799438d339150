package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// issuer is a server that takes one access token at a time.
type issuer struct {
	generation atomic.Int32 // of the token it takes
	refreshes  atomic.Int32
	refuse     atomic.Bool // every refresh
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/v1/sessions/refresh" {
		if r.Header.Get("Authorization") != fmt.Sprintf("Bearer access-%d", i.generation.Load()) {
			problem(w, api.CodeUnauthorized)
			return
		}
		answer(w, 200, `{"id":"u","username":"ann"}`)
		return
	}
	i.refreshes.Add(1)
	body, _ := io.ReadAll(r.Body)
	want := fmt.Sprintf(`"refresh-%d"`, i.generation.Load())
	if i.refuse.Load() || r.Header.Get("Authorization") != "" || !strings.Contains(string(body), want) {
		problem(w, api.CodeUnauthorized)
		return
	}
	g := i.generation.Add(1)
	answer(w, 200, fmt.Sprintf(
		`{"access_token":"access-%d","expires_at":"2030-01-01T00:30:00.000Z","refresh_token":"refresh-%d"}`, g, g))
}

func tokens(generation int, expires time.Time) client.Tokens {
	return client.Tokens{
		Access: fmt.Sprintf("access-%d", generation), Refresh: fmt.Sprintf("refresh-%d", generation),
		ExpiresAt: api.TimeOf(expires),
	}
}

var (
	now       = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	clock     = client.WithClock(func() time.Time { return now })
	inAnHour  = now.Add(time.Hour)
	saveNever = func(client.Tokens) error { return errors.New("saved") }
)

// However many calls are refused at once, one refresh serves them all.
func TestOneRefreshForManyCalls(t *testing.T) {
	t.Parallel()
	var i issuer
	i.generation.Store(1)
	var saved atomic.Int32
	old := tokens(1, inAnHour)
	old.Access = "access-0"
	c := serve(t, i.ServeHTTP, clock, client.WithLogin(old, func(tk client.Tokens) error {
		saved.Add(1)
		if tk.Refresh != "refresh-2" {
			t.Errorf("saved %q", tk.Refresh)
		}
		return nil
	}))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := c.Me(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if i.refreshes.Load() != 1 || saved.Load() != 1 {
		t.Errorf("%d refreshes, %d saved", i.refreshes.Load(), saved.Load())
	}
}

func TestRefreshBeforeTheEnd(t *testing.T) {
	t.Parallel()
	for left, refreshes := range map[time.Duration]int32{31 * time.Second: 0, 30 * time.Second: 1, -time.Hour: 1} {
		var i issuer
		c := serve(t, i.ServeHTTP, clock, client.WithLogin(tokens(0, now.Add(left)), nil))
		for range 3 {
			if _, err := c.Me(t.Context()); err != nil {
				t.Errorf("%s left: %v", left, err)
			}
		}
		if got := i.refreshes.Load(); got != refreshes {
			t.Errorf("%s left: %d refreshes, want %d", left, got, refreshes)
		}
	}
}

// A login that has ended is one error, asked for once, and never a loop.
func TestRefusedRefreshIsFinal(t *testing.T) {
	t.Parallel()
	var i issuer
	i.refuse.Store(true)
	c := serve(t, i.ServeHTTP, clock, client.WithLogin(tokens(5, inAnHour), saveNever))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := c.Me(t.Context()); !errors.Is(err, api.ErrUnauthorized) || err.Error() != "the login has ended" {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if n := i.refreshes.Load(); n != 1 {
		t.Errorf("%d refreshes", n)
	}
}

// New tokens that cannot be kept are not used: the old ones still count then.
func TestUnsavedTokensAreNotUsed(t *testing.T) {
	t.Parallel()
	var i issuer
	c := serve(t, i.ServeHTTP, clock, client.WithLogin(tokens(0, now), saveNever))
	if _, err := c.Me(t.Context()); err == nil || err.Error() != "saved" {
		t.Errorf("got %v", err)
	}
}

// A server that refuses even its newest token gets one refresh, not many.
func TestNoRefreshLoop(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.URL.Path == "/api/v1/sessions/refresh" {
			answer(w, 200, `{"access_token":"x","expires_at":"2030-01-01T00:30:00.000Z","refresh_token":"y"}`)
			return
		}
		problem(w, api.CodeUnauthorized)
	}, clock, client.WithLogin(tokens(0, inAnHour), nil))
	if _, err := c.Me(t.Context()); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
	if n := requests.Load(); n != 3 {
		t.Errorf("%d requests, want the call, the refresh and the call again", n)
	}
}

func TestFixedTokenIsNotRefreshed(t *testing.T) {
	t.Parallel()
	var i issuer
	c := serve(t, i.ServeHTTP, client.WithToken("npat_other"))
	if _, err := c.Me(t.Context()); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
	if n := i.refreshes.Load(); n != 0 {
		t.Errorf("%d refreshes", n)
	}
}

// A personal access token that is kept as a login is has nothing to be refreshed
// with, and the server says best what is wrong with it.
func TestKeptTokenIsNotRefreshed(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	revoked := func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(401)
		_, _ = io.WriteString(w, `{"status":401,"code":"unauthorized","detail":"the token was revoked"}`)
	}
	for name, login := range map[string]client.Option{
		"kept":  client.WithLogin(client.Tokens{Access: "npat_x"}, saveNever),
		"fixed": client.WithToken("npat_x"),
	} {
		requests.Store(0)
		c := serve(t, revoked, clock, login)
		if _, err := c.Me(t.Context()); !errors.Is(err, api.ErrUnauthorized) || err.Error() != "the token was revoked" {
			t.Errorf("%s: %v", name, err)
		}
		if n := requests.Load(); n != 1 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

// shared is a TokenStore into which another program wrote after Load.
type shared struct{ loaded, kept client.Tokens }

func (s *shared) Load(context.Context) (client.Tokens, error) { return s.loaded, nil }

func (s *shared) Update(_ context.Context, refresh func(client.Tokens) (client.Tokens, error)) (client.Tokens, error) {
	return refresh(s.kept)
}

func TestAnotherProgramRefreshed(t *testing.T) {
	t.Parallel()
	var i issuer
	i.generation.Store(1)
	c := serve(t, i.ServeHTTP, clock, client.WithTokenStore(&shared{loaded: tokens(0, now), kept: tokens(1, inAnHour)}))
	if _, err := c.Me(t.Context()); err != nil {
		t.Error(err)
	}
	if n := i.refreshes.Load(); n != 0 {
		t.Errorf("%d refreshes although the tokens were there", n)
	}
}
