package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/version"
)

// app is what the commands share: the streams, the environment and the global
// flags. What costs time (the configuration, the keyring, the server) is behind
// methods, so that --help and --version touch nothing.
type app struct {
	in        io.Reader
	out       io.Writer
	errOut    io.Writer
	lookupenv func(string) (string, bool)
	now       func() time.Time
	running   atomic.Pointer[func(os.Signal) bool] // takes the signals of a program in the foreground

	server       string // --server
	user         string // --user
	color        string // --color
	insecureHTTP bool   // --insecure-http
}

func (a *app) getenv(name string) string {
	v, _ := a.lookupenv(name)
	return v
}

// printer is for the data of a command.
func (a *app) printer() *printer { return newPrinter(a.out, a.getenv, a.color, a.now) }

// say tells the user something that is not the command's data.
func (a *app) say(format string, args ...any) {
	_, _ = fmt.Fprintln(a.errOut, sanitize(fmt.Sprintf(format, args...)))
}

// client returns a client of the chosen server with the login of the chosen
// user.
func (a *app) client() (*client.Client, error) {
	if token := a.token(); token != "" {
		if a.user != "" {
			return nil, withHint(usagef("NOTES_TOKEN is set: the token says who you are, not --user"), "leave --user out, or unset NOTES_TOKEN")
		}
		server, err := a.serverURL()
		if err != nil {
			return nil, err
		}
		return a.connect(server, client.WithToken(token))
	}
	acc, err := a.account()
	if err != nil {
		return nil, err
	}
	return a.connect(acc.server, client.WithTokenStore(savedLogin{a, acc}))
}

// connect returns a client of one server.
func (a *app) connect(server string, opts ...client.Option) (*client.Client, error) {
	opts = append(opts, client.WithUserAgent("notes/"+version.Version()))
	if a.insecureHTTP {
		opts = append(opts, client.WithInsecureHTTP())
	}
	if a.getenv("NOTES_DEBUG") != "" {
		opts = append(opts, client.WithHTTPClient(&http.Client{Transport: debugTransport{a}}))
	}
	c, err := client.New(server, opts...)
	if err != nil {
		return nil, usageError{err} // the URL is the command line's, or the environment's
	}
	return c, nil
}

// debugTransport tells of each request what may stand in a bug report: never a
// header or a body, and of the query the names alone, because tags are values.
type debugTransport struct{ a *app }

func (d debugTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	start := d.a.now()
	res, err := http.DefaultTransport.RoundTrip(r)
	answer := "no answer"
	if err == nil {
		answer = fmt.Sprintf("%s %s", res.Status, res.Header.Get(api.HeaderRequest))
	}
	shown := *r.URL
	shown.RawQuery = strings.Join(slices.Sorted(maps.Keys(r.URL.Query())), "&")
	d.a.say("debug: %s %s: %s in %s", r.Method, shown.Redacted(), answer, d.a.now().Sub(start).Round(100*time.Microsecond))
	return res, err
}
