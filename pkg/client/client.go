// Package client is the Go client of notesd. Read [New] and the examples
// first; there is one method for each route of the API.
//
// What the package promises:
//
//   - A call ends: after the time of [WithTimeout], and at once when its context
//     does. No answer makes it hold more than 64 MiB.
//   - A call is repeated only where a repeat cannot do harm: it reads, or it
//     carries the id or the Operation-Id by which the server knows it again.
//   - Neither token nor text leaves for another place than the one given to New:
//     no redirect is followed, and plain http beyond this machine is refused
//     unless [WithInsecureHTTP] allows it. No error holds a token.
//   - Errors are compared with those of pkg/api: errors.Is(err, api.ErrNotFound).
//     [Error] tells more.
//
// All methods of a Client may be called at once from many goroutines.
package client

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// DefaultTimeout is how long one call may take, its repeats included.
const DefaultTimeout = 30 * time.Second

// Client talks to one server as one user, or as nobody yet.
type Client struct {
	base         *url.URL
	http         *http.Client
	userAgent    string
	timeout      time.Duration
	insecureHTTP bool
	login        *login // nil: requests carry no token
	now          func() time.Time
	backoff      func(attempt int) time.Duration
}

// Option changes what [New] makes.
type Option func(*Client)

// WithHTTPClient sends requests through a copy of h whose redirects are
// refused. Its cookie jar should be empty: notesd tells browsers by cookies.
func WithHTTPClient(h *http.Client) Option {
	return func(c *Client) { c.http = h }
}

// WithUserAgent names the program, as "notes/1.2".
func WithUserAgent(name string) Option {
	return func(c *Client) { c.userAgent = name }
}

// WithTimeout limits each call to d, [DefaultTimeout] unless told.
func WithTimeout(d time.Duration) Option {
	return func(c *Client) { c.timeout = d }
}

// WithInsecureHTTP allows plain http to other machines, where everyone on the
// way can read passwords, tokens and notes.
func WithInsecureHTTP() Option {
	return func(c *Client) { c.insecureHTTP = true }
}

// New returns a client of the server at base, as "https://notes.example.org" or
// "http://127.0.0.1:7070". Base may have a path, under which a proxy serves the
// API. New does not talk to the server.
func New(base string, opts ...Option) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, noURL(base)
	}
	c := &Client{
		base: u, http: &http.Client{Transport: pooled()}, userAgent: "notes-go-client",
		timeout: DefaultTimeout, backoff: backoff,
	}
	c.now = time.Now
	for _, o := range opts {
		o(c)
	}
	if err := c.checkBase(base); err != nil {
		return nil, err
	}
	h := *c.http
	h.CheckRedirect = refuseRedirect
	c.http = &h
	return c, nil
}

// pooled is net/http's own transport, but that it keeps more than two
// connections to a server: with several calls at once it would else make and
// close one for nearly each.
var pooled = sync.OnceValue(func() http.RoundTripper {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport // somebody's own
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost = 16
	return t
})

func (c *Client) checkBase(base string) error {
	u := c.base
	switch {
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || !validPort(u.Port()):
		return noURL(base)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return api.Invalid("server", "the URL of a server has no user, query or fragment")
	case u.Scheme == "http" && !c.insecureHTTP && !isLoopback(u.Hostname()):
		return &InsecureError{Host: u.Host}
	}
	return nil
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// noURL is the error of a base that is none. It does not repeat what may hold a
// password.
func noURL(base string) error {
	what := fmt.Sprintf("%q", base)
	if strings.Contains(base, "@") {
		what = "that"
	}
	return api.Invalid("server", "%s is not a http or https URL of a server", what)
}

// InsecureError says that a server is only to be had over plain http.
type InsecureError struct{ Host string }

func (e *InsecureError) Error() string {
	return fmt.Sprintf("http://%s would send the password, the token and the notes unencrypted", e.Host)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

var errRedirect = errors.New("redirect")

// refuseRedirect follows none: the API has no redirects, so one leads to
// another server or to a page for people.
func refuseRedirect(*http.Request, []*http.Request) error { return errRedirect }
