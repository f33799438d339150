package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

const secret = "secret-access-token"

// serve starts a server under a path of its own, as behind a proxy, and returns
// a client of it.
func serve(t *testing.T, h http.HandlerFunc, opts ...client.Option) *client.Client {
	t.Helper()
	s := httptest.NewServer(http.StripPrefix("/under", h))
	t.Cleanup(s.Close)
	opts = append([]client.Option{client.WithToken(secret), noPause}, opts...)
	c, err := client.New(s.URL+"/under/", opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var noPause = client.WithBackoff(func(int) time.Duration { return 0 })

// answer writes a JSON answer.
func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// problem writes an error as notesd does.
func problem(w http.ResponseWriter, code api.Code) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(code.Status())
	_, _ = fmt.Fprintf(w, `{"code":%q,"detail":"because","field":"body","request_id":"r1"}`, code)
}

func TestErrorsOfTheServer(t *testing.T) {
	t.Parallel()
	for _, want := range []*api.Error{
		api.ErrUnauthorized,
		{Code: api.CodeForbidden},
		api.ErrNotFound, api.ErrConflict, api.ErrGone, api.ErrStale,
		api.ErrRateLimited, api.ErrInternal, api.ErrUnavailable,
		{Code: api.CodeInvalid},
	} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			problem(w, want.Code)
		})
		_, err := c.CreateUser(t.Context(), api.NewUser{Username: "ann", Password: "a long password"})
		if !errors.Is(err, want) || err.Error() != "because" {
			t.Errorf("%s: got %v", want.Code, err)
		}
		e, ok := errors.AsType[*client.Error](err)
		if !ok || e.Status != want.Code.Status() || e.RequestID != "r1" || e.RetryAfter != time.Hour || e.Err.Field != "body" {
			t.Errorf("%s: got %+v", want.Code, e)
		}
	}
}

