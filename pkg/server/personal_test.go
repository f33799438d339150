package server_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
)

// token makes a personal access token for whoever has logged in.
func (f *fixture) token(l api.Login, scope api.Scope) api.Token {
	f.t.Helper()
	made, err := f.as(l).CreateToken(f.t.Context(), api.NewToken{Label: "a script", Scope: scope, ExpiresInDays: 30})
	if err != nil {
		f.t.Fatal(err)
	}
	return made
}

func tokenBearer(made api.Token) string { return "Authorization: Bearer " + made.Token }

// reach is what a token of each scope may do. What is not here, it may not.
var reach = map[api.Scope][]string{
	api.ScopeWrite: {
		"GET /api/v1/me",
		"GET /api/v1/notes", "POST /api/v1/notes", "DELETE /api/v1/notes",
		"GET /api/v1/notes/{id}", "PATCH /api/v1/notes/{id}", "DELETE /api/v1/notes/{id}",
		"POST /api/v1/notes/{id}/append", "POST /api/v1/notes/{id}/restore",
		"GET /api/v1/notes/{id}/revisions", "GET /api/v1/notes/{id}/revisions/{revision}", "POST /api/v1/notes/{id}/revert",
		"GET /api/v1/operations", "POST /api/v1/operations/{id}/undo",
		"GET /api/v1/tags", "PATCH /api/v1/tags/{tag}",
		"GET /api/v1/changes", "GET /api/v1/export", "POST /api/v1/import",
	},
	api.ScopeRead: {
		"GET /api/v1/me", "GET /api/v1/notes", "GET /api/v1/notes/{id}",
		"GET /api/v1/notes/{id}/revisions", "GET /api/v1/notes/{id}/revisions/{revision}",
		"GET /api/v1/operations", "GET /api/v1/tags", "GET /api/v1/changes", "GET /api/v1/export",
	},
	api.ScopeCreate: {"GET /api/v1/me", "POST /api/v1/notes"},
}

