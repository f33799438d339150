//go:build linux

package torture

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// tally counts the answers that pass, by status. It wants a 503 to say when to
// come back, and hides that from the client, which would do as it is told.
type tally struct {
	t  testing.TB
	mu sync.Mutex

	statuses map[int]int
	fault    time.Time     // when the last one began
	slowest  time.Duration // from there, or from the request, to a 503
}

func newTally(t testing.TB) *tally { return &tally{t: t, statuses: map[int]int{}} }

func (c *tally) RoundTrip(req *http.Request) (*http.Response, error) {
	begun := time.Now()
	res, err := http.DefaultTransport.RoundTrip(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		return res, err
	}
	c.statuses[res.StatusCode]++
	if res.StatusCode != http.StatusServiceUnavailable {
		return res, nil
	}
	if begun.Before(c.fault) {
		begun = c.fault
	}
	c.slowest = max(c.slowest, time.Since(begun))
	if res.Header.Get("Retry-After") == "" {
		c.t.Errorf("%s %s: a 503 without Retry-After", req.Method, req.URL.Path)
	}
	res.Header.Del("Retry-After")
	return res, nil
}

// faultBegins is told before something is broken.
func (c *tally) faultBegins() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = time.Now()
}

func (c *tally) count(status int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.statuses[status]
}
