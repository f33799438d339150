package server_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
)

func TestThrottleAccount(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	ctx := t.Context()
	guess := func(name, pass string) error {
		_, err := f.client().Login(ctx, api.NewSession{Username: name, Password: pass})
		return err
	}

	// All at once: no more than ten get an answer about the password.
	var wrong, limited atomic.Int32
	var guessers sync.WaitGroup
	for range 30 {
		guessers.Go(func() {
			switch err := guess("ann", "not the password"); {
			case errors.Is(err, api.ErrUnauthorized):
				wrong.Add(1)
			case errors.Is(err, api.ErrRateLimited):
				limited.Add(1)
			default:
				t.Errorf("a guess: %v", err)
			}
		})
	}
	guessers.Wait()
	if wrong.Load() != 10 || limited.Load() != 20 {
		t.Errorf("%d wrong, %d limited", wrong.Load(), limited.Load())
	}
	err := guess("Ann", password)
	e, ok := errors.AsType[*client.Error](err)
	if !ok || !errors.Is(err, api.ErrRateLimited) || e.RetryAfter <= 14*time.Minute || e.RetryAfter > 15*time.Minute {
		t.Fatalf("the right password while locked: %v", err)
	}
	if _, err := f.as(l).Me(ctx); err != nil {
		t.Errorf("a stranger's guesses must not end a live session: %v", err)
	}

	// The lock ends, and the next one is longer.
	f.clock.advance(15 * time.Minute)
	for range 10 {
		if err := guess("ann", "not the password"); !errors.Is(err, api.ErrUnauthorized) {
			t.Fatalf("after the lock: %v", err)
		}
	}
	err = guess("ann", "not the password")
	if e, ok := errors.AsType[*client.Error](err); !ok || e.RetryAfter < 29*time.Minute {
		t.Errorf("the second lock: %v", err)
	}
	f.clock.advance(30 * time.Minute)
	if err := guess("ann", password); err != nil {
		t.Fatalf("the right password afterwards: %v", err)
	}
	for range 9 {
		if err := guess("ann", "not the password"); !errors.Is(err, api.ErrUnauthorized) {
			t.Fatalf("a success forgets the failures: %v", err)
		}
	}
}

func TestThrottleNetwork(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.NetworkLimit = server.Limit{Attempts: 12, Window: time.Hour} })
	f.signup("ann")
	for range 20 { // logins that succeed cost nothing
		f.login("ann")
	}
	for i := range 12 {
		_, err := f.client().Login(t.Context(), api.NewSession{Username: fmt.Sprint("nobody", i), Password: "not the password"})
		if !errors.Is(err, api.ErrUnauthorized) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	a := f.do("POST", "/api/v1/sessions", `{"username":"ann","password":"`+password+`"}`, "X-Forwarded-For: 203.0.113.7")
	if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); a.status != 429 || err != nil || seconds < 3500 {
		t.Errorf("another account from the same network, with a forged address: %d, Retry-After %q", a.status, a.header.Get("Retry-After"))
	}
}

// TestThrottleLockedAccount lets a script go on with an old password: that must
// not lock the others of its network out.
func TestThrottleLockedAccount(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.NetworkLimit = server.Limit{Attempts: 15, Window: time.Hour} })
	f.signup("ann")
	f.signup("bob")
	for range 40 {
		_, _ = f.client().Login(t.Context(), api.NewSession{Username: "ann", Password: "not the password"})
	}
	f.login("bob")
}

func TestUnknownUserAnswersAlike(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.signup("ann")
	known := f.do("POST", "/api/v1/sessions", `{"username":"ann","password":"not the password"}`)
	for _, name := range []string{"nobody", "not a name", "$ne", "x\\u0000"} {
		a := f.do("POST", "/api/v1/sessions", `{"username":"`+name+`","password":"not the password"}`)
		if a.status != known.status || a.problem.Detail != known.problem.Detail || a.problem.Code != known.problem.Code {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}