// TestTokenReach walks every operation of openapi.yaml with a token of each
// scope. A new operation is closed to tokens until it stands in the table above.
func TestTokenReach(t *testing.T) {
	t.Parallel()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	f := start(t, nil)
	l := f.signup("ann")
	tokens := map[api.Scope]api.Token{}
	for scope := range reach {
		tokens[scope] = f.token(l, scope)
	}
	for path, item := range doc.model.Paths.PathItems.FromOldest() {
		prefix := api.Prefix
		if len(item.Servers) > 0 {
			prefix = strings.TrimSuffix(item.Servers[0].URL, "/")
		}
		for method := range item.GetOperations().KeysFromOldest() {
			name := strings.ToUpper(method) + " " + prefix + path
			if slices.Contains(publicOperations, name) {
				continue
			}
			target := prefix + strings.ReplaceAll(path, "{id}", api.NewID())
			for scope, made := range tokens {
				a := f.do(strings.ToUpper(method), target, "", tokenBearer(made))
				refused := a.status == http.StatusForbidden && a.problem.Field == "Authorization"
				if may := slices.Contains(reach[scope], name); may == refused || a.status == http.StatusUnauthorized {
					t.Errorf("%s with scope %s: %d %s, but may is %t", name, scope, a.status, a.problem.Detail, may)
				}
			}
		}
	}
	if a := f.do("HEAD", "/api/v1/notes", "", tokenBearer(tokens[api.ScopeCreate])); a.status != http.StatusForbidden {
		t.Errorf("HEAD for GET: %d", a.status)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ctx := t.Context()
	l := f.signup("ann")
	made := f.token(l, api.ScopeWrite)
	c := f.client(client.WithToken(made.Token))

	me, err := c.Me(ctx)
	if err != nil || me.User != l.User {
		t.Fatalf("whose it is: %+v, %v", me, err)
	}
	want := made.Session
	want.Current = true
	if me.Session != want || want.Kind != api.KindToken || want.Scope != api.ScopeWrite || want.Label != "a script" {
		t.Errorf("the session is %+v, made was %+v", me.Session, made.Session)
	}
	if left := want.ExpiresAt.Sub(want.CreatedAt.Time); left != 30*24*time.Hour {
		t.Errorf("it lives %s", left)
	}
	if _, err := c.CreateNote(ctx, api.NewNote{Title: "by the token"}); err != nil {
		t.Error(err)
	}
	if page, err := f.as(l).ListNotes(ctx, api.ListOptions{}); err != nil || len(page.Notes) != 1 {
		t.Errorf("ann has %d notes, %v", len(page.Notes), err)
	}

	// Of the token the store has the hash.
	kept, err := f.store.Session(ctx, made.Session.ID)
	if err != nil || kept.SecretHash != sha256.Sum256([]byte(made.Token)) {
		t.Fatalf("kept is %x, %v", kept.SecretHash, err)
	}

	// last_used_at moves.
	f.clock.advance(time.Hour)
	if _, err := c.Me(ctx); err != nil {
		t.Fatal(err)
	}
	used := func() bool {
		s, err := f.store.Session(ctx, made.Session.ID)
		return err == nil && s.LastUsedAt.Sub(kept.LastUsedAt.Time) >= time.Hour
	}
	for late := time.Now().Add(5 * time.Second); !used(); {
		if time.Now().After(late) {
			t.Fatal("last_used_at did not move")
		}
	}
}

// What is nearly a token, or one in the wrong place, is none, and every refusal
// is the same.
func TestNotAToken(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ann, bob := f.signup("ann"), f.signup("bob")
	made, other := f.token(ann, api.ScopeWrite), f.token(bob, api.ScopeWrite)
	id, secret := made.Session.ID, made.Token[len(made.Token)-43:]
	if made.Token != "npat_"+id+"_"+secret {
		t.Fatalf("the token of %s is %s", id, made.Token)
	}
	flipped := []byte(secret)
	flipped[0] ^= 1
	last := []byte(secret)
	last[42]++ // of its six bits four count: the same 256 bits, written otherwise
	for name, token := range map[string]string{
		"no secret":           "npat_" + id + "_",
		"another secret":      "npat_" + id + "_" + string(flipped),
		"the same bits":       "npat_" + id + "_" + string(last),
		"padded":              made.Token + "=",
		"another's secret":    "npat_" + id + "_" + other.Token[len(other.Token)-43:],
		"of a login":          "npat_" + ann.Session.ID + "_" + secret,
		"of no session":       "npat_" + api.NewID() + "_" + secret,
		"the prefix":          "npat_",
		"the beginning":       "npat_" + id[:5],
		"in capitals":         "npat_" + strings.ToUpper(id) + "_" + secret,
		"without its prefix":  made.Token[5:],
		"of another make":     "ghp_" + made.Token[5:],
		"longer than any":     "npat_" + id + "_" + strings.Repeat("a", 8000),
		"a refresh token so":  "npat_" + strings.TrimPrefix(ann.RefreshToken, "nrt_"),
		"something in UTF-8":  "npat_\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4",
		"hash in place of it": "npat_" + id + "_" + base64.RawURLEncoding.EncodeToString(make([]byte, 32)),
	} {
		a := f.do("GET", "/api/v1/me", "", "Authorization: Bearer "+token)
		if a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if a.problem.Detail != "the token has expired, was revoked, or is not of this server" && strings.HasPrefix(token, "npat_") {
			t.Errorf("%s: it says %q", name, a.problem.Detail)
		}
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(f.url, "http://"), ":")
	if a := f.do("GET", "/api/v1/me", "", "Cookie: notes_access_"+port+"="+made.Token); a.status != http.StatusUnauthorized {
		t.Errorf("in the cookie: %d", a.status)
	}
	if a := f.do("GET", "/api/v1/me?token="+made.Token, ""); a.status != http.StatusBadRequest {
		t.Errorf("in the URL: %d", a.status)
	}
	// Nor does it become a login by a refresh, in whatever dress.
	for _, token := range []string{made.Token, "nrt_" + id + "_0_" + secret} {
		if _, err := f.client().Refresh(t.Context(), token); !errors.Is(err, api.ErrUnauthorized) {
			t.Errorf("refresh: %v", err)
		}
	}
	if a := f.do("GET", "/api/v1/me", "", tokenBearer(made)); a.status != http.StatusOK {
		t.Errorf("the token itself, after all that: %d", a.status)
	}
}

// Not even a secret that only the signing key tells makes a login of a session
// that was given to the tutorial's API.
func TestOnlyLoginsAreRefreshed(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef0123456789abcdef")
	f := start(t, func(c *server.Config) { c.Key, c.Classic = key, true })
	l := f.signup("ann")
	if a := f.do("POST", "/authentication", `{"username": "ann", "password": "`+password+`"}`); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	sessions, err := f.as(l).ListSessions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		_, err := f.client().Refresh(t.Context(), server.RefreshToken(key, s.ID, 0))
		if refreshed := err == nil; refreshed != (s.Kind == api.KindCLI) {
			t.Errorf("a session of kind %s: %v", s.Kind, err)
		}
	}
}

