package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

const password = "correct horse battery"

// fixture is a real server on a free port, over a real SQLite file.
type fixture struct {
	t      testing.TB
	url    string
	server *server.Server
	store  store.Store
	clock  *clock
	log    *lockedBuffer
	http   *http.Client // checks every answer against openapi.yaml
}

// start serves until the test ends. Change may alter the configuration.
func start(t testing.TB, change func(*server.Config)) *fixture {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, ln, change)
}

// startOn is start with a listener of the test's own.
func startOn(t testing.TB, ln net.Listener, change func(*server.Config)) *fixture {
	t.Helper()
	st, err := sqlite.Open(t.Context(), t.TempDir()+"/notes.db")
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, store: st, clock: &clock{}, log: &lockedBuffer{}}
	config := server.Config{
		Store:   st,
		Signup:  true,
		Version: "1.2.3",
		Log:     slog.New(slog.NewJSONHandler(f.log, nil)),
		Now:     f.clock.now,
		Web:     fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>notes</title>")}},
	}
	if change != nil {
		change(&config)
	}
	s, err := server.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	f.server = s
	f.url = "http://" + ln.Addr().String()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if config.TLS != nil {
		f.url = "https://" + ln.Addr().String()
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // the names of certificates are cmd/notesd's affair
	}
	f.http = &http.Client{Transport: contract{t, transport}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		for line := range strings.Lines(f.log.String()) {
			if t.Failed() && strings.Contains(line, `"level":"ERROR"`) {
				t.Log(line)
			}
		}
		transport.CloseIdleConnections()
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := st.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return f
}

// client returns a client with these options.
func (f *fixture) client(opts ...client.Option) *client.Client {
	f.t.Helper()
	c, err := client.New(f.url, append([]client.Option{client.WithHTTPClient(f.http)}, opts...)...)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// signup makes a user and returns a login.
func (f *fixture) signup(name string) api.Login {
	f.t.Helper()
	if _, err := f.client().CreateUser(f.t.Context(), api.NewUser{Username: name, Password: password}); err != nil {
		f.t.Fatal(err)
	}
	return f.login(name)
}

func (f *fixture) login(name string) api.Login {
	f.t.Helper()
	l, err := f.client().Login(f.t.Context(), api.NewSession{Username: name, Password: password, Label: "test"})
	if err != nil {
		f.t.Fatal(err)
	}
	return l
}

// user makes a user and returns a client that is logged in.
func (f *fixture) user(name string) *client.Client {
	f.t.Helper()
	return f.as(f.signup(name))
}

func (f *fixture) as(l api.Login) *client.Client {
	return f.client(client.WithLogin(client.TokensOf(l), nil))
}

// answer is what a raw request got.
type answer struct {
	status  int
	header  http.Header
	body    string
	problem api.Problem
}

// do sends a raw request: headers as "Name: value".
func (f *fixture) do(method, path, body string, headers ...string) answer {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := f.http.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, body: string(text)}
	if res.Header.Get("Content-Type") == "application/problem+json" && method != http.MethodHead {
		if err := json.Unmarshal(text, &a.problem); err != nil {
			f.t.Fatalf("problem document: %v", err)
		}
	}
	return a
}

func bearer(l api.Login) string { return "Authorization: Bearer " + l.AccessToken }

// clock is the real time and what a test added to it.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// lockedBuffer takes the log of many goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func ptr[T any](v T) *T { return &v }