// What a call must not do with an answer that notesd never gives.
func TestForeignAnswers(t *testing.T) {
	t.Parallel()
	html := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<h1>Welcome</h1>")
		}
	}
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		say     string
		not, is error
	}{
		"page":            {handler: html(200), say: `is not a notesd: it gave "text/html`},
		"page not found":  {handler: html(404), say: `"404 Not Found"`, not: api.ErrNotFound},
		"page of a proxy": {handler: html(502), say: `"502 Bad Gateway"`, is: api.ErrUnavailable},
		"cut JSON": {
			handler: func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"id":`) },
			say:     "JSON of another form",
		},
		"other JSON": {
			handler: func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `[1]`) },
			say:     "JSON of another form",
		},
		"endless": {
			handler: func(w http.ResponseWriter, _ *http.Request) { endless(w, 200, "application/json") },
			say:     "an answer of more than 64 MiB",
		},
		"endless error": {
			handler: func(w http.ResponseWriter, _ *http.Request) { endless(w, 500, "application/problem+json") },
			say:     "an answer of more than 8 MiB",
		},
		"cut off": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				answer(w, 200, `{"id":`)
			},
			say: "unexpected EOF", is: api.ErrUnavailable,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serve(t, test.handler).Me(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.say) {
				t.Errorf("got %v", err)
			}
			if test.is != nil && !errors.Is(err, test.is) || test.not != nil && errors.Is(err, test.not) {
				t.Errorf("%v matches the wrong error", err)
			}
		})
	}
}

func endless(w http.ResponseWriter, status int, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	block := []byte(strings.Repeat(" ", 1<<20))
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// An answer without a note is no sign that a text is saved.
func TestNoNoteInTheAnswer(t *testing.T) {
	t.Parallel()
	const id = "0123456789ab"
	for _, body := range []string{`{}`, `{"notes":[]}`, `{"id":""}`, `{"id":"../../etc/x"}`, `null`} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) })
		_, got := c.Note(t.Context(), id)
		_, created := c.CreateNote(t.Context(), api.NewNote{Title: "mine"})
		_, updated := c.UpdateNote(t.Context(), id, client.AnyRevision, api.NotePatch{Pinned: new(true)})
		_, appended := c.AppendNote(t.Context(), id, "more")
		_, restored := c.RestoreNote(t.Context(), id)
		for _, err := range []error{got, created, updated, appended, restored} {
			if err == nil || !strings.Contains(err.Error(), "is not a notesd") {
				t.Errorf("%s: got %v", body, err)
			}
		}
	}
}

func TestRedirectsAreRefused(t *testing.T) {
	t.Parallel()
	var other atomic.Int32
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { other.Add(1) }))
	defer thief.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, thief.URL+"/api/v1/me?x=1", status)
		})
		_, get := c.Me(t.Context())
		_, post := c.CreateNote(t.Context(), api.NewNote{Title: "mine"})
		for _, err := range []error{get, post} {
			if err == nil || !strings.Contains(err.Error(), `a redirect to "`+thief.URL+`"`) {
				t.Errorf("%d: got %v", status, err)
			}
		}
	}
	if n := other.Load(); n != 0 {
		t.Errorf("%d requests reached the other server", n)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	for name, beginning := range map[string]string{"no answer": "", "half an answer": `{"id":`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			end := make(chan struct{})
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if beginning != "" {
					answer(w, 200, beginning)
					w.(http.Flusher).Flush()
				}
				<-end
			}, client.WithTimeout(50*time.Millisecond))
			t.Cleanup(func() { close(end) }) // before the server's Close, which waits for the handler
			_, err := c.Me(t.Context())
			if !errors.Is(err, api.ErrUnavailable) || !strings.Contains(err.Error(), "gave no answer within 50ms") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestContextEndsTheCall(t *testing.T) {
	t.Parallel()
	asked, end := make(chan struct{}, 9), make(chan struct{})
	c := serve(t, func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-end
	})
	t.Cleanup(func() { close(end) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	_, err := c.Me(ctx)
	if !errors.Is(err, context.Canceled) || errors.Is(err, api.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestServerIsAway(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	c, err := client.New("http://"+addr, noPause, client.WithToken(secret))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Note(t.Context(), "0123456789ab")
	if !errors.Is(err, api.ErrUnavailable) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "0123456789ab") {
		t.Errorf("the error tells the note's id: %v", err)
	}
}

func TestNoErrorHoldsTheToken(t *testing.T) {
	t.Parallel()
	bad := secret + "\n\x00"
	c, err := client.New("http://127.0.0.1:1", noPause, client.WithToken(bad))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Me(t.Context())
	if !errors.Is(err, api.ErrUnauthorized) || err.Error() != "the token is not valid" {
		t.Errorf("got %v", err)
	}
	tokens := client.Tokens{Access: secret, Refresh: secret}
	if s := fmt.Sprintf("%v %+v %#v %s", tokens, tokens, tokens, tokens); strings.Contains(s, secret) {
		t.Errorf("printed as %s", s)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", "127.0.0.1:7070", "ftp://127.0.0.1", "http://", "https://ann:pw@example.org", "https://example.org?x=1", "https://%zz",
		"foo", "http://:80", "https://example.org:99999", "https://example.org:0", "https://example.org?", "https://example.org#x",
		"ann:pw@example.org", "//ann:pw@example.org", "ftp://ann:pw@example.org", "https://ann:pw@example.org:x",
	} {
		if _, err := client.New(base); !errors.Is(err, &api.Error{Code: api.CodeInvalid}) {
			t.Errorf("%q: got %v", base, err)
		} else if strings.Contains(err.Error(), "pw") {
			t.Errorf("%q: the error tells the password: %v", base, err)
		}
	}
	for _, base := range []string{"http://example.org", "http://10.0.0.1:7070", "http://localhost.example.org"} {
		if _, err := client.New(base); err == nil {
			t.Errorf("%s is taken", base)
		} else if _, ok := errors.AsType[*client.InsecureError](err); !ok {
			t.Errorf("%s: got %v", base, err)
		}
		if _, err := client.New(base, client.WithInsecureHTTP()); err != nil {
			t.Errorf("%s: got %v", base, err)
		}
	}
	for _, base := range []string{"http://localhost:7070", "http://127.3.2.1", "http://[::1]:7070", "https://example.org/notes/"} {
		if _, err := client.New(base); err != nil {
			t.Errorf("%s: got %v", base, err)
		}
	}
}
