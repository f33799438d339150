//go:build linux

package torture

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	_ "github.com/notesd/notesd/pkg/store/sqlite" // the driver
)

// canary is in everything that somebody types in TestCanaries. None of it may
// turn up where others read it.
const canary = "canary"

// canaryRun is a server and the secrets that were sent to it or came from it.
type canaryRun struct {
	*testing.T
	p       *process
	secrets []string
}

// send makes a raw request, with headers as "Name: value", and returns the whole
// answer as text, and its body.
func (c *canaryRun) send(method, path, body string, headers ...string) (answer, text string) {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), method, c.p.URL+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if req.Header.Set(name, value); name == "Host" {
			req.Host = value
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		c.Fatal(err)
	}
	defer res.Body.Close()
	dump, err := httputil.DumpResponse(res, true)
	if err != nil {
		c.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatal(err)
	}
	return string(dump), string(b)
}

// raw sends bytes that no HTTP client makes, and waits for what comes back.
func (c *canaryRun) raw(request string) {
	c.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.p.URL, "http://"))
	if err != nil {
		c.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Write([]byte(request)); err != nil {
		c.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		c.Fatalf("no answer to %q: %v", request, err)
	}
}

// login makes an account and logs in. The tokens are secrets.
func (c *canaryRun) login(name string) (bearer string, l api.Login) {
	c.Helper()
	who := fmt.Sprintf(`{"username":%q,"password":"%s-password %[1]s"`, name, canary)
	c.send("POST", "/api/v1/users", who+`}`)
	_, body := c.send("POST", "/api/v1/sessions", who+`,"label":"canary-label"}`)
	if err := json.Unmarshal([]byte(body), &l); err != nil || l.AccessToken == "" {
		c.Fatalf("login: %s", body)
	}
	c.secret(l.AccessToken)
	c.secret(l.RefreshToken)
	return "Authorization: Bearer " + l.AccessToken, l
}

// secret remembers a token, and each of its parts that nobody can guess.
func (c *canaryRun) secret(token string) {
	for _, part := range append(strings.FieldsFunc(token, func(r rune) bool { return r == '.' || r == '_' }), token) {
		if len(part) > 16 && !strings.HasPrefix(part, "eyJhbGciOi") { // the header says only which algorithm
			c.secrets = append(c.secrets, part)
		}
	}
}

// clean wants no canary and no secret in a text.
func (c *canaryRun) clean(where, text string) {
	c.Helper()
	lower := strings.ToLower(text)
	if i := strings.Index(lower, canary); i >= 0 {
		c.Errorf("%s holds a canary: …%s…", where, text[max(0, i-200):min(len(text), i+100)])
	}
	for _, s := range c.secrets {
		if strings.Contains(text, s) {
			c.Errorf("%s holds the secret %s", where, s)
		}
	}
}

// TestCanaries sends words to look for in every place that a request has, to the
// real program with the most talkative log: none is in the log, in the metrics,
// in what others are answered, or in what the system shows of the process.
func TestCanaries(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "notes.db")
	cmd := command("--store", "sqlite:"+db, "--log-level", "debug", "--admin-addr", "127.0.0.1:0", "--classic")
	cmd.Env = []string{"TZ=America/New_York"} // the log is in UTC all the same
	c := &canaryRun{T: t, p: startCommand(t, cmd)}

	bearer, ann := c.login("canary.ann")
	others, _ := c.login("bob")
	note := c.write(bearer)
	c.loginsGoWrong(bearer, ann)
	c.requestsGoWrong(bearer, note)
	c.tutorial("canary.ann")
	c.others(others, note, ann.Session.ID)

	// Nothing that fails inside may tell either.
	breakStore(t, db)
	if answer, _ := c.send("POST", "/api/v1/notes", `{"title":"canary-title","body":"canary-body","tags":["canary-tag"]}`, bearer); !strings.Contains(answer, "500 ") {
		t.Errorf("a store that is broken: %s", answer)
	}
	c.send("GET", "/api/v1/notes?tag=canary-tag&cursor=canary-cursor", "", bearer)
	c.send("GET", "/api/v1/notes?tag=canary-tag", "", bearer)
	for _, q := range []string{"canary-text", `%22canary-body+canary-text%22+canary`, "-canary", "tag:canary-tag"} {
		c.send("GET", "/api/v1/notes?q="+q, "", bearer)
	}
	c.send("PATCH", note, `{"body":"canary-body"}`, bearer, "If-Match: *")
	c.others(others, note, ann.Session.ID)

	c.clean("the metrics", c.metrics())
	c.clean("the list of processes", processes(t, c.p.PID))
	c.p.Stop()
	c.clean("the log", c.p.Log())
	checkLog(t, c.p.Log())
}

