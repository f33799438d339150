package server_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

func TestRefreshLostAnswer(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, ctx := f.client(), t.Context()
	first := f.signup("ann")

	// The answer with the second token is lost: the first one gets it again.
	second, err := c.Refresh(ctx, first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Refresh(ctx, first.RefreshToken)
	if err != nil || again.RefreshToken != second.RefreshToken || again.RefreshToken == first.RefreshToken {
		t.Fatalf("the same successor: %v", err)
	}
	// It is used, and the first one is still good for ten seconds.
	third, err := c.Refresh(ctx, second.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	f.clock.advance(9 * time.Second)
	if late, err := c.Refresh(ctx, first.RefreshToken); err != nil || late.RefreshToken != third.RefreshToken {
		t.Fatalf("within the grace: %v", err)
	}
	// After that somebody else has it: the session ends.
	f.clock.advance(2 * time.Second)
	if _, err := c.Refresh(ctx, first.RefreshToken); !errors.Is(err, api.ErrUnauthorized) {
		t.Fatalf("reuse: %v", err)
	}
	if _, err := c.Refresh(ctx, third.RefreshToken); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("the newest token of a session that ended: %v", err)
	}
	if _, err := f.client(client.WithToken(third.AccessToken)).Me(ctx); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("the access token of a session that ended: %v", err)
	}
}

