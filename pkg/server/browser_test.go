package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
)

// cookies returns the Cookie header that a browser would send back.
func cookies(a answer) string {
	var pairs []string
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return "Cookie: " + strings.Join(pairs, "; ")
}

const loginBody = `{"username":"ann","password":"` + password + `","label":"browser","cookie":true}`

func TestCookieLogin(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.signup("ann")
	a := f.do("POST", "/api/v1/sessions", loginBody, "Sec-Fetch-Site: same-origin")
	if a.status != 201 || strings.Contains(a.body, "token") {
		t.Fatalf("login: %d %s", a.status, a.body)
	}
	set := (&http.Response{Header: a.header}).Cookies()
	port := f.url[strings.LastIndexByte(f.url, ':')+1:]
	if len(set) != 2 {
		t.Fatalf("%d cookies", len(set))
	}
	for _, c := range set {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure || !strings.HasSuffix(c.Name, "_"+port) {
			t.Errorf("cookie %s", c)
		}
	}
	jar := cookies(a)
	if me := f.do("GET", "/api/v1/me", "", jar); me.status != 200 {
		t.Errorf("me: %d", me.status)
	}
	if me := f.do("GET", "/api/v1/me", "", jar, "Authorization: Bearer x"); me.status != 401 {
		t.Errorf("a wrong bearer token must not fall back to the cookie: %d", me.status)
	}
	refreshed := f.do("POST", "/api/v1/sessions/refresh", "{}", jar, "Sec-Fetch-Site: same-origin")
	if refreshed.status != 200 || strings.Contains(refreshed.body, "token") || len(refreshed.header.Values("Set-Cookie")) != 2 {
		t.Errorf("refresh: %d %s", refreshed.status, refreshed.body)
	}
	out := f.do("DELETE", "/api/v1/sessions/current", "", jar, "Sec-Fetch-Site: same-origin")
	if out.status != 204 || !strings.Contains(strings.Join(out.header.Values("Set-Cookie"), " "), "Max-Age=0") {
		t.Errorf("logout: %d %v", out.status, out.header)
	}
	if me := f.do("GET", "/api/v1/me", "", cookies(refreshed)); me.status != 401 {
		t.Errorf("after the logout: %d", me.status)
	}
}

