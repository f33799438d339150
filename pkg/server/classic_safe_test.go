package server_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
)

// TestClassicThrottle guesses by both doors: they count together.
func TestClassicThrottle(t *testing.T) {
	t.Parallel()
	f := start(t, classic)
	f.signup("ann")
	p := f.page(t)
	for range 5 {
		p.signIn("ann", "not the password")
		_, _ = f.client().Login(t.Context(), api.NewSession{Username: "ann", Password: "not the password"})
	}
	a, out := p.do("POST", "/authentication", map[string]string{"username": "ann", "password": password})
	if a.status != 429 || out["error"] != "5" || a.header.Get("Retry-After") == "" {
		t.Errorf("the eleventh guess: %d %s", a.status, a.body)
	}
}

// TestClassicMaxNotes: a full account is full by this door too.
func TestClassicMaxNotes(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.Classic, c.MaxNotes = true, 1 })
	f.signup("ann")
	p := f.page(t)
	p.signIn("ann", password)
	note := map[string]any{"title": "t", "description": ""}
	if e := p.post("addnote", note); e != "0" {
		t.Errorf("the first note: error %v", e)
	}
	if a, out := p.do("POST", "/api/addnote"+p.credentials(), note); a.status != 422 || out["error"] != "5" {
		t.Errorf("one more: %d %s", a.status, a.body)
	}
}

// TestClassicReach: what leaked in a URL opens the notes for half an hour, and
// nothing else.
func TestClassicReach(t *testing.T) {
	t.Parallel()
	f := start(t, classic)
	ann := f.signup("ann")
	p := f.page(t)
	a, _ := p.do("POST", "/authentication", map[string]string{"username": "ann", "password": password})
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.HttpOnly || c.Secure || c.MaxAge != 1800 {
			t.Errorf("cookie %s", c)
		}
	}
	if a := f.do("GET", "/api/v1/me", "", cookies(a)); a.status != 401 {
		t.Errorf("the tutorial's cookies at the API: %d", a.status)
	}
	if a := f.do("GET", "/api/v1/me?TOKEN="+p.cookie("token"), "", bearer(ann)); a.status != 400 {
		t.Errorf("the tutorial's query at the API: %d", a.status)
	}
	header := "Authorization: Bearer " + p.cookie("token")
	for _, tt := range []struct{ method, path, body string }{
		{"POST", "/api/v1/tokens", `{"label":"x","scope":"write","expires_in_days":1}`},
		{"GET", "/api/v1/sessions", ""},
		{"DELETE", "/api/v1/sessions", ""},
		{"PATCH", "/api/v1/me", `{"current_password":"` + password + `","new_password":"another horse battery"}`},
		{"DELETE", "/api/v1/me", `{"password":"` + password + `"}`},
	} {
		if a := f.do(tt.method, tt.path, tt.body, header); a.status != 403 {
			t.Errorf("%s %s with its token: %d %s", tt.method, tt.path, a.status, a.body)
		}
	}
	p.list()
	if err := f.as(ann).ChangePassword(t.Context(), api.PasswordChange{CurrentPassword: password, NewPassword: "another horse battery"}); err != nil {
		t.Fatal(err)
	}
	if a, _ := p.do("GET", "/api/listnotes"+p.credentials(), nil); a.status != 401 {
		t.Errorf("after a new password: %d", a.status)
	}
	p.signIn("ann", "another horse battery")
	p.list()
}

func TestClassicTLS(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.Classic, c.PublicURL = true, "https://notes.example.org" })
	f.signup("ann")
	a, _ := f.page(t).do("POST", "/authentication", map[string]string{"username": "ann", "password": password})
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if !c.Secure {
			t.Errorf("cookie %s", c)
		}
	}
}

// TestClassicDashboard: the two logins stand side by side, and one logout ends both.
func TestClassicDashboard(t *testing.T) {
	t.Parallel()
	f := start(t, classic)
	ann := f.signup("ann")
	p := f.page(t)
	p.do("POST", "/api/v1/sessions", loginBody)
	if a, _ := p.do("GET", "/", nil); a.status != 200 {
		t.Errorf("/ with a login of the dashboard: %d", a.status)
	}
	p.signIn("ann", password)
	if a, _ := p.do("GET", "/logout", nil, "Sec-Fetch-Site: cross-site"); a.status != 403 {
		t.Errorf("a logout from elsewhere: %d", a.status)
	}
	p.list()
	p.do("GET", "/logout", nil)
	if sessions, err := f.as(ann).ListSessions(t.Context()); err != nil || len(sessions) != 1 {
		t.Errorf("after the logout: %+v, %v", sessions, err)
	}
}

func TestClassicOff(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.signup("ann")
	for _, call := range []string{"POST /authentication", "GET /api/listnotes", "POST /api/addnote", "POST /api/updatenote", "POST /api/deletenote"} {
		method, path, _ := strings.Cut(call, " ")
		if a := f.do(method, path, ""); a.status != 404 {
			t.Errorf("%s: %d", call, a.status)
		}
	}
	if a := f.do("GET", "/", ""); a.status != 200 {
		t.Errorf("/: %d", a.status)
	}
	if a := f.do("GET", "/logout", ""); strings.Contains(strings.Join(a.header.Values("Set-Cookie"), ";"), "token") {
		t.Errorf("/logout: %v", a.header)
	}
	if strings.Contains(f.log.String(), "classic") {
		t.Errorf("it warns of what is not on")
	}
}