// write does what a person does with notes, and returns the path of one.
func (c *canaryRun) write(bearer string) (path string) {
	_, body := c.send("POST", "/api/v1/notes", `{"title":"canary-title","body":"canary-body","tags":["canary-tag"]}`, bearer)
	var n api.Note
	if err := json.Unmarshal([]byte(body), &n); err != nil || n.ID == "" {
		c.Fatalf("a note: %s", body)
	}
	path = "/api/v1/notes/" + n.ID
	c.send("GET", path, "", bearer, "Accept: text/markdown")
	c.send("GET", "/api/v1/notes?tag=canary-tag&sort=title", "", bearer)
	if _, found := c.send("GET", "/api/v1/notes?q=canary-body+tag:canary-tag&view=summary&limit=1", "", bearer); !strings.Contains(found, n.ID) {
		c.Fatalf("a search found %s", found)
	}
	c.send("PATCH", path, `{"title":"canary-title two"}`, bearer, `If-Match: "1"`)
	c.send("PATCH", path, `{"title":"canary-title three"}`, bearer, `If-Match: "1"`)
	c.send("POST", path+"/append", `{"text":"canary-text"}`, bearer)
	_, body = c.send("POST", "/api/v1/tokens", `{"label":"canary-label","scope":"read","expires_in_days":1}`, bearer)
	var token api.Token
	if err := json.Unmarshal([]byte(body), &token); err != nil || token.Token == "" {
		c.Fatalf("a token: %s", body)
	}
	c.secret(token.Token)
	c.send("GET", path, "", "Authorization: Bearer "+token.Token)
	c.send("DELETE", path, "", "Authorization: Bearer "+token.Token) // it may only read
	c.send("GET", path, "", "Authorization: Bearer "+token.Token+"canary")
	return path
}

// loginsGoWrong types secrets in wrong places, and uses old ones again.
func (c *canaryRun) loginsGoWrong(bearer string, l api.Login) {
	for _, body := range []string{
		`{"username":"canary.ann","password":"canary-wrong password"}`,
		`{"username":"canary-password typed as name","password":"canary-wrong password"}`,
		`{"username":"canary.nobody","password":"canary-wrong password"}`,
		`{"username":"canary.ann","password":"canary-wrong password","canary-member":1}`,
		`{"username":{"canary-key":"canary"},"password":"canary-wrong password"}`,
		`{"username":"canary.ann","password":"canary-cut off`,
		`canary-no json`,
	} {
		c.send("POST", "/api/v1/sessions", body)
		c.send("POST", "/api/v1/users", body)
		c.send("POST", "/api/v1/sessions/refresh", body)
	}
	for range 12 { // until the throttle closes
		c.send("POST", "/api/v1/sessions", `{"username":"canary.stranger","password":"canary-wrong password"}`)
	}
	c.send("PATCH", "/api/v1/me", `{"current_password":"canary-wrong password","new_password":"canary-new password"}`, bearer)
	c.send("DELETE", "/api/v1/me", `{"password":"canary-wrong password"}`, bearer)
	c.send("POST", "/api/v1/tokens", `{"label":"canary-label","scope":"canary-scope","expires_in_days":1}`, bearer)

	port := c.p.URL[strings.LastIndexByte(c.p.URL, ':')+1:]
	cookie := "Cookie: notes_access_" + port + "=canary-access; notes_refresh_" + port + "=canary-refresh; canary-cookie=canary"
	c.send("GET", "/api/v1/me", "", cookie)
	c.send("GET", "/logout", "", cookie)
	c.send("POST", "/api/v1/sessions/refresh", "{}", cookie, "Origin: http://canary.example")
	answer, _ := c.send("POST", "/api/v1/sessions", `{"username":"canary.ann","password":"canary-password canary.ann","cookie":true}`)
	var sent []string
	for line := range strings.Lines(answer) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "Set-Cookie: "); ok {
			pair, _, _ := strings.Cut(value, ";")
			_, token, _ := strings.Cut(pair, "=")
			c.secret(token)
			sent = append(sent, pair)
		}
	}
	if len(sent) != 2 {
		c.Fatalf("a login by cookie: %s", answer)
	}
	c.send("GET", "/api/v1/notes", "", "Cookie: "+strings.Join(sent, "; "))
	c.send("POST", "/api/v1/notes", `{"title":"canary-forged"}`, "Cookie: "+strings.Join(sent, "; "), "Origin: http://canary.example")

	// A refresh token that was stolen, and one that only looks like one.
	token := l.RefreshToken
	for range 3 {
		_, body := c.send("POST", "/api/v1/sessions/refresh", `{"refresh_token":"`+token+`"}`)
		var next api.Login
		if err := json.Unmarshal([]byte(body), &next); err != nil || next.RefreshToken == "" {
			c.Fatalf("refresh: %s", body)
		}
		token = next.RefreshToken
		c.secret(next.AccessToken)
		c.secret(token)
	}
	c.send("POST", "/api/v1/sessions/refresh", `{"refresh_token":"nrt_canary_0_canary"}`)
}

