//go:build linux

package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// marks finds the mark of whoever wrote a text.
var marks = regexp.MustCompile(`mark[0-9]{3}mark`)

// person is one of many who use a server at once. All she writes carries her
// mark, and she knows what each of her notes must be, because she does one thing
// after the other.
type person struct {
	tb     testing.TB
	rng    *rand.Rand
	mark   string
	name   string
	url    string
	http   *http.Client
	anyone *client.Client
	login  api.Login
	notes  map[string]api.Note // as they must be, by id
	purged []string            // ids of those deleted for good
	crowd  *crowd
}

// crowd is what the people of one soak share.
type crowd struct {
	ids []string // which everybody may give a note

	mu       sync.Mutex
	private  map[string][]string // ids that one alone has, by mark: notes and sessions
	statuses map[int]int         // how often there was which
}

func newCrowd() *crowd {
	c := &crowd{private: map[string][]string{}, statuses: map[int]int{}}
	for range 40 {
		c.ids = append(c.ids, api.NewID())
	}
	return c
}

func (c *crowd) publish(mark, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.private[mark] = append(c.private[mark], id)
}

// foreign returns an id that only somebody else has, or nothing yet.
func (c *crowd) foreign(p *person) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(c.private)), func(mark string) bool { return mark == p.mark })
	if len(others) == 0 {
		return ""
	}
	return oneOf(p.rng, c.private[oneOf(p.rng, others)])
}

func oneOf[T any](rng *rand.Rand, s []T) T { return s[rng.IntN(len(s))] }

// newPerson signs up, from an address and a network of her own.
func newPerson(tb testing.TB, url string, number int, seed uint64, c *crowd) *person {
	tb.Helper()
	mark := fmt.Sprintf("mark%03dmark", number)
	transport := &http.Transport{
		DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(number), 1)}}).DialContext,
	}
	tb.Cleanup(transport.CloseIdleConnections)
	p := &person{
		tb: tb, rng: rand.New(rand.NewPCG(seed, uint64(number))), mark: mark, name: "ann-" + mark, url: url,
		http: &http.Client{Transport: watch{tb, mark, transport, c}}, notes: map[string]api.Note{}, crowd: c,
	}
	p.anyone = newClient(tb, url, client.WithHTTPClient(p.http))
	if _, err := p.anyone.CreateUser(tb.Context(), api.NewUser{Username: p.name, Password: password}); err != nil {
		tb.Fatal(err)
	}
	p.logIn(tb.Context())
	return p
}

func (p *person) logIn(ctx context.Context) {
	l, err := p.anyone.Login(ctx, api.NewSession{Username: p.name, Password: password, Label: p.mark})
	if err != nil {
		p.tb.Errorf("%s: login: %v", p.mark, err)
	}
	p.login = l
	p.crowd.publish(p.mark, l.Session.ID)
}

// client has the present login.
func (p *person) client() *client.Client {
	return as(p.tb, p.url, p.login, client.WithHTTPClient(p.http))
}

// watch looks for somebody else's mark in every answer that one person gets.
type watch struct {
	tb    testing.TB
	mark  string
	next  http.RoundTripper
	crowd *crowd
}

func (w watch) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.next.RoundTrip(r)
	if err != nil {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	var all bytes.Buffer
	_ = res.Header.Write(&all)
	all.Write(body)
	for _, mark := range marks.FindAllString(all.String(), -1) {
		if mark != w.mark {
			w.tb.Errorf("%s sees %s in the answer to %s %s: %s", w.mark, mark, r.Method, r.URL, tail(all.String(), 500))
		}
	}
	w.crowd.mu.Lock()
	w.crowd.statuses[res.StatusCode]++
	w.crowd.mu.Unlock()
	return res, nil
}

func (w watch) CloseIdleConnections() { w.next.(*http.Transport).CloseIdleConnections() }

// raw sends what the client never would, with the login unless a header says
// otherwise, and returns the status and the problem.
func (p *person) raw(method, path, body string, headers ...string) (status int, problem api.Problem) {
	req, err := http.NewRequestWithContext(p.tb.Context(), method, p.url+api.Prefix+path, strings.NewReader(body))
	if err != nil {
		p.tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.login.AccessToken)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := p.http.Do(req)
	if err != nil {
		p.tb.Errorf("%s: %s %s: %v", p.mark, method, path, err)
		return 0, problem
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&problem); err != nil {
		p.tb.Errorf("%s: %s %s: %d without a problem: %v", p.mark, method, path, res.StatusCode, err)
	}
	return res.StatusCode, problem
}

// live does one thing after the other until ctx ends, and returns how many.
func (p *person) live(ctx context.Context) (acts int) {
	for ; ctx.Err() == nil && !p.tb.Failed(); acts++ {
		p.act(p.tb.Context()) // which goes on: whatever is begun is finished
	}
	return acts
}

// line is short and in her hand.
func (p *person) line() string {
	return p.mark + " " + strings.Repeat(string(rune('a'+p.rng.IntN(26))), p.rng.IntN(60))
}

// text is too, and short mostly.
func (p *person) text() string {
	length := p.rng.IntN(2000)
	if p.rng.IntN(50) == 0 {
		length *= 50
	}
	return p.mark + strings.Repeat("x", length) + p.mark
}
