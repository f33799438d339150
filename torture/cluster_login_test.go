//go:build linux

package torture

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// TestClusterRefresh has twenty tabs refresh at once, each at another server than
// the one before: all get the same tokens. A browser's cookie is good everywhere,
// and a token that was used before ends the login everywhere.
func TestClusterRefresh(t *testing.T) {
	t.Parallel()
	const origin = "https://notes.example.org"
	c := startCluster(t, mongotest.URI(t), "--public-url", origin)
	login := signUp(t, c.server(0).URL, "ann")
	first := login.RefreshToken
	for range 3 {
		const tabs = 20
		var got [tabs]string
		c.atOnce(tabs, func(i int, p *process) {
			l, err := newClient(t, p.URL).Refresh(t.Context(), login.RefreshToken)
			if err != nil {
				t.Errorf("a refresh: %v", err)
			}
			got[i] = l.RefreshToken
			if _, err := as(t, c.server(i+1).URL, l).Me(t.Context()); err != nil {
				t.Errorf("an access token on another server: %v", err)
			}
		})
		if slices.Max(got[:]) != slices.Min(got[:]) || got[0] == login.RefreshToken {
			t.Errorf("%d tabs did not get the same token", tabs)
		}
		login.RefreshToken = got[0]
	}
	if _, err := newClient(t, c.server(1).URL).Refresh(t.Context(), first); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("the first of four tokens: %v", err)
	}
	if _, err := newClient(t, c.server(2).URL).Refresh(t.Context(), login.RefreshToken); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("the last one, after an old one was used: %v", err)
	}

	_, cookies := c.browser(0, "/sessions", api.NewSession{Username: "ann", Password: password, Cookie: true}, origin, nil)
	for i := range clusterSize {
		if status, _ := c.browser(i, "/notes", api.NewNote{Title: "by cookie"}, origin, cookies); status != http.StatusCreated {
			t.Errorf("the cookie of one server on another: %d", status)
		}
	}
}

// browser posts something as the dashboard does, to one server, and returns the
// status and the cookies of the answer.
func (c *cluster) browser(i int, path string, in any, origin string, cookies []*http.Cookie) (status int, set []*http.Cookie) {
	c.tb.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		c.tb.Fatal(err)
	}
	req, err := http.NewRequestWithContext(c.tb.Context(), http.MethodPost, c.server(i).URL+api.Prefix+path, bytes.NewReader(body))
	if err != nil {
		c.tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", origin)
	for _, cookie := range cookies {
		req.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.tb.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode, res.Cookies()
}

// TestClusterThrottle guesses passwords on all servers at once: as many are looked
// at as on one, and then the account is closed on all of them.
func TestClusterThrottle(t *testing.T) {
	t.Parallel()
	const attempts, allowed, ofNetwork = 30, 10, 100
	c := startCluster(t, mongotest.URI(t))
	signUp(t, c.server(0).URL, "ann")
	guess := func(name, word string) func(int, *process) error {
		return func(_ int, p *process) error {
			_, err := newClient(t, p.URL).Login(t.Context(), api.NewSession{Username: name, Password: word})
			return err
		}
	}
	tally := func(n int, try func(int, *process) error) (wrong, throttled int) {
		var mu sync.Mutex
		c.atOnce(n, func(i int, p *process) {
			err := try(i, p)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, api.ErrUnauthorized):
				wrong++
			case errors.Is(err, api.ErrRateLimited):
				throttled++
			default:
				t.Errorf("a wrong password: %v", err)
			}
		})
		return wrong, throttled
	}
	if wrong, throttled := tally(attempts, guess("ann", "a wrong password")); wrong != allowed || throttled != attempts-allowed {
		t.Errorf("of %d guesses %d were looked at and %d throttled, want %d to be looked at", attempts, wrong, throttled, allowed)
	}
	for i := range clusterSize {
		if err := guess("ann", password)(i, c.server(i)); !errors.Is(err, api.ErrRateLimited) {
			t.Errorf("the right password on server %d: %v", i, err)
		}
	}
	c.admin("users", "unlock", "ann")
	for i := range clusterSize {
		if err := guess("ann", password)(i, c.server(i)); err != nil {
			t.Errorf("after users unlock, on server %d: %v", i, err)
		}
	}
	// Ten of the network's hundred are gone. Guesses that were throttled and right
	// ones do not count.
	wrong, throttled := 0, 0
	for round := range ofNetwork / attempts {
		w, th := tally(attempts, func(i int, p *process) error {
			return guess(fmt.Sprintf("nobody%d-%d", round, i), "a wrong password")(i, p)
		})
		wrong, throttled = wrong+w, throttled+th
	}
	if wrong != ofNetwork-allowed || throttled != 0 {
		t.Errorf("of a network %d guesses were looked at and %d throttled", wrong, throttled)
	}
	if wrong, throttled := tally(clusterSize, guess("one-more", "a wrong password")); wrong != 0 || throttled != clusterSize {
		t.Errorf("beyond the network's limit %d guesses were looked at", wrong)
	}
	t.Logf("%d guesses for an account over %d servers: %d looked at; %d of a network: %d looked at",
		attempts, clusterSize, allowed, ofNetwork+clusterSize, ofNetwork)
}