func TestClassicFaults(t *testing.T) {
	t.Parallel()
	fault := func() error { return nil }
	f := start(t, func(c *server.Config) {
		c.Classic, c.Store = true, faulty{c.Store, func() error { return fault() }}
	})
	f.signup("ann")
	p := f.page(t)
	p.signIn("ann", password)
	const secret = "mongodb://user:hunter2@inside"
	for _, tt := range []struct {
		name   string
		fault  func() error
		status int
	}{
		{"away", func() error { return &api.Error{Code: api.CodeUnavailable, Message: secret} }, 503},
		{"slow", func() error { return context.DeadlineExceeded }, 503},
		{"unforeseen", func() error { return errors.New(secret) }, 500},
		{"panic", func() error { panic(secret) }, 500},
	} {
		fault = tt.fault
		a, out := p.do("POST", "/api/deletenote"+p.credentials(), `{"_id":"000000000000"}`)
		if a.status != tt.status || !cmp.Equal(out, map[string]any{"error": "4", "message": "An error occured"}) { //nolint:misspell // the tutorial's spelling
			t.Errorf("%s: %d %s", tt.name, a.status, a.body)
		}
		if (a.header.Get("Retry-After") != "") != (tt.status == 503) {
			t.Errorf("%s: Retry-After %q", tt.name, a.header.Get("Retry-After"))
		}
		if !strings.Contains(f.log.String(), a.header.Get("X-Request-Id")) {
			t.Errorf("%s: not in the log", tt.name)
		}
	}
}

// TestClassicTokensStayOutOfTheLog sends tokens wherever a request has room for
// one, in requests that fasthttp refuses by itself, too.
func TestClassicTokensStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	f := start(t, classic)
	f.signup("ann")
	p := f.page(t)
	p.signIn("ann", password)
	token, q := p.cookie("token"), p.credentials()
	p.list()
	p.do("POST", "/api/addnote"+q, `{"title":`)
	p.do("GET", "/api/listnotes"+url.PathEscape(q), nil)
	p.do("GET", "/api/nothing"+q, nil, "Referer: "+f.url+"/api/listnotes"+q)
	p.do("GET", "/logout"+q, nil)
	for _, request := range []string{
		"GET /api/listnotes" + q + " HTTP/9\r\n\r\n",
		"GET /api/listnotes" + q + "\r\n\r\n",
		"FOO /api/listnotes" + q + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET http://x/api/listnotes" + q + " HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n",
		"POST /api/addnote" + q + " HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n",
		"POST /api/addnote" + q + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(f.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); err != nil { // its log is written by then, or never
			t.Errorf("%.40s: %v", request, err)
		}
		_ = conn.Close()
	}
	p.do("GET", "/logout", nil, "Referer: "+f.url+"/"+q)
	log := f.log.String()
	if strings.Contains(log, token) || strings.Contains(log, token[strings.LastIndexByte(token, '.'):]) {
		t.Errorf("the log holds a token:\n%s", log)
	}
	for _, part := range []string{"--classic", `"login"`, `"session ended"`, "/api/listnotes"} {
		if !strings.Contains(log, part) {
			t.Errorf("the log lacks %s", part)
		}
	}
}

// TestClassicListEnds: the list has no pages, and says where it ends.
func TestClassicListEnds(t *testing.T) {
	t.Parallel()
	f := start(t, classic)
	ann := f.user("ann")
	p := f.page(t)
	p.signIn("ann", password)
	for range 3 {
		if _, err := ann.CreateNote(t.Context(), api.NewNote{Body: strings.Repeat("x", api.MaxBody)}); err != nil {
			t.Fatal(err)
		}
	}
	if notes := p.list(); len(notes) != 3 {
		t.Errorf("%d notes", len(notes))
	}
	for range 3 {
		if _, err := ann.CreateNote(t.Context(), api.NewNote{Body: strings.Repeat("x", api.MaxBody)}); err != nil {
			t.Fatal(err)
		}
	}
	_, out := p.do("GET", "/api/listnotes"+p.credentials(), nil)
	if notes := out["notes"].([]any); len(notes) != 4 || out["more"] != true {
		t.Errorf("%d of 6 notes of 1 MiB, more is %v", len(notes), out["more"])
	}
}

func TestClassicDisabledUser(t *testing.T) {
	t.Parallel()
	f := start(t, classic)
	ann := f.signup("ann")
	p := f.page(t)
	p.signIn("ann", password)
	p.list()
	now := api.TimeOf(f.clock.now())
	if err := f.store.SetDisabled(t.Context(), ann.User.ID, &now); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(time.Second)
	if a, out := p.do("GET", "/api/listnotes"+p.credentials(), nil); a.status != 401 || out["error"] != "1" {
		t.Errorf("an earlier login: %d %s", a.status, a.body)
	}
	if a, out := p.do("POST", "/authentication", map[string]string{"username": "ann", "password": password}); out["error"] == "0" || a.header.Get("Set-Cookie") != "" {
		t.Errorf("a new one: %d %s", a.status, a.body)
	}
}