// requestsGoWrong puts words where none belong.
func (c *canaryRun) requestsGoWrong(bearer, note string) {
	for _, path := range []string{
		"/canary-path", "/canary-path/canary", "/%63anary-path", "/api/v1/canary-path", "/api/v1/notes/canary-id", "/api/v1/sessions/canary-id",
		"/api/v1/notes/canary-id/restore", "/notes/canary-id", "/assets/canary", "/api/v1/notes/canary%0acanary", "/..%2fcanary",
		"/api/v1/notes?canary-name=canary-value", "/api/v1/notes?q=canary-word", "/api/v1/notes?q=canary-word&sort=canary", "/api/v1/notes?q=canary-word&cursor=canary-cursor", "/api/v1/notes?q=" + strings.Repeat("canary-word+", 100), "/api/v1/notes?cursor=canary-cursor",
		"/api/v1/notes?id=canary-id", "/api/v1/me?access_token=canary-token", "/livez?canary=canary", "/?canary=canary",
	} {
		for _, method := range []string{"GET", "POST", "DELETE", "HEAD", "OPTIONS", "CANARY"} {
			c.send(method, path, "", bearer)
			c.send(method, path, "", "Accept: text/html")
		}
	}
	for _, header := range []string{
		"Authorization: canary", "Authorization: Basic canary", "Authorization: Bearer canary", "Authorization: Bearer canary.canary.canary",
		"User-Agent: canary-agent", "Referer: http://canary.example/canary", "X-Request-Id: canary", "X-Forwarded-For: canary",
		"Host: canary.example", "Content-Type: application/canary", "Accept: canary/canary", "If-None-Match: canary", "canary-name: canary-value",
	} {
		c.send("GET", note, "", bearer, header)
		c.send("POST", "/api/v1/notes", `{"title":"canary-title"}`, bearer, header)
	}
	c.send("POST", "/api/v1/notes", `{"title":"canary-title"}`, bearer, "Operation-Id: canary")
	c.send("PATCH", note, `{"title":"canary-title"}`, bearer, "If-Match: canary")
	for _, body := range []string{`{"title":"canary-cut off`, `{"canary-member":1}`, `{"title":["canary-title"]}`, `{"created_at":"canary-time"}`, `{"title":"canary-a","title":"canary-b"}`, `{"id":"canary-id"}`} {
		c.send("POST", "/api/v1/notes", body, bearer)
	}
	for _, request := range []string{
		"canary\r\n\r\n",
		"CANARY /canary HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /canary HTTP/canary\r\nHost: canary\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\ncanary without a colon\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nX: canary" + strings.Repeat("x", 20<<10) + "\r\n\r\n",
		"POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nContent-Length: canary\r\n\r\n",
		"POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: canary\r\n\r\n",
		"POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\ncanary\r\n\r\n",
	} {
		c.raw(request)
	}
}

// tutorial uses the API whose tokens travel in URLs.
func (c *canaryRun) tutorial(name string) {
	_, body := c.send("POST", "/authentication", `{"username":"`+name+`","password":"canary-password `+name+`"}`)
	var login struct{ Token string }
	if err := json.Unmarshal([]byte(body), &login); err != nil || login.Token == "" {
		c.Fatalf("the tutorial's login: %s", body)
	}
	c.secret(login.Token)
	c.send("GET", "/api/listnotes?USERID=canary-user&TOKEN="+login.Token, "")
	c.send("GET", "/api/listnotes?USERID=canary-user&TOKEN=canary-token", "")
	c.send("POST", "/api/addnote?USERID=canary-user&TOKEN="+login.Token, `{"title":"canary-title","description":"canary-body"}`)
}

// others is what somebody else is answered who comes near.
func (c *canaryRun) others(bearer, note, session string) {
	for _, answer := range []func() (string, string){
		func() (string, string) { return c.send("GET", note, "", bearer) },
		func() (string, string) { return c.send("PATCH", note, `{"title":"x"}`, bearer, `If-Match: "1"`) },
		func() (string, string) { return c.send("POST", note+"/append", `{"text":"x"}`, bearer) },
		func() (string, string) { return c.send("DELETE", note, "", bearer) },
		func() (string, string) { return c.send("DELETE", "/api/v1/sessions/"+session, "", bearer) },
		func() (string, string) { return c.send("GET", "/api/v1/notes", "", bearer) },
		func() (string, string) { return c.send("GET", "/nothing", "") },
		func() (string, string) { return c.send("POST", "/api/v1/notes", `{"title`, bearer) },
		func() (string, string) {
			return c.send("POST", "/api/v1/users", `{"username":"CANARY.ann","password":"another long phrase"}`)
		},
		func() (string, string) {
			return c.send("POST", "/api/v1/sessions", `{"username":"canary.ann","password":"another long phrase"}`)
		},
	} {
		text, _ := answer()
		c.clean("somebody else's answer", text)
	}
}

// breakStore takes the notes away from under a running server.
func breakStore(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "PRAGMA busy_timeout = 5000; ALTER TABLE notes RENAME TO elsewhere"); err != nil {
		t.Fatal(err)
	}
}

func (c *canaryRun) metrics() string {
	for line := range strings.Lines(c.p.Log()) {
		var l struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &l) == nil && l.Msg == "admin address" {
			admin := *c
			admin.p = &process{URL: l.URL}
			answer, _ := admin.send("GET", "/metrics", "")
			if !strings.Contains(answer, "notesd_logins_total") {
				c.Errorf("the metrics are %s", answer)
			}
			return answer
		}
	}
	c.Fatal("no admin address in the log")
	return ""
}
