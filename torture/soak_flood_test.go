//go:build linux

package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// slowConnections is how many connections send a byte every slowPause.
const (
	slowConnections = 2000
	slowPause       = 10 * time.Second
)

// flood is what strangers do to a server all at once, each from addresses of
// their own. It goes on until stop is called. In the short form, which shares the
// machine with other tests, each rests after an answer; in the long form none.
type flood struct {
	tb     testing.TB
	rest   time.Duration
	url    string
	login  api.Login // of a hostile user, who has notes
	ctx    context.Context
	cancel context.CancelFunc
	all    sync.WaitGroup
	open   atomic.Int64 // slow connections, now
	seen   []int64      // as many of them there were, every tenth of a second

	mu      sync.Mutex
	answers map[string]int // by attack and status
}

func startFlood(tb testing.TB, url string, hostile api.Login) *flood {
	f := &flood{tb: tb, url: url, login: hostile, answers: map[string]int{}}
	if !long() {
		f.rest = 20 * time.Millisecond
	}
	f.ctx, f.cancel = context.WithCancel(context.WithoutCancel(tb.Context()))
	for i := range slowConnections {
		f.all.Go(func() { f.slow(byte(1 + i%2)) })
	}
	f.all.Go(f.watch)
	for i := range byte(4) {
		f.all.Go(func() { f.logins(i, i > 0) })
	}
	for i := range byte(3) {
		f.all.Go(func() { f.lists(i) })
	}
	f.all.Go(func() { f.posts("2 MiB", 1, `{"body":"`+strings.Repeat("x", 2<<20)+`"}`, 413) })
	f.all.Go(func() {
		f.posts("deep", 2, `{"title":`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)+`}`, 400)
	})
	f.all.Go(func() {
		f.raw("headers", 1, func() string { return "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n" })
	})
	f.all.Go(func() { f.raw("noise", 2, noise) })
	return f
}

// stop ends it, and returns how many slow connections there were on average and
// what was answered how often.
func (f *flood) stop() (open int64, answers map[string]int) {
	f.cancel()
	f.all.Wait()
	for _, n := range f.seen {
		open += n
	}
	return open / int64(max(1, len(f.seen))), f.answers
}

func (f *flood) watch() {
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-ticks.C:
			f.seen = append(f.seen, f.open.Load())
		}
	}
}

// count counts an answer, and rests.
func (f *flood) count(attack string, status int) {
	f.mu.Lock()
	f.answers[fmt.Sprintf("%s %d", attack, status)]++
	f.mu.Unlock()
	time.Sleep(f.rest)
}

// from returns a client whose connections come from one address.
func from(a, b, c byte) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, a, b, c)}}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}
}

// slow keeps one connection open that sends a byte now and then, and opens
// another when the server has had enough.
func (f *flood) slow(network byte) {
	pause := time.NewTimer(rand.N(time.Second))
	defer pause.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-pause.C:
		}
		f.trickle(network)
		pause.Reset(rand.N(time.Second))
	}
}

func (f *flood) trickle(network byte) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 2, network, 1)}}
	conn, err := dialer.DialContext(f.ctx, "tcp", strings.TrimPrefix(f.url, "http://"))
	if err != nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(f.ctx, func() { _ = conn.Close() })()
	f.open.Add(1)
	defer f.open.Add(-1)
	for _, b := range []byte("POST /api/v1/notes HTTP/1.1\r\nHost: x\r\n") {
		if _, err := conn.Write([]byte{b}); err != nil {
			return
		}
		_ = conn.SetReadDeadline(time.Now().Add(slowPause))
		if _, err := conn.Read(make([]byte, 1)); err == nil || !isTimeout(err) {
			return // it was answered or closed
		}
	}
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// logins guesses passwords of names that nobody has. When it wanders it comes
// from another network each time that the server has had enough of one.
func (f *flood) logins(number byte, wanders bool) {
	c := from(3, number, 0)
	for i, network := 0, byte(0); f.ctx.Err() == nil; i++ {
		body := fmt.Sprintf(`{"username":"nobody-%d-%d","password":"a wrong password"}`, number, i)
		status := f.send(c, "login", http.MethodPost, "/sessions", body, "")
		if status == http.StatusTooManyRequests && wanders {
			c.CloseIdleConnections()
			network++
			c = from(10+number, network, 1)
		}
		if status != 401 && status != 429 && status != 0 {
			f.tb.Errorf("a wrong password is answered %d", status)
		}
	}
	c.CloseIdleConnections()
}

// lists reads pages that no cache holds.
func (f *flood) lists(number byte) {
	c := from(4, number, 1)
	defer c.CloseIdleConnections()
	for i := 0; f.ctx.Err() == nil; i++ {
		path := fmt.Sprintf("/notes?limit=%d&sort=%s&id=%c", 1+i%api.MaxPage, []api.Sort{"title", "created"}[i%2], "0123456789abcdefghjkmnpqrstvwxyz"[rand.IntN(32)])
		if i%2 == 0 {
			path = fmt.Sprintf("/notes?limit=%d&tag=common", 1+i%api.MaxPage)
		}
		if status := f.send(c, "list", http.MethodGet, path, "", f.login.AccessToken); status != 200 && status != 0 {
			f.tb.Errorf("a list is answered %d", status)
		}
	}
}

// posts sends a body that is refused.
func (f *flood) posts(attack string, number byte, body string, want int) {
	c := from(5, number, 1)
	defer c.CloseIdleConnections()
	for f.ctx.Err() == nil {
		if status := f.send(c, attack, http.MethodPost, "/notes", body, f.login.AccessToken); status != want && status != 0 {
			f.tb.Errorf("%s: %d, want %d", attack, status, want)
		}
	}
}

// send returns the status, or 0 where there is no answer.
func (f *flood) send(c *http.Client, attack, method, path, body, token string) int {
	req, err := http.NewRequestWithContext(f.ctx, method, f.url+api.Prefix+path, strings.NewReader(body))
	if err != nil {
		f.tb.Error(err)
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.Do(req)
	if err != nil {
		if f.ctx.Err() == nil {
			f.count(attack, 0)
		}
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	f.count(attack, res.StatusCode)
	return res.StatusCode
}

// raw sends bytes on a new connection each time, and waits for its end.
func (f *flood) raw(attack string, number byte, bytes func() string) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 6, number, 1)}}
	for f.ctx.Err() == nil {
		conn, err := dialer.DialContext(f.ctx, "tcp", strings.TrimPrefix(f.url, "http://"))
		if err != nil {
			f.count(attack, 0)
			continue
		}
		_ = conn.SetDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(conn, bytes()) // the server may close before all is sent
		answer, _ := io.ReadAll(conn)
		_ = conn.Close()
		status := 0
		_, _ = fmt.Sscanf(string(answer), "HTTP/1.1 %d", &status)
		f.count(attack, status)
	}
}

// noise is some random bytes.
func noise() string {
	b := make([]byte, 1+rand.IntN(4096))
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return string(b)
}