func TestRefreshTwentyTabs(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c, ctx := f.client(), t.Context()
	token := f.signup("ann").RefreshToken
	for range 3 {
		var tabs sync.WaitGroup
		next := make([]string, 20)
		for i := range next {
			tabs.Go(func() {
				l, err := c.Refresh(ctx, token)
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
		token = next[0]
	}
}

func TestForgedRefreshToken(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	forged := []byte(l.RefreshToken)
	forged[len(forged)-5] ^= 1
	for _, token := range []string{string(forged), "nrt_" + l.Session.ID + "_0_", l.AccessToken, "x", "nrt_" + l.Session.ID + "_-1_AAAA"} {
		if _, err := f.client().Refresh(t.Context(), token); !errors.Is(err, api.ErrUnauthorized) {
			t.Errorf("%s: %v", token, err)
		}
	}
	if _, err := f.client().Refresh(t.Context(), l.RefreshToken); err != nil {
		t.Errorf("a stranger who knows the session's id must not end it: %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ctx := t.Context()
	phone, laptop, tablet := f.signup("ann"), f.login("ann"), f.login("ann")
	bob := f.signup("bob")

	me := func(l api.Login) error {
		_, err := f.client(client.WithToken(l.AccessToken)).Me(ctx)
		return err
	}
	sessions, err := f.as(phone).ListSessions(ctx)
	if err != nil || len(sessions) != 3 {
		t.Fatalf("%d sessions, %v", len(sessions), err)
	}
	for _, s := range sessions {
		if s.Current != (s.ID == phone.Session.ID) || s.Label != "test" || s.Kind != api.KindCLI {
			t.Errorf("session %+v", s)
		}
	}
	if err := f.as(bob).DeleteSession(ctx, phone.Session.ID); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("another user's session: %v", err)
	}
	if err := errors.Join(me(phone), me(laptop), me(tablet)); err != nil {
		t.Fatal(err)
	}
	if err := f.as(phone).DeleteSession(ctx, laptop.Session.ID); err != nil {
		t.Fatal(err)
	}
	if err := me(laptop); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("a session that was ended, at the next request: %v", err)
	}
	if err := f.as(phone).DeleteOtherSessions(ctx); err != nil {
		t.Fatal(err)
	}
	if err := me(tablet); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("another session: %v", err)
	}
	if err := me(phone); err != nil {
		t.Errorf("the one that asked: %v", err)
	}
	if err := f.as(phone).Logout(ctx); err != nil {
		t.Fatal(err)
	}
	if err := me(phone); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("after the logout: %v", err)
	}
	if err := me(bob); err != nil {
		t.Errorf("bob: %v", err)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ctx := t.Context()
	l, other := f.signup("ann"), f.login("ann")
	c := f.as(l)
	const fresh = "a wholly other phrase"

	for _, tt := range []struct {
		change api.PasswordChange
		code   api.Code
		field  string
	}{
		{api.PasswordChange{CurrentPassword: "wrong wrong wrong", NewPassword: fresh}, api.CodeForbidden, "current_password"},
		{api.PasswordChange{CurrentPassword: password, NewPassword: "short"}, api.CodeInvalid, "new_password"},
		{api.PasswordChange{CurrentPassword: password, NewPassword: "passwordpassword"}, api.CodeInvalid, "new_password"},
	} {
		err := c.ChangePassword(ctx, tt.change)
		if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != tt.code || e.Field != tt.field {
			t.Errorf("%+v: %v", tt.change, err)
		}
	}
	if err := c.ChangePassword(ctx, api.PasswordChange{CurrentPassword: password, NewPassword: fresh}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Me(ctx); err != nil {
		t.Errorf("the session that changed it: %v", err)
	}
	if _, err := f.client(client.WithToken(other.AccessToken)).Me(ctx); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("another session: %v", err)
	}
	if _, err := f.client().Login(ctx, api.NewSession{Username: "ann", Password: password}); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := f.client().Login(ctx, api.NewSession{Username: "ANN", Password: fresh}); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

func TestDeleteAccount(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ctx := t.Context()
	c := f.user("ann")
	if _, err := c.CreateNote(ctx, api.NewNote{Title: "t"}); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteAccount(ctx, "not the password"); api.ErrorCode(err) != api.CodeForbidden {
		t.Errorf("wrong password: %v", err)
	}
	if err := c.DeleteAccount(ctx, password); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Me(ctx); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("a session of a deleted account: %v", err)
	}
	again := f.user("ann") // the name is free
	if page, err := again.ListNotes(ctx, api.ListOptions{State: api.StateAll}); err != nil || len(page.Notes) != 0 {
		t.Errorf("the namesake finds %d notes, %v", len(page.Notes), err)
	}
}

// TestAccessTokens makes tokens with the right key that a server must refuse
// all the same, and some with a wrong one.
func TestAccessTokens(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef0123456789abcdef0123456789abcdef")
	f := start(t, func(c *server.Config) { c.Key = key })
	ann, bob := f.signup("ann"), f.signup("bob")
	signing := server.AccessKey(key)
	now := time.Now()
	good := func() jwt.MapClaims {
		return jwt.MapClaims{
			"iss": "notesd", "aud": "notes", "sub": ann.User.ID, "sid": ann.Session.ID,
			"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		}
	}
	without := func(name string) jwt.MapClaims { c := good(); delete(c, name); return c }
	with := func(name string, v any) jwt.MapClaims { c := good(); c[name] = v; return c }

	for _, tt := range []struct {
		name   string
		method jwt.SigningMethod
		claims jwt.MapClaims
		key    any
		status int
	}{
		{"as the server makes it", jwt.SigningMethodHS256, good(), signing, 200},
		{"no exp", jwt.SigningMethodHS256, without("exp"), signing, 401},
		{"no iat", jwt.SigningMethodHS256, without("iat"), signing, 401},
		{"no iss", jwt.SigningMethodHS256, without("iss"), signing, 401},
		{"no aud", jwt.SigningMethodHS256, without("aud"), signing, 401},
		{"no sub", jwt.SigningMethodHS256, without("sub"), signing, 401},
		{"no sid", jwt.SigningMethodHS256, without("sid"), signing, 401},
		{"expired beyond the leeway", jwt.SigningMethodHS256, with("exp", now.Add(-time.Minute).Unix()), signing, 401},
		{"from the future", jwt.SigningMethodHS256, with("iat", now.Add(time.Hour).Unix()), signing, 401},
		{"other issuer", jwt.SigningMethodHS256, with("iss", "elsewhere"), signing, 401},
		{"other audience", jwt.SigningMethodHS256, with("aud", "elsewhere"), signing, 401},
		{"another user's session", jwt.SigningMethodHS256, with("sid", bob.Session.ID), signing, 401},
		{"a session that never was", jwt.SigningMethodHS256, with("sid", api.NewID()), signing, 401},
		{"another key", jwt.SigningMethodHS256, good(), []byte("fedcba9876543210fedcba9876543210"), 401},
		{"the signing key itself", jwt.SigningMethodHS256, good(), key, 401},
		{"HS512", jwt.SigningMethodHS512, good(), signing, 401},
		{"alg none", jwt.SigningMethodNone, good(), jwt.UnsafeAllowNoneSignatureType, 401},
	} {
		token, err := jwt.NewWithClaims(tt.method, tt.claims).SignedString(tt.key)
		if err != nil {
			t.Fatal(err)
		}
		if a := f.do("GET", "/api/v1/me", "", "Authorization: Bearer "+token); a.status != tt.status {
			t.Errorf("%s: %d %s", tt.name, a.status, a.body)
		}
	}
	if a := f.do("GET", "/api/v1/me", "", "Authorization: Bearer "+ann.RefreshToken); a.status != 401 {
		t.Errorf("a refresh token as access token: %d", a.status)
	}
	f.clock.advance(31 * time.Minute)
	if a := f.do("GET", "/api/v1/me", "", bearer(ann)); a.status != 401 || a.header.Get("WWW-Authenticate") == "" {
		t.Errorf("after half an hour: %d %v", a.status, a.header)
	}
}

func TestSessionExpires(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	f.clock.advance(89 * 24 * time.Hour)
	next, err := f.client().Refresh(t.Context(), l.RefreshToken)
	if err != nil {
		t.Fatalf("after 89 days: %v", err)
	}
	f.clock.advance(91 * 24 * time.Hour)
	if _, err := f.client().Refresh(t.Context(), next.RefreshToken); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("after 91 days without use: %v", err)
	}
}

func TestOldestSessionsEnd(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	first := f.signup("ann")
	second := f.login("ann")
	for range 99 {
		f.clock.advance(time.Second)
		f.login("ann")
	}
	if _, err := f.client(client.WithToken(first.AccessToken)).Me(t.Context()); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("the first of 101 sessions: %v", err)
	}
	if ended := fmt.Sprintf(`"session ended","user":%q,"session":%q`, first.User.ID, first.Session.ID); !strings.Contains(f.log.String(), ended) {
		t.Error("the log does not tell that it ended")
	}
	sessions, err := f.as(second).ListSessions(t.Context())
	if err != nil || len(sessions) != 100 {
		t.Errorf("%d sessions, %v", len(sessions), err)
	}
}

// TestOldestSessionsThatEnd fills the account with sessions that were used later
// than the one login, but have expired, or are the tutorial's.
func TestOldestSessionsThatEnd(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.Classic = true })
	l := f.signup("ann")
	add := func(kind api.Kind, life time.Duration) string {
		t.Helper()
		now := api.TimeOf(f.clock.now())
		s := store.Session{
			ID: api.NewID(), UserID: l.User.ID, Kind: kind, Scope: api.ScopeWrite,
			CreatedAt: now, LastUsedAt: now, RotatedAt: now, ExpiresAt: api.TimeOf(now.Add(life)),
		}
		if err := f.store.CreateSession(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		return s.ID
	}
	lives := func(id string, want bool) {
		t.Helper()
		if _, err := f.store.Session(t.Context(), id); (err == nil) != want {
			t.Errorf("session: %v", err)
		}
	}
	f.clock.advance(time.Minute)
	oldest := add(api.KindClassic, time.Hour)
	f.clock.advance(time.Minute)
	for range 99 {
		add(api.KindClassic, time.Hour)
		add(api.KindCLI, -time.Second)
	}
	for range 2 {
		f.login("ann")
	}
	lives(l.Session.ID, true)
	lives(oldest, true)
	if a := f.do("POST", "/authentication", `{"username":"ann","password":"`+password+`"}`); !strings.Contains(a.body, "Success") {
		t.Fatal(a.body)
	}
	lives(l.Session.ID, true)
	lives(oldest, false)
}

// TestLogoutWithReplacedKey logs out by a cookie of a key file that was replaced.
func TestLogoutWithReplacedKey(t *testing.T) {
	t.Parallel()
	before := start(t, func(c *server.Config) { c.Key = []byte("0123456789abcdef0123456789abcdef") })
	after := start(t, func(c *server.Config) {
		c.Store, c.Key = before.store, []byte("fedcba9876543210fedcba9876543210")
	})
	l := before.signup("ann")
	logout := func(token string) {
		t.Helper()
		cookie := "Cookie: notes_refresh_" + after.url[strings.LastIndexByte(after.url, ':')+1:] + "="
		if a := after.do("GET", "/logout", "", cookie+token); a.status != 303 {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	logout(server.RefreshToken([]byte("another key"), l.Session.ID, 0))
	if _, err := before.store.Session(t.Context(), l.Session.ID); err != nil {
		t.Errorf("a stranger's cookie: %v", err)
	}
	logout(l.RefreshToken)
	if _, err := before.store.Session(t.Context(), l.Session.ID); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("the session goes on: %v", err)
	}
}
