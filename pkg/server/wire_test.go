package server_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
)

// dial opens a connection on which a test does what no HTTP client would. It
// fails by itself after ten seconds.
func (f *fixture) dial() net.Conn {
	f.t.Helper()
	conn, err := net.Dial("tcp", f.addr())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

func (f *fixture) addr() string { return f.url[strings.LastIndex(f.url, "/")+1:] }

// next reads one answer, or fails with what came instead of it.
func next(in *bufio.Reader) (answer, error) {
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	return answer{status: res.StatusCode, header: res.Header, body: string(body)}, err
}

// TestWire sends a request that is framed in two ways, or not as HTTP is, and
// behind it the one that an attacker would smuggle past a proxy. The first is
// refused, or, with 401, its chunks win over its length. Then the connection is
// closed, and the second is never answered.
func TestWire(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	post := func(headers, body string) string {
		return "POST /api/v1/sessions/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + headers + "\r\n" + body
	}
	const (
		chunked = "Transfer-Encoding: chunked\r\n"
		whole   = "2\r\n{}\r\n0\r\n\r\n"
	)
	long := strings.Repeat("x", 20<<10)
	for _, tt := range []struct {
		name, request string
		status        int
	}{
		{"length and chunks", post("Content-Length: 4\r\n"+chunked, whole), 401},
		{"chunks and length", post(chunked+"Content-Length: 12\r\n", whole), 401},
		{"chunks in capitals and length", post("transfer-encoding: CHUNKED\r\nContent-Length: 5\r\n", whole), 401},
		{"chunks behind a tab and length", post("Transfer-Encoding:\tchunked\r\nContent-Length: 5\r\n", whole), 401},
		{"chunks behind a control character", post("Transfer-Encoding: \x0bchunked\r\nContent-Length: 5\r\n", whole), 400},
		{"chunks in a folded line", post("Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n", whole), 401},
		{"chunks twice", post(chunked+chunked, whole), 400},
		{"chunks and something unknown", post("Transfer-Encoding: chunked, identity\r\n", whole), 400},
		{"chunks of something compressed", post("Transfer-Encoding: gzip, chunked\r\n", whole), 400},
		{"nearly chunks", post("Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n", "{}"), 400},
		{"chunks in HTTP/1.0", strings.Replace(post(chunked, whole), "HTTP/1.1", "HTTP/1.0", 1), 400},
		{"two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), 400},
		{"one length twice", post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"), 400},
		{"a list of lengths", post("Content-Length: 2, 2\r\n", "{}"), 400},
		{"a signed length", post("Content-Length: +2\r\n", "{}"), 400},
		{"a negative length", post("Content-Length: -2\r\n", "{}"), 400},
		{"a length in hexadecimal", post("Content-Length: 0x2\r\n", "{}"), 400},
		{"a length beyond 64 bits", post("Content-Length: 18446744073709551618\r\n", "{}"), 400},
		{"no length", post("Content-Length: \r\n", "{}"), 400},
		{"a chunk without a size", post(chunked, "zz\r\n{}\r\n0\r\n\r\n"), 400},
		{"a chunk with a negative size", post(chunked, "-2\r\n{}\r\n0\r\n\r\n"), 400},
		{"a chunk with a prefixed size", post(chunked, "0x2\r\n{}\r\n0\r\n\r\n"), 400},
		{"a chunk beyond 64 bits", post(chunked, "10000000000000002\r\n{}\r\n0\r\n\r\n"), 400},
		{"a chunk over its size", post(chunked, "2\r\n{}xx\r\n0\r\n\r\n"), 400},
		{"chunks in lines of LF", post(chunked, "2\n{}\n0\n\n"), 400},
		{"an extension of a chunk with LF", post(chunked, "2;a\nxx\r\n{}\r\n0\r\n\r\n"), 400},
		{"a length in the trailer", post(chunked, "2\r\n{}\r\n0\r\nContent-Length: 50\r\n\r\n"), 400},
		{"lines of LF", strings.ReplaceAll(post("Content-Length: 2\r\n", "{}"), "\r\n", "\n"), 400},
		{"a length behind LF", post("X: a\nContent-Length: 2\r\n", "{}"), 400},
		{"a length behind CR", post("X: a\rContent-Length: 2\r\n", ""), 400},
		{"NUL", post("X: a\x00b\r\nContent-Length: 2\r\n", "{}"), 400},
		{"space before the colon", post("Content-Length : 2\r\n", "{}"), 400},
		{"no colon", post("X\r\nContent-Length: 2\r\n", "{}"), 400},
		{"no name", post(": x\r\nContent-Length: 2\r\n", "{}"), 400},
		{"a folded first line", "GET /livez HTTP/1.1\r\n X: y\r\nHost: x\r\n\r\n", 400},
		{"no Host", "GET /livez HTTP/1.1\r\n\r\n", 400},
		{"an empty Host", "GET /livez HTTP/1.1\r\nHost: \r\n\r\n", 400},
		{"two Hosts", "GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
		{"one Host twice", "GET /livez HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400},
		{"two logins", "GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n", 400},
		{"not HTTP", "hello\r\n\r\n", 400},
		{"HTTP/0.9", "GET /livez\r\n\r\n", 400},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
		{"a space in the path", "GET /live z HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"unknown method", "FOO / HTTP/1.1\r\nHost: x\r\n\r\n", 405},
		{"a body over the limit", post("Content-Length: 9000000\r\n", ""), 413},
		{"a long header", post("X: "+long+"\r\n", ""), 431},
		{"many headers", post(strings.Repeat("X: y\r\n", 3000), ""), 431},
		{"a long path", "GET /" + long + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
	} {
		conn := f.dial()
		if _, err := conn.Write([]byte(tt.request + "GET /livez HTTP/1.1\r\nHost: smuggled\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(conn)
		a, err := next(in)
		if err != nil || a.status != tt.status || a.header.Get("Content-Type") != "application/problem+json" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v, %v", tt.name, a.status, a.header, err)
			continue
		}
		if second, err := next(in); err == nil {
			t.Errorf("%s: the smuggled request was answered %d", tt.name, second.status)
		} else if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
			t.Errorf("%s: the connection stays open", tt.name)
		}
	}
}

// TestPipeline shows that a second request on a connection is answered, when the
// first one is sound: TestWire would not see it otherwise.
func TestPipeline(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	const second = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, first := range []string{
		"POST /api/v1/sessions/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
		"POST /api/v1/sessions/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nX: y\r\n\r\n",
		"GET /livez HTTP/1.1\r\nHost: x\r\nX: folded\r\n here\r\n\r\n",
		"\r\nGET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
	} {
		conn := f.dial()
		if _, err := conn.Write([]byte(first + second)); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(conn)
		if a, err := next(in); err != nil {
			t.Errorf("%q: %v", first, err)
		} else if b, err := next(in); err != nil || b.status != 200 {
			t.Errorf("%q: %d, then %d %v", first, a.status, b.status, err)
		}
	}
}

// TestNothingAboutTheServer looks for what helps a stranger to find out what runs
// here, in answers of every maker: handlers, Fiber, fasthttp.
func TestNothingAboutTheServer(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	tell := func(name string, a answer) {
		t.Helper()
		for _, header := range []string{"Server", "X-Powered-By", "Via"} {
			if v, ok := a.header[header]; ok {
				t.Errorf("%s: %s is %q", name, header, v)
			}
		}
		for _, word := range []string{"fasthttp", "fiber", "go1.", "1.2.3", "goroutine", ".go:", "<pre>", "sqlite"} {
			if strings.Contains(strings.ToLower(a.body), word) {
				t.Errorf("%s: the body has %q: %s", name, word, a.body)
			}
		}
	}
	for _, path := range []string{
		"/", "/assets", "/assets/", "/assets/..%2f", "/../", "//", "/.git/config", "/.env", "/web/", "/index.html/",
		"/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/metrics", "/server-status", "/api", "/api/v1", "/api/v1/", "/absent",
	} {
		a := f.do("GET", path, "")
		tell(path, a)
		if path != "/" && (a.status != 404 || a.problem.Code != api.CodeNotFound) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}

	f = start(t, func(c *server.Config) { c.MaxConns = 1 })
	first := f.dial()
	a, err := next(bufio.NewReader(f.dial()))
	if err != nil || a.status != 503 {
		t.Errorf("one connection too many: %d, %v", a.status, err)
	}
	tell("one connection too many", a)
	_ = first.Close()
	for _, request := range []string{
		"hello\r\n\r\n", "FOO / HTTP/1.1\r\nHost: x\r\n\r\n", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n",
	} {
		tell(request[:5], f.answerOnceThereIsRoom(request))
	}
}

// answerOnceThereIsRoom sends a raw request until it is not refused because the
// connection before it is not yet gone.
func (f *fixture) answerOnceThereIsRoom(request string) answer {
	f.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for now := range time.Tick(10 * time.Millisecond) {
		if now.After(deadline) {
			break
		}
		conn := f.dial()
		_, _ = conn.Write([]byte(request)) // a server that has no room closes meanwhile
		a, err := next(bufio.NewReader(conn))
		_ = conn.Close()
		if err == nil && a.status != 503 {
			return a
		}
	}
	f.t.Fatal("the server has no room again")
	return answer{}
}

// TestBrokenConnections: whoever hangs up in the middle must not fill the log
// with errors of ours.
func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.MaxConns = 1 })
	for _, half := range []string{"", "GET /li", "POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"} {
		conn := f.dial()
		if _, err := conn.Write([]byte(half)); err != nil {
			t.Fatal(err)
		}
		_ = conn.(*net.TCPConn).SetLinger(0) // so that the end is a reset
		_ = conn.Close()
		f.answerOnceThereIsRoom("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	}
	secure := start(t, func(c *server.Config) { c.TLS = testCertificate(t) })
	if _, err := tls.Dial("tcp", secure.addr(), &tls.Config{}); err == nil {
		t.Fatal("the certificate should be none that the system trusts")
	}
	if a := secure.do("GET", "/livez", ""); a.status != 200 { // after which the other one is done with
		t.Errorf("%d", a.status)
	}
	for line := range strings.Lines(f.log.String() + secure.log.String()) {
		var entry struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Level == "ERROR" {
			t.Errorf("the log has %s", line)
		}
	}
}
