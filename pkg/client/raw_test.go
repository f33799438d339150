package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// A request in the caller's own words goes to the API of the one server, with the
// token, and nowhere else.
func TestDo(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", strings.Join([]string{
			r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Authorization"),
			r.Header.Get("If-Match"), r.Header.Get("Content-Type"), string(body),
		}, " "))
		_, _ = io.WriteString(w, "anything")
	})
	for path, want := range map[string]string{
		"/notes/a%2Fb": "/api/v1/notes/a%2Fb",
		"notes":        "/api/v1/notes",
		"//elsewhere":  "/api/v1/elsewhere",
		"@elsewhere":   "/api/v1/@elsewhere",
		"?x":           "/api/v1/%3Fx",
	} {
		res, err := c.Do(t.Context(), client.Request{
			Method: "PATCH", Path: path, Query: url.Values{"q": {"a b"}},
			Header: http.Header{"if-match": {`"3"`}, "Authorization": {"Bearer other"}}, Body: []byte("{}"),
		})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		want = "PATCH " + want + " q=a+b Bearer " + secret + ` "3" application/json {}`
		if got := res.Header.Get("X-Seen"); got != want || string(body) != "anything" || err != nil {
			t.Errorf("%s: the server saw %q and gave %q, %v", path, got, body, err)
		}
	}
	for _, path := range []string{"../metrics", "notes/../../../x", "notes/%2e%2E/x", "a/./b", "%zz"} {
		res, err := c.Do(t.Context(), client.Request{Method: "GET", Path: path})
		if api.ErrorCode(err) != api.CodeInvalid || res != nil {
			t.Errorf("%s: %v", path, err)
		}
		if res != nil {
			_ = res.Body.Close()
		}
	}
}

// What is refused is an error with the answer beside it; what the server could
// not do is tried again only where that does no harm.
func TestDoRefused(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked[r.Method]++
		problem(w, api.CodeUnavailable)
	})
	for method, want := range map[string]int{"GET": 3, "POST": 1} {
		res, err := c.Do(t.Context(), client.Request{Method: method, Path: "notes"})
		if !errors.Is(err, api.ErrUnavailable) || res == nil {
			t.Fatalf("%s: %v, %v", method, res, err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || !strings.Contains(string(body), `"because"`) || res.StatusCode != 503 || asked[method] != want {
			t.Errorf("%s was asked %d times: %s, %v", method, asked[method], body, err)
		}
	}
}

// The time limit is for the beginning of an answer, and the context for all of it.
func TestDoTakesItsTime(t *testing.T) {
	t.Parallel()
	first, second, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "silence") {
			<-end
			return
		}
		w.(http.Flusher).Flush()
		<-first
		_, _ = io.WriteString(w, "late")
		w.(http.Flusher).Flush()
		close(second)
		<-end
	}, client.WithTimeout(50*time.Millisecond))
	t.Cleanup(func() { close(end) })

	if _, err := c.Do(t.Context(), client.Request{Method: "POST", Path: "silence"}); !errors.Is(err, api.ErrUnavailable) { //nolint:bodyclose // there is none
		t.Errorf("silence: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	res, err := c.Do(ctx, client.Request{Method: "GET", Path: "stream"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	time.AfterFunc(100*time.Millisecond, func() { close(first) }) // later than the limit
	got := make([]byte, 4)
	if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != "late" {
		t.Fatalf("%q, %v", got, err)
	}
	<-second
	cancel()
	if _, err := res.Body.Read(got); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context: %v", err)
	}
}