// Tokens and logins do not take each other's places.
func TestTokenLimit(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ctx := t.Context()
	l := f.signup("ann")
	first := f.token(l, api.ScopeRead)
	for range 99 {
		f.token(l, api.ScopeRead)
	}
	in := api.NewToken{Label: "one more", Scope: api.ScopeRead, ExpiresInDays: 60}
	if _, err := f.as(l).CreateToken(ctx, in); api.ErrorCode(err) != api.CodeUnprocessable || !strings.Contains(err.Error(), "100 tokens") {
		t.Errorf("the 101st: %v", err)
	}
	if sessions, err := f.as(l).ListSessions(ctx); err != nil || len(sessions) != 101 {
		t.Errorf("%d sessions, %v", len(sessions), err)
	}
	f.login("ann") // 102 sessions, of which two are logins
	for _, c := range []*client.Client{f.as(l), f.client(client.WithToken(first.Token))} {
		if _, err := c.Me(ctx); err != nil {
			t.Errorf("after another login: %v", err)
		}
	}
	f.clock.advance(31 * 24 * time.Hour) // what has expired does not count
	if _, err := f.as(f.login("ann")).CreateToken(ctx, in); err != nil {
		t.Error(err)
	}
}

func TestTokenRefused(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	for _, tt := range []struct{ body, field string }{
		{`{"scope": "read", "expires_in_days": 1}`, "label"},
		{`{"label": "x", "expires_in_days": 1}`, "scope"},
		{`{"label": "x", "scope": "admin", "expires_in_days": 1}`, "scope"},
		{`{"label": "x", "scope": "read"}`, "expires_in_days"},
		{`{"label": "x", "scope": "read", "expires_in_days": 366}`, "expires_in_days"},
		{`{"label": "x", "scope": "read", "expires_in_days": 1.5}`, "expires_in_days"},
		{`{"label": "x", "scope": "read", "expires_in_days": 1, "kind": "cli"}`, "kind"},
	} {
		if a := f.do("POST", "/api/v1/tokens", tt.body, bearer(l)); a.status != http.StatusBadRequest || a.problem.Field != tt.field {
			t.Errorf("%s: %d %s", tt.body, a.status, a.body)
		}
	}
	if strings.Contains(f.log.String(), "npat_") {
		t.Error("a token is in the log")
	}
}

// A token that may only add notes learns nothing of those there are.
func TestCreateTokenSeesNothing(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ctx := t.Context()
	l := f.signup("ann")
	ann := f.as(l)
	made := f.token(l, api.ScopeCreate)
	post := func(body string, headers ...string) answer {
		return f.do("POST", "/api/v1/notes", body, append(headers, tokenBearer(made))...)
	}

	secret, err := ann.CreateNote(ctx, api.NewNote{Title: "Diary", Body: "a secret"})
	if err != nil {
		t.Fatal(err)
	}
	if a := post(`{"id": "` + secret.ID + `"}`); a.status != http.StatusConflict || strings.Contains(a.body, "secret") {
		t.Errorf("another note's id: %d %s", a.status, a.body)
	}

	// A repeat finds what it added itself, until somebody has written there.
	const operation = "Operation-Id: 7m2qak3v9c0x"
	if a := post(`{"title": "Log"}`, operation); a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := post(`{"title": "Log"}`, operation); a.status != http.StatusOK {
		t.Errorf("a repeat: %d %s", a.status, a.body)
	}
	page, err := ann.ListNotes(ctx, api.ListOptions{})
	if err != nil || len(page.Notes) != 2 {
		t.Fatalf("%d notes, %v", len(page.Notes), err)
	}
	for _, n := range page.Notes {
		if n.ID != secret.ID {
			_, err = ann.UpdateNote(ctx, n.ID, n.Revision, api.NotePatch{Body: ptr("a secret")})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if a := post(`{"title": "Log"}`, operation); a.status != http.StatusConflict || strings.Contains(a.body, "secret") {
		t.Errorf("a repeat after a change: %d %s", a.status, a.body)
	}
	if a := f.do("POST", "/api/v1/notes", `{"title": "Log"}`, operation, bearer(l)); a.status != http.StatusOK || !strings.Contains(a.body, "secret") {
		t.Errorf("the same by ann herself: %d %s", a.status, a.body)
	}
}
