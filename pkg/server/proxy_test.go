package server_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
)

// behindProxy trusts this machine and 10.0.0.0/8.
func behindProxy(c *server.Config) {
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
}

// TestClientAddress forges headers. The address in the log is the last one that
// a trusted proxy has seen.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	direct, proxied := start(t, nil), start(t, behindProxy)
	for _, tt := range []struct {
		name    string
		f       *fixture
		headers []string
		want    string
	}{
		{"nobody is trusted", direct, []string{"X-Forwarded-For: 203.0.113.7"}, "127.0.0.1"},
		{"no header", proxied, nil, "127.0.0.1"},
		{"an empty header", proxied, []string{"X-Forwarded-For: "}, "127.0.0.1"},
		{"one hop", proxied, []string{"X-Forwarded-For: 203.0.113.7"}, "203.0.113.7"},
		{"forged at the left", proxied, []string{"X-Forwarded-For: 198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		{"forged as a proxy", proxied, []string{"X-Forwarded-For: 10.0.0.1, 203.0.113.7"}, "203.0.113.7"},
		{"two proxies", proxied, []string{"X-Forwarded-For: 198.51.100.1, 203.0.113.7, 10.0.0.1"}, "203.0.113.7"},
		{"proxies alone", proxied, []string{"X-Forwarded-For: 10.0.0.2, 10.0.0.1"}, "10.0.0.2"},
		{"two lines", proxied, []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.7"}, "203.0.113.7"},
		{"two lines, two proxies", proxied, []string{"x-forwarded-for: 198.51.100.1,203.0.113.7", "X-FORWARDED-FOR: 10.0.0.1"}, "203.0.113.7"},
		{"garbage", proxied, []string{"X-Forwarded-For: <script>"}, "127.0.0.1"},
		{"garbage behind a proxy", proxied, []string{"X-Forwarded-For: 203.0.113.7, unknown, 10.0.0.1"}, "10.0.0.1"},
		{"an empty hop", proxied, []string{"X-Forwarded-For: 203.0.113.7, "}, "127.0.0.1"},
		{"a name", proxied, []string{"X-Forwarded-For: localhost"}, "127.0.0.1"},
		{"a leading zero", proxied, []string{"X-Forwarded-For: 010.0.0.1"}, "127.0.0.1"},
		{"a port", proxied, []string{"X-Forwarded-For: 203.0.113.7:4711"}, "203.0.113.7"},
		{"IPv6", proxied, []string{"X-Forwarded-For: 2001:db8::7, fd00::1"}, "2001:db8::7"},
		{"IPv6 with a port", proxied, []string{"X-Forwarded-For: [2001:db8::7]:4711"}, "2001:db8::7"},
		{"IPv6 with a zone", proxied, []string{"X-Forwarded-For: fe80::1%eth0"}, "fe80::1"},
		{"IPv4 in IPv6", proxied, []string{"X-Forwarded-For: ::ffff:203.0.113.7, ::ffff:10.0.0.1"}, "203.0.113.7"},
		{"other headers", proxied, []string{"X-Real-IP: 203.0.113.7", "Forwarded: for=203.0.113.7", "True-Client-IP: 203.0.113.7", "X-Client-IP: 203.0.113.7"}, "127.0.0.1"},
	} {
		conn := tt.f.dial()
		request := "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + strings.Join(append(tt.headers, "\r\n"), "\r\n")
		if _, err := conn.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		a, err := next(bufio.NewReader(conn))
		if err != nil || a.status != 200 {
			t.Fatalf("%s: %d, %v", tt.name, a.status, err)
		}
		if got := tt.f.logged(a.header.Get(api.HeaderRequest))["ip"]; got != tt.want {
			t.Errorf("%s: the log says %v, want %s", tt.name, got, tt.want)
		}
	}
}

// logged returns the line of the access log about a request. It is written
// before the answer.
func (f *fixture) logged(request string) map[string]any {
	f.t.Helper()
	for line := range strings.Lines(f.log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			f.t.Fatal(err)
		}
		if entry["msg"] == "request" && entry["request_id"] == request {
			return entry
		}
	}
	f.t.Fatalf("request %s is not in the log", request)
	return nil
}

// TestThrottleBehindProxy guesses from many addresses of one network: through
// the proxy each network has its own count, of IPv6 each /64.
func TestThrottleBehindProxy(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) {
		behindProxy(c)
		c.NetworkLimit = server.Limit{Attempts: 3, Window: time.Hour}
	})
	guess := func(i int, ip string) int {
		return f.do("POST", "/api/v1/sessions", fmt.Sprintf(`{"username":"nobody%d","password":"not the password"}`, i), "X-Forwarded-For: "+ip).status
	}
	for i, ip := range []string{"2001:db8::1", "2001:db8::2", "2001:db8::ffff:ffff:ffff:ffff", "203.0.113.1", "203.0.113.2", "::ffff:203.0.113.3"} {
		if status := guess(i, ip); status != 401 {
			t.Errorf("%s: %d", ip, status)
		}
	}
	for ip, want := range map[string]int{"2001:db8::3": 429, "203.0.113.4": 429, "2001:db8:0:1::1": 401, "203.0.112.1": 401} {
		if status := guess(9, ip); status != want {
			t.Errorf("%s afterwards: %d, want %d", ip, status, want)
		}
	}
}

// TestForwardedProto: a trusted proxy, and nobody else, says that the browser
// speaks TLS, which is what the own origin, HSTS and the cookies go by.
func TestForwardedProto(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*server.Config)
		host   string // empty: that of the connection
		proto  string
		https  bool
	}{
		{"nobody is trusted", nil, "", "https", false},
		{"https", behindProxy, "", "https", true},
		{"capitals", behindProxy, "", "HTTPS", true},
		{"http", behindProxy, "", "http", false},
		{"nothing", behindProxy, "", "", false},
		{"forged at the left", behindProxy, "", "https, http", false},
		{"the last proxy counts", behindProxy, "", "http, https", true},
		{"a public URL counts more", func(c *server.Config) { behindProxy(c); c.PublicURL = "http://notes.example.org" }, "notes.example.org", "https", false},
	} {
		f := start(t, tt.change)
		f.signup("ann")
		proto, host := "X-Forwarded-Proto: "+tt.proto, cmp.Or(tt.host, f.addr())
		own, other := "http://"+host, "https://"+host
		if tt.https {
			own, other = other, own
		}
		a := f.do("POST", "/api/v1/sessions", loginBody, proto, "Origin: "+own)
		if a.status != 201 {
			t.Errorf("%s: login: %d %s", tt.name, a.status, a.body)
			continue
		}
		for _, c := range (&http.Response{Header: a.header}).Cookies() {
			if c.Secure != tt.https || strings.HasPrefix(c.Name, "__Host-") != tt.https {
				t.Errorf("%s: cookie %s", tt.name, c)
			}
		}
		if hsts := a.header.Get("Strict-Transport-Security") != ""; hsts != tt.https {
			t.Errorf("%s: HSTS %v", tt.name, hsts)
		}
		const note = `{"title":"t","body":""}`
		if a := f.do("POST", "/api/v1/notes", note, cookies(a), proto, "Origin: "+own); a.status != 201 {
			t.Errorf("%s: a request of %s: %d", tt.name, own, a.status)
		}
		if a := f.do("POST", "/api/v1/notes", note, cookies(a), proto, "Origin: "+other); a.status != 403 {
			t.Errorf("%s: a request of %s: %d", tt.name, other, a.status)
		}
	}
}
