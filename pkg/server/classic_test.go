package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
)

// tutorial is a client as the tutorial's page is one: it posts JSON, keeps
// cookies and reads them as a script does, and sends what they say in the query.
type tutorial struct {
	t    *testing.T
	url  string
	http *http.Client
}

func classic(c *server.Config) { c.Classic = true }

// page opens the tutorial's page in a browser of its own.
func (f *fixture) page(t *testing.T) tutorial {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := tutorial{t, f.url, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	t.Cleanup(p.http.CloseIdleConnections)
	return p
}

// do sends one request. What is not a string in body becomes JSON.
func (p tutorial) do(method, path string, body any, headers ...string) (answer, map[string]any) {
	p.t.Helper()
	text, ok := body.(string)
	if !ok && body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		text = string(b)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json;charset=utf-8") // as axios has it
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var out map[string]any
	if res.Header.Get("Content-Type") == "application/json" {
		if err := json.Unmarshal(got, &out); err != nil {
			p.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return answer{status: res.StatusCode, header: res.Header, body: string(got)}, out
}

func (p tutorial) signIn(username, pass string) map[string]any {
	p.t.Helper()
	a, out := p.do("POST", "/authentication", map[string]string{"username": username, "password": pass})
	if a.status != 200 {
		p.t.Fatalf("sign in: %d %s", a.status, a.body)
	}
	return out
}

// cookie is what the page's script finds in document.cookie.
func (p tutorial) cookie(name string) string {
	u, err := url.Parse(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range p.http.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// credentials are the query of every call.
func (p tutorial) credentials() string {
	return "?" + url.Values{"TOKEN": {p.cookie("token")}, "USERID": {p.cookie("user_id")}}.Encode()
}

func (p tutorial) list() []any {
	p.t.Helper()
	a, out := p.do("GET", "/api/listnotes"+p.credentials(), nil)
	notes, ok := out["notes"].([]any)
	if a.status != 200 || !ok || len(out) != 1 {
		p.t.Fatalf("list: %d %s", a.status, a.body)
	}
	return notes
}

// post makes a change and returns "error" of the answer.
func (p tutorial) post(action string, note map[string]any) any {
	p.t.Helper()
	a, out := p.do("POST", "/api/"+action+p.credentials(), note)
	if (a.status == 200) != (out["error"] == "0") {
		p.t.Errorf("%s: %d %s", action, a.status, a.body)
	}
	return out["error"]
}

// TestClassic does what a person does on the tutorial's page.
func TestClassic(t *testing.T) {
	t.Parallel()
	f := start(t, classic)
	ann := f.user("Ann.Ü")
	p := f.page(t)

	if a, _ := p.do("GET", "/", nil); a.status != 303 || a.header.Get("Location") != "/login" {
		t.Errorf("/ for a stranger: %d %v", a.status, a.header)
	}
	if out := p.signIn("ann.ü", "not the password"); !cmp.Equal(out, map[string]any{"error": "1", "message": "Fail", "token": "", "expire_time": ""}) {
		t.Errorf("a wrong password: %v", out)
	}
	out := p.signIn("ann.ü", password)
	if out["error"] != "0" || out["message"] != "Success" || out["token"] != p.cookie("token") || len(out) != 4 {
		t.Fatalf("sign in: %v", out)
	}
	if name, err := url.PathUnescape(p.cookie("username")); err != nil || name != "Ann.Ü" {
		t.Errorf("the page greets %q, %v", name, err)
	}
	expires, err := time.Parse("2006-01-02 15:04:05.000000", out["expire_time"].(string))
	if left := expires.Sub(f.clock.now()); err != nil || left < 29*time.Minute || left > 30*time.Minute {
		t.Errorf("expire_time %v", out["expire_time"])
	}
	if a, _ := p.do("GET", "/", nil); a.status != 200 {
		t.Errorf("/ with a login: %d", a.status)
	}

	// The page posts its whole object, which has more than it must.
	if notes := p.list(); len(notes) != 0 {
		t.Fatalf("notes before the first: %v", notes)
	}
	if e := p.post("addnote", map[string]any{"_id": "", "title": "Milk", "description": "two *litres*", "editing": false, "color": nil}); e != "0" {
		t.Errorf("add: error %v", e)
	}
	notes := p.list()
	if len(notes) != 1 {
		t.Fatalf("%d notes", len(notes))
	}
	note := notes[0].(map[string]any)
	if note["title"] != "Milk" || note["description"] != "two *litres*" || len(note) != 3 {
		t.Errorf("the note: %v", note)
	}
	note["title"], note["description"] = "Eggs", nil
	if e := p.post("updatenote", note); e != "0" {
		t.Errorf("update: error %v", e)
	}
	id := note["_id"].(string)
	if n, err := ann.Note(t.Context(), id); err != nil || n.Title != "Eggs" || n.Body != "two *litres*" || n.Revision != 2 {
		t.Errorf("the note in the store: %+v, %v", n, err)
	}
	if e := p.post("deletenote", map[string]any{"_id": id}); e != "0" {
		t.Errorf("delete: error %v", e)
	}
	if n, err := ann.Note(t.Context(), id); err != nil || n.TrashedAt == nil {
		t.Errorf("it is not in the trash: %+v, %v", n, err)
	}
	archived, err := ann.CreateNote(t.Context(), api.NewNote{Title: "old", Archived: true})
	if err != nil {
		t.Fatal(err)
	}
	if notes := p.list(); len(notes) != 0 {
		t.Errorf("trashed or archived (%s) notes are listed: %v", archived.ID, notes)
	}

	token := p.credentials()
	if a, _ := p.do("GET", "/logout", nil); a.status != 303 || a.header.Get("Location") != "/login" || p.cookie("token")+p.cookie("user_id")+p.cookie("username") != "" {
		t.Errorf("logout: %d %v", a.status, a.header)
	}
	if a, out := p.do("GET", "/api/listnotes"+token, nil); a.status != 401 || out["error"] != "1" {
		t.Errorf("the token after the logout: %d %s", a.status, a.body)
	}
	if a, _ := p.do("GET", "/", nil); a.status != 303 {
		t.Errorf("/ after the logout: %d", a.status)
	}
}

func TestClassicTokens(t *testing.T) {
	t.Parallel()
	f := start(t, classic)
	ann, bob := f.signup("ann"), f.signup("bob")
	page, other, ended := f.page(t), f.page(t), f.page(t)
	page.signIn("ann", password)
	other.signIn("bob", password)
	ended.signIn("ann", password)
	token, id := page.cookie("token"), page.cookie("user_id")
	if id != ann.User.ID {
		t.Fatalf("user_id is %q", id)
	}
	sessions, err := f.as(ann).ListSessions(t.Context())
	if err != nil || len(sessions) != 3 || sessions[0].Label != "classic" {
		t.Fatalf("the login is not in the list: %+v, %v", sessions, err)
	}
	if err := f.as(ann).DeleteSession(t.Context(), sessions[0].ID); err != nil {
		t.Fatal(err)
	}
	check := func(name, token, user string, status int, number, message string) {
		t.Helper()
		for _, call := range []string{"GET /api/listnotes", "POST /api/addnote", "POST /api/updatenote", "POST /api/deletenote"} {
			method, path, _ := strings.Cut(call, " ")
			query := url.Values{}
			if token != "" {
				query.Set("TOKEN", token)
			}
			if user != "" {
				query.Set("USERID", user)
			}
			// Cookies and headers change nothing: the jar has a good login.
			a, out := page.do(method, path+"?"+query.Encode(), nil, bearer(ann))
			if a.status != status || !cmp.Equal(out, map[string]any{"error": number, "message": message}) {
				t.Errorf("%s: %s: %d %s", name, call, a.status, a.body)
			}
		}
	}
	forged := token[:len(token)-6] + "AAAAAA"
	check("no arguments", "", "", 401, "3", "TOKEN and USERID are required")
	check("no USERID", token, "", 401, "3", "TOKEN and USERID are required")
	check("no TOKEN", "", id, 401, "3", "TOKEN and USERID are required")
	check("not a token", "x", id, 401, "2", "Invalid Token")
	check("a forged token", forged, id, 401, "2", "Invalid Token")
	check("a token of another login", ann.AccessToken, id, 401, "2", "Invalid Token")
	check("a refresh token", ann.RefreshToken, id, 401, "2", "Invalid Token")
	check("another user's token", other.cookie("token"), id, 401, "1", "Invalid Token for the user")
	check("another user's id", token, bob.User.ID, 401, "1", "Invalid Token for the user")
	check("a session that was ended", ended.cookie("token"), id, 401, "1", "Invalid Token for the user")
	page.list()
	f.clock.advance(30 * time.Minute)
	check("after half an hour", token, id, 401, "1", "Token has expired")
	f.clock.advance(time.Hour)
	check("later", token, id, 401, "1", "Token has expired")
	check("later, another user's id", token, bob.User.ID, 401, "1", "Token has expired")
}

// TestClassicRefusals: what the tutorial has no number for is a "5" with the
// status and the words of the API.
func TestClassicRefusals(t *testing.T) {
	t.Parallel()
	f := start(t, classic)
	f.signup("ann")
	p := f.page(t)
	p.signIn("ann", password)
	q := p.credentials()
	p.post("addnote", map[string]any{"title": "kept", "description": "kept"})
	for _, tt := range []struct {
		name, path, body string
		headers          []string
		status           int
		message          string
	}{
		{"a form", "/api/addnote" + q, "title=x", []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "application/json"},
		{"text", "/api/addnote" + q, "{}", []string{"Content-Type: text/plain"}, 415, "application/json"},
		{"nothing", "/api/addnote" + q, "", nil, 400, "empty"},
		{"cut off", "/api/addnote" + q, `{"title":"x`, nil, 400, "ends too early"},
		{"an array", "/api/addnote" + q, `[]`, nil, 400, "object"},
		{"twice", "/api/addnote" + q, `{"title":"x","title":"y"}`, nil, 400, "twice"},
		{"a number", "/api/addnote" + q, `{"title":1}`, nil, 400, "title"},
		{"an operator", "/api/deletenote" + q, `{"_id":{"$ne":""}}`, nil, 400, "_id"},
		{"bad UTF-8", "/api/addnote" + q, "{\"title\":\"\xff\"}", nil, 400, "not valid"},
		{"a NUL", "/api/addnote" + q, `{"title":"a\u0000b"}`, nil, 400, "NUL"},
		{"deep", "/api/addnote" + q, strings.Repeat("[", 100) + strings.Repeat("]", 100), nil, 400, "deeper"},
		{"a long title", "/api/addnote" + q, `{"title":"` + strings.Repeat("x", api.MaxTitle+1) + `"}`, nil, 413, "1 KiB"},
		{"a long description", "/api/updatenote" + q, `{"description":"` + strings.Repeat("x", api.MaxBody+1) + `"}`, nil, 413, "1 MiB"},
		{"no change", "/api/updatenote" + q, `{"_id":"000000000000"}`, nil, 400, "nothing"},
		{"no such note", "/api/updatenote" + q, `{"_id":"000000000000","title":"x"}`, nil, 404, "not found"},
		{"no note", "/api/deletenote" + q, `{}`, nil, 404, "not found"},
		{"another argument", "/api/deletenote" + q + "&purge=true", `{}`, nil, 400, "purge"},
		{"TOKEN twice", "/api/deletenote" + q + "&TOKEN=x", `{}`, nil, 400, "twice"},
		{"a login by form", "/authentication", "username=ann", []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "application/json"},
		{"a login with an operator", "/authentication", `{"username":"ann","password":{"$ne":""}}`, nil, 400, "password"},
		{"a login from elsewhere", "/authentication", `{"username":"ann","password":"` + password + `"}`, []string{"Sec-Fetch-Site: cross-site"}, 403, "dashboard"},
		{"a token in a login", "/authentication" + q, `{}`, nil, 400, "parameter"},
	} {
		a, out := p.do("POST", tt.path, tt.body, tt.headers...)
		message, _ := out["message"].(string)
		if a.status != tt.status || out["error"] != "5" || !strings.Contains(message, tt.message) || len(out) != 2 {
			t.Errorf("%s: %d %s", tt.name, a.status, a.body)
		}
		if !strings.Contains(a.header.Get("Cache-Control"), "no-store") || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: headers %v", tt.name, a.header)
		}
	}
	if notes := p.list(); len(notes) != 1 || notes[0].(map[string]any)["title"] != "kept" {
		t.Errorf("what was refused has changed something: %v", notes)
	}
	for _, body := range []string{`{}`, `{"username":"ann"}`, `{"username":null,"password":null}`, `{"username":"nobody","password":"x"}`, `{"username":"ann","password":"` + strings.Repeat("x", 2000) + `"}`} {
		if a, out := p.do("POST", "/authentication", body); a.status != 200 || out["error"] != "1" || out["message"] != "Fail" || out["token"] != "" || a.header.Get("Set-Cookie") != "" {
			t.Errorf("login with %s: %d %s", body, a.status, a.body)
		}
	}
}
