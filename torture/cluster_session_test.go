//go:build linux

package torture

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// TestClusterSessions starts three servers at once on an empty database: a login
// on one is good on all, whichever made the key, and what ends it on one ends it
// on the others in time.
func TestClusterSessions(t *testing.T) {
	t.Parallel()
	c := startCluster(t, mongotest.URI(t))
	var slowest time.Duration
	for i, end := range []struct {
		what string
		do   func(ctx context.Context, c *cluster, on *client.Client, l api.Login) error
	}{
		{"a logout", func(ctx context.Context, _ *cluster, on *client.Client, _ api.Login) error { return on.Logout(ctx) }},
		{"a revocation", func(ctx context.Context, c *cluster, _ *client.Client, l api.Login) error {
			other := as(c.tb, c.server(1).URL, logIn(c.tb, c.server(2).URL, l.User.Username))
			return other.DeleteSession(ctx, l.Session.ID)
		}},
		{"the end of all others", func(ctx context.Context, c *cluster, _ *client.Client, l api.Login) error {
			return as(c.tb, c.server(1).URL, logIn(c.tb, c.server(2).URL, l.User.Username)).DeleteOtherSessions(ctx)
		}},
		{"a new password", func(ctx context.Context, c *cluster, _ *client.Client, l api.Login) error {
			other := as(c.tb, c.server(1).URL, logIn(c.tb, c.server(2).URL, l.User.Username))
			return other.ChangePassword(ctx, api.PasswordChange{CurrentPassword: password, NewPassword: "another " + password})
		}},
		{"the end of the account", func(ctx context.Context, _ *cluster, on *client.Client, _ api.Login) error {
			return on.DeleteAccount(ctx, password)
		}},
		{"users disable", func(_ context.Context, c *cluster, _ *client.Client, l api.Login) error {
			c.admin("users", "disable", l.User.Username)
			return nil
		}},
	} {
		login := signUp(t, c.server(i).URL, fmt.Sprint("user", i))
		users := c.watch(login.AccessToken)
		if err := end.do(t.Context(), c, as(t, c.server(i+1).URL, login), login); err != nil {
			t.Fatalf("%s: %v", end.what, err)
		}
		took := users.refused(end.what)
		slowest = max(slowest, took)
		if end.what == "users disable" && took > 0 {
			t.Errorf("users disable had ended, and a request %s later was answered", took)
		}
	}
	slowest = max(slowest, tokenRevoked(t, c))
	t.Logf("what was ended on one of %d servers, the others answered for %s at most", clusterSize, slowest.Round(time.Millisecond))
}

// tokenRevoked is the same with a personal access token.
func tokenRevoked(t *testing.T, c *cluster) time.Duration {
	t.Helper()
	login := signUp(t, c.server(0).URL, "scripts")
	token, err := as(t, c.server(1).URL, login).CreateToken(t.Context(), api.NewToken{Label: "ci", Scope: api.ScopeWrite, ExpiresInDays: 1})
	if err != nil {
		t.Fatal(err)
	}
	users := c.watch(token.Token)
	if err := as(t, c.server(2).URL, login).DeleteSession(t.Context(), token.Session.ID); err != nil {
		t.Fatal(err)
	}
	return users.refused("the end of a token")
}

// watchers use one token on every server all the time, so that each has it in mind
// when it ends.
type watchers struct {
	tb     testing.TB
	cancel context.CancelFunc
	all    sync.WaitGroup

	mu   sync.Mutex
	last time.Time // when the last request began that was answered
	bad  []error
}

// watch returns when the token was good on every server.
func (c *cluster) watch(token string) *watchers {
	c.tb.Helper()
	ctx, cancel := context.WithCancel(c.tb.Context())
	w := &watchers{tb: c.tb, cancel: cancel}
	for i := range clusterSize {
		user := newClient(c.tb, c.server(i).URL, client.WithToken(token))
		if _, err := user.Me(ctx); err != nil {
			c.tb.Fatalf("a login of another server: %v", err)
		}
		w.all.Go(func() { w.use(ctx, user) })
	}
	return w
}

// use goes on until the token is refused, and long enough behind that to see that
// it stays so.
func (w *watchers) use(ctx context.Context, user *client.Client) {
	for refusals := 0; refusals < 20 && ctx.Err() == nil; {
		begun := time.Now()
		_, err := user.Me(ctx)
		w.mu.Lock()
		switch {
		case errors.Is(err, api.ErrUnauthorized):
			refusals++
		case err == nil && refusals > 0:
			w.bad = append(w.bad, errors.New("a token that was refused was good again"))
		case err == nil:
			w.last = begun
		case ctx.Err() == nil:
			w.bad = append(w.bad, err)
		}
		w.mu.Unlock()
		time.Sleep(5 * time.Millisecond)
	}
}

// refused is called when the token has ended, and returns for how long after that
// a request could begin that was answered all the same.
func (w *watchers) refused(after string) time.Duration {
	w.tb.Helper()
	ended := time.Now()
	timer := time.AfterFunc(20*time.Second, w.cancel)
	defer timer.Stop()
	w.all.Wait()
	w.cancel()
	if errs := errors.Join(w.bad...); errs != nil {
		w.tb.Errorf("%s: %v", after, errs)
	}
	took := max(0, w.last.Sub(ended))
	if took > noticedWithin {
		w.tb.Errorf("%s %s later a request was still answered", after, took)
	}
	return took
}
