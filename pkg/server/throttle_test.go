package server_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

const wrongPassword = "not the password"

// guess tries to log in by a raw request. The wait is what Retry-After says.
func (f *fixture) guess(name, pass string, headers ...string) (status int, wait time.Duration) {
	f.t.Helper()
	a := f.do("POST", "/api/v1/sessions", fmt.Sprintf(`{"username":%q,"password":%q}`, name, pass), headers...)
	if a.status == 429 {
		seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
		if err != nil {
			f.t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
		}
		wait = time.Duration(seconds) * time.Second
	}
	return a.status, wait
}

// TestThrottleAccount guesses fifty passwords at once: no more than ten are
// looked at. Then even the right one is not, while who is logged in stays so.
func TestThrottleAccount(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	ctx := t.Context()
	var wrong, limited atomic.Int32
	var guessers sync.WaitGroup
	for range 50 {
		guessers.Go(func() {
			switch status, _ := f.guess("ann", wrongPassword); status {
			case 401:
				wrong.Add(1)
			case 429:
				limited.Add(1)
			default:
				t.Errorf("a guess: %d", status)
			}
		})
	}
	guessers.Wait()
	if wrong.Load() != 10 || limited.Load() != 40 {
		t.Errorf("%d wrong, %d limited", wrong.Load(), limited.Load())
	}
	if n := f.metrics()["notesd_store_call_duration_seconds SetThrottle"]; n > 150 {
		t.Errorf("the counters were written %v times: each guess waits for all others", n)
	}
	if status, wait := f.guess("Ann", password); status != 429 || wait <= 14*time.Minute || wait > 15*time.Minute {
		t.Errorf("the right password while locked: %d, again after %s", status, wait)
	}
	if _, err := f.as(l).Me(ctx); err != nil {
		t.Errorf("a stranger's guesses must not end a live session: %v", err)
	}
	if _, err := f.client().Refresh(ctx, l.RefreshToken); err != nil {
		t.Errorf("nor keep it from living on: %v", err)
	}
	f.clock.advance(15 * time.Minute)
	if status, _ := f.guess("ann", password); status != 201 {
		t.Errorf("the right password afterwards: %d", status)
	}
}

// TestThrottleConfirmations: who is logged in may change the password while
// strangers guess it. A session is no way around the lock: it has one of its own.
func TestThrottleConfirmations(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) {
		c.AccountLimit = server.Limit{Attempts: 3, Window: time.Hour}
		c.NetworkLimit = server.Limit{Attempts: 6, Window: time.Hour}
	})
	ann, ctx := f.user("ann"), t.Context()
	f.signup("bob")
	f.lockOut("ann")
	f.lockOut("bob")
	change := func(from, to string, want error) {
		t.Helper()
		err := ann.ChangePassword(ctx, api.PasswordChange{CurrentPassword: from, NewPassword: to})
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	const next = "a wholly other phrase"
	forbidden := &api.Error{Code: api.CodeForbidden}
	for range 2 { // a success begins the count anew
		change(wrongPassword, next, forbidden)
		change(wrongPassword, next, forbidden)
		change(password, next, nil)
		change(next, password, nil)
	}
	for range 3 {
		change(wrongPassword, next, forbidden)
	}
	change(password, next, api.ErrRateLimited)
	if err := ann.DeleteAccount(ctx, password); !errors.Is(err, api.ErrRateLimited) {
		t.Errorf("delete: %v", err)
	}
	f.clock.advance(time.Hour)
	change(password, next, nil)
}

// TestThrottleGrows goes on guessing each time that the lock ends: the next one
// is twice as long, up to an hour. Who gives up for as long again begins anew.
func TestThrottleGrows(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.AccountLimit = server.Limit{Attempts: 2, Window: 15 * time.Minute} })
	f.signup("ann")
	lock := func() time.Duration {
		for range 2 {
			if status, _ := f.guess("ann", wrongPassword); status != 401 {
				t.Fatalf("a guess: %d", status)
			}
		}
		status, wait := f.guess("ann", wrongPassword)
		if status != 429 {
			t.Fatalf("a guess too many: %d", status)
		}
		return wait
	}
	for _, minutes := range []time.Duration{15, 30, 60, 60} {
		want := minutes * time.Minute
		if got := lock(); got > want || got < want-time.Minute {
			t.Errorf("locked for %s, want %s", got, want)
		}
		f.clock.advance(want)
	}
	f.clock.advance(60 * time.Minute)
	if got := lock(); got > 15*time.Minute {
		t.Errorf("after a rest locked for %s", got)
	}
}

