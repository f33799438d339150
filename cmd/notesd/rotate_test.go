package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// TestRotateKey rotates beside a running server: nobody notices. Then somebody
// has seen the key: when the command ends, the login has too, and a token has not.
func TestRotateKey(t *testing.T) {
	t.Parallel()
	for engine, url := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			p := serveStore(t, "--store", url)
			did(t, url, password+"\n", "users", "add", "ann", "--password-stdin")
			l, err := newClient(t, p.url).Login(ctx, api.NewSession{Username: "ann", Password: password})
			if err != nil {
				t.Fatal(err)
			}
			ann := newClient(t, p.url, client.WithToken(l.AccessToken))
			token, err := ann.CreateToken(ctx, api.NewToken{Label: "script", Scope: api.ScopeRead, ExpiresInDays: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer keepHot(t, ann)()

			if out := did(t, url, "", "rotate-key"); !strings.Contains(out, "nobody is logged out") {
				t.Error(out)
			}
			wantMe(t, ann, "after a rotation", nil)
			if l, err = newClient(t, p.url).Refresh(ctx, l.RefreshToken); err != nil {
				t.Error(err)
			}

			if out := did(t, url, "", "rotate-key", "--now", "--yes"); !strings.Contains(out, "1 login ended") {
				t.Error(out)
			}
			wantMe(t, ann, "after the key was seen", api.ErrUnauthorized)
			if _, err := newClient(t, p.url).Refresh(ctx, l.RefreshToken); !errors.Is(err, api.ErrUnauthorized) {
				t.Errorf("the refresh token: %v", err)
			}
			wantMe(t, newClient(t, p.url, client.WithToken(token.Token)), "the token", nil)
			wantMe(t, loggedIn(t, p, "ann", password), "a new login", nil)
		})
	}
}

func TestRotateKeyRefuses(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/notes.db"
	serveStore(t, "--store", url).stop()
	for _, tt := range []struct {
		args string
		want string
	}{
		{"rotate-key --key-file /etc/notesd/key", "restart every server"},
		{"rotate-key --now", "--yes"},
		{"rotate-key now", "now"},
	} {
		if code, _, errOut := operate(t, url, "", strings.Fields(tt.args)...); code != 2 || !strings.Contains(errOut, tt.want) {
			t.Errorf("notesd %s: exit code %d, %q lacks %q", tt.args, code, errOut, tt.want)
		}
	}
}
