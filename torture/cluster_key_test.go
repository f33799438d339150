//go:build linux

package torture

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// TestClusterKeys changes the key beside servers that work. Nobody notices; and
// when it is changed because somebody has seen it, all logins end at once,
// everywhere.
func TestClusterKeys(t *testing.T) {
	t.Parallel()
	c := startCluster(t, mongotest.URI(t))
	login := signUp(t, c.server(0).URL, "ann")
	old := login.AccessToken
	if said := c.admin("rotate-key"); !strings.Contains(said, "nobody is logged out") {
		t.Errorf("rotate-key says %q", said)
	}
	// Each of these tokens goes to another server than the one that made it, from
	// before all of them know the new key until it signs.
	const lead = 12 * time.Second
	refreshes := 0
	for begun := time.Now(); time.Since(begun) < lead; refreshes++ {
		l, err := newClient(t, c.server(refreshes).URL).Refresh(t.Context(), login.RefreshToken)
		if err != nil {
			t.Fatalf("refresh %d: %v", refreshes, err)
		}
		login.RefreshToken = l.RefreshToken
		for i := range clusterSize {
			for what, token := range map[string]string{"new": l.AccessToken, "first": old} {
				if _, err := newClient(t, c.server(i).URL, client.WithToken(token)).Me(t.Context()); err != nil {
					t.Fatalf("%s after the rotation, the %s token: %v", time.Since(begun), what, err)
				}
			}
		}
		time.Sleep(50 * time.Millisecond)
	}

	token, err := as(t, c.server(1).URL, login).CreateToken(t.Context(), api.NewToken{Label: "ci", Scope: api.ScopeRead, ExpiresInDays: 1})
	if err != nil {
		t.Fatal(err)
	}
	users := c.watch(old)
	c.admin("rotate-key", "--now", "--yes")
	if took := users.refused("rotate-key --now"); took > 0 {
		t.Errorf("rotate-key --now had ended, and a login was good for %s more", took)
	}
	for i := range clusterSize {
		server := newClient(t, c.server(i).URL)
		if _, err := server.Refresh(t.Context(), login.RefreshToken); !errors.Is(err, api.ErrUnauthorized) {
			t.Errorf("a refresh on server %d: %v", i, err)
		}
		if _, err := newClient(t, c.server(i).URL, client.WithToken(token.Token)).Me(t.Context()); err != nil {
			t.Errorf("a personal access token on server %d: %v", i, err)
		}
	}
	again := logIn(t, c.server(0).URL, "ann")
	for i := range clusterSize {
		if _, err := as(t, c.server(i).URL, again).Me(t.Context()); err != nil {
			t.Errorf("a login with the key that came, on server %d: %v", i, err)
		}
	}
	t.Logf("%d refreshes while %d servers took up a new key, none refused", refreshes, clusterSize)
}