// TestThrottleForgets lets somebody succeed: that forgets the failures of the
// account, and none of the network.
func TestThrottleForgets(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) {
		c.AccountLimit = server.Limit{Attempts: 3, Window: time.Hour}
		c.NetworkLimit = server.Limit{Attempts: 7, Window: time.Hour}
	})
	f.signup("ann")
	for range 20 { // logins that succeed cost nothing
		f.login("ann")
	}
	for range 3 {
		for range 2 {
			if status, _ := f.guess("ann", wrongPassword); status != 401 {
				t.Fatalf("a guess: %d", status)
			}
		}
		f.login("ann")
	}
	if status, _ := f.guess("ann", wrongPassword); status != 401 {
		t.Fatalf("guess 7: %d", status)
	}
	if status, wait := f.guess("ann", password); status != 429 || wait < 59*time.Minute {
		t.Errorf("after 7 guesses from the network: %d, again after %s", status, wait)
	}
}

// TestThrottleNetwork guesses under a thousand names, each time as if from
// somewhere else. A hundred are looked at, and no more are remembered; not even
// those when their time is over.
func TestThrottleNetwork(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.db")
	f := start(t, onFile(t, path))
	f.signup("ann")
	names := make(chan int)
	var wrong, limited atomic.Int32
	var guessers sync.WaitGroup
	for range 4 {
		guessers.Go(func() {
			for i := range names {
				ip := fmt.Sprintf("203.%d.%d.7", i/250, i%250)
				status, _ := f.guess(fmt.Sprint("nobody", i), wrongPassword,
					"X-Forwarded-For: "+ip, "X-Real-IP: "+ip, "Forwarded: for="+ip, "X-Client-IP: "+ip, "True-Client-IP: "+ip, "CF-Connecting-IP: "+ip)
				switch status {
				case 401:
					wrong.Add(1)
				case 429:
					limited.Add(1)
				default:
					t.Errorf("a guess: %d", status)
				}
			}
		})
	}
	for i := range 1000 {
		names <- i
	}
	close(names)
	guessers.Wait()
	if wrong.Load() != 100 || limited.Load() != 900 {
		t.Errorf("%d wrong, %d limited", wrong.Load(), limited.Load())
	}
	if status, wait := f.guess("ann", password, "X-Forwarded-For: 198.51.100.1"); status != 429 || wait < 59*time.Minute {
		t.Errorf("another account from the same network: %d, again after %s", status, wait)
	}
	if n := countThrottles(t, path); n > 101 {
		t.Errorf("%d counters are kept", n)
	}
	f.clock.advance(3 * time.Hour)
	f.server.Sweep(t.Context())
	if n := countThrottles(t, path); n != 0 {
		t.Errorf("%d counters are kept after their time", n)
	}
}

// TestThrottleNeighbours comes from other addresses of this machine: the limit
// holds for the /24, and not beyond.
func TestThrottleNeighbours(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.NetworkLimit = server.Limit{Attempts: 2, Window: time.Hour} })
	from := func(ip string) int {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
		conn, err := dialer.DialContext(t.Context(), "tcp", f.url[len("http://"):])
		if err != nil {
			if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
				t.Fatal(err)
			}
			t.Skipf("only Linux has the whole of 127.0.0.0/8: %v", err)
		}
		g := *f
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
		defer transport.CloseIdleConnections()
		g.http = &http.Client{Transport: transport}
		status, _ := g.guess("nobody", wrongPassword)
		return status
	}
	for _, step := range []struct {
		ip   string
		want int
	}{{"127.0.0.1", 401}, {"127.0.0.200", 401}, {"127.0.0.77", 429}, {"127.0.1.77", 401}} {
		if got := from(step.ip); got != step.want {
			t.Errorf("from %s: %d, want %d", step.ip, got, step.want)
		}
	}
}

// TestThrottleOutlivesRestart closes the server and its store, and opens both
// again.
func TestThrottleOutlivesRestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.db")
	t.Run("before", func(t *testing.T) {
		f := start(t, onFile(t, path))
		f.signup("ann")
		for range 10 {
			f.guess("ann", wrongPassword)
		}
		for i := range 9 {
			f.guess("nobody", fmt.Sprint("some other phrase", i))
		}
	})
	t.Run("after", func(t *testing.T) {
		f := start(t, onFile(t, path))
		if status, wait := f.guess("ann", password); status != 429 || wait < 14*time.Minute {
			t.Errorf("an account that was locked: %d, again after %s", status, wait)
		}
		if status, _ := f.guess("nobody", wrongPassword); status != 401 {
			t.Errorf("guess 10 of a name that nobody has: %d", status)
		}
		if status, _ := f.guess("nobody", wrongPassword); status != 429 {
			t.Errorf("guess 11 of a name that nobody has: %d", status)
		}
	})
}

// TestThrottleLockedAccount lets a script go on with an old password: that must
// not lock the others of its network out.
func TestThrottleLockedAccount(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.NetworkLimit = server.Limit{Attempts: 15, Window: time.Hour} })
	f.signup("ann")
	f.signup("bob")
	for range 40 {
		f.guess("ann", wrongPassword)
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

// onFile makes a server keep its data in this file, until the test ends.
func onFile(t *testing.T, path string) func(*server.Config) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return func(c *server.Config) { c.Store = st }
}

// countThrottles asks the file itself.
func countThrottles(t *testing.T, path string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM throttles").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