func TestCSRF(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	jar := cookies(f.do("POST", "/api/v1/sessions", loginBody))
	for _, tt := range []struct {
		name    string
		headers []string
		ok      bool
	}{
		{"neither header", nil, false},
		{"same-origin", []string{"Sec-Fetch-Site: same-origin"}, true},
		{"same-origin beats Origin", []string{"Sec-Fetch-Site: same-origin", "Origin: null"}, true},
		{"same-site", []string{"Sec-Fetch-Site: same-site"}, false},
		{"cross-site", []string{"Sec-Fetch-Site: cross-site", "Origin: " + f.url}, false},
		{"none", []string{"Sec-Fetch-Site: none"}, false},
		{"own origin", []string{"Origin: " + f.url}, true},
		{"null", []string{"Origin: null"}, false},
		{"another port", []string{"Origin: http://127.0.0.1:1"}, false},
		{"https", []string{"Origin: https" + strings.TrimPrefix(f.url, "http")}, false},
		{"another host", []string{"Origin: http://evil.example"}, false},
	} {
		want := map[bool]int{true: 201, false: 403}[tt.ok]
		if a := f.do("POST", "/api/v1/notes", `{"title":"t","body":""}`, append(tt.headers, jar)...); a.status != want {
			t.Errorf("%s: %d", tt.name, a.status)
		}
		if a := f.do("GET", "/api/v1/notes", "", append(tt.headers, jar)...); a.status != 200 {
			t.Errorf("%s: reading: %d", tt.name, a.status)
		}
		if a := f.do("POST", "/api/v1/notes", `{"title":"t","body":""}`, append(tt.headers, bearer(l))...); a.status != 201 {
			t.Errorf("%s: with a bearer token: %d", tt.name, a.status)
		}
	}
	for _, site := range []string{"cross-site", "same-site"} {
		if a := f.do("POST", "/api/v1/sessions", loginBody, "Sec-Fetch-Site: "+site); a.status != 403 {
			t.Errorf("a %s login with cookies: %d", site, a.status)
		}
		if a := f.do("GET", "/logout", "", jar, "Sec-Fetch-Site: "+site); a.status != 403 {
			t.Errorf("a %s logout: %d", site, a.status)
		}
	}
	if a := f.do("GET", "/logout", "", jar, "Sec-Fetch-Site: same-origin"); a.status != 303 || a.header.Get("Location") != "/login" {
		t.Errorf("logout: %d %v", a.status, a.header)
	}
	if a := f.do("GET", "/api/v1/me", "", jar); a.status != 401 {
		t.Errorf("after the logout: %d", a.status)
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.PublicURL = "https://notes.example.org" })
	f.signup("ann")
	a := f.do("POST", "/api/v1/sessions", loginBody, "Origin: https://notes.example.org")
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if !c.Secure || !strings.HasPrefix(c.Name, "__Host-") || c.Path != "/" {
			t.Errorf("cookie %s", c)
		}
	}
	if a.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	if a := f.do("POST", "/api/v1/notes", `{"title":"t","body":""}`, cookies(a), "Origin: "+f.url); a.status != 403 {
		t.Errorf("the inner origin: %d", a.status)
	}
	for _, bad := range []string{"notes.example.org", "ftp://x", "https://x/path", "https://u:p@x", "https://x?q"} {
		if _, err := server.New(t.Context(), server.Config{Store: f.store, PublicURL: bad}); err == nil {
			t.Errorf("%s is taken for a public URL", bad)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for _, path := range []string{"/", "/login", "/dashboard", "/index.html", "/absent", "/livez", "/api/v1/version", "/api/v1/me", "/api/v1/absent", "/logout"} {
		a := f.do("GET", path, "")
		for name, want := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'; script-src 'self';",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if !strings.HasPrefix(a.header.Get(name), want) {
				t.Errorf("%s: %s is %q", path, name, a.header.Get(name))
			}
		}
		for _, name := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin", "Strict-Transport-Security"} {
			if a.header.Get(name) != "" {
				t.Errorf("%s: %s is %q", path, name, a.header.Get(name))
			}
		}
		if strings.HasPrefix(path, "/api") && !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: Cache-Control %q", path, a.header.Get("Cache-Control"))
		}
		if !api.ValidID(a.header.Get("X-Request-Id")) {
			t.Errorf("%s: no request id", path)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	const html = "Accept: text/html,*/*;q=0.8"
	for _, path := range []string{"/", "/login", "/signup", "/dashboard", "/notes/k3k3k3k3k3k3"} {
		a := f.do("GET", path, "", html)
		if a.status != 200 || !strings.Contains(a.body, "<title>notes") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if again := f.do("GET", path, "", "If-None-Match: "+a.header.Get("ETag")); again.status != 304 {
			t.Errorf("%s again: %d", path, again.status)
		}
	}
	if a := f.do("GET", "/nowhere", "", html); a.status != 404 || !strings.Contains(a.body, "<title>notes") {
		t.Errorf("a browser on a wrong path: %d %s", a.status, a.body)
	}
	if a := f.do("GET", "/nowhere", ""); a.status != 404 || a.problem.Code != api.CodeNotFound {
		t.Errorf("a program on a wrong path: %d %s", a.status, a.body)
	}
	if a := f.do("GET", "/api/v1/nowhere", "", html); a.status != 404 || a.problem.Code != api.CodeNotFound {
		t.Errorf("a browser on a wrong path of the API: %d %s", a.status, a.body)
	}
	if a := f.do("POST", "/login", "{}", html); a.status != 405 || a.header.Get("Allow") == "" {
		t.Errorf("posting to a page: %d %v", a.status, a.header)
	}
}
