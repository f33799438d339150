package server_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
)

// Time limits of these tests. The real ones are much longer, so that a test
// which is not done in a few seconds has found that ours do not hold.
const (
	shortRead  = 300 * time.Millisecond
	shortWrite = 500 * time.Millisecond
	shortIdle  = 700 * time.Millisecond
	soon       = 5 * time.Second
)

func shortTimeouts(c *server.Config) {
	c.ReadTimeout, c.WriteTimeout, c.IdleTimeout = shortRead, shortWrite, shortIdle
}

// testCertificate is of the address 127.0.0.1.
func testCertificate(t *testing.T) *tls.Config {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return &tls.Config{Certificates: s.TLS.Certificates}
}

// TestSlowPeers: a connection on which nothing arrives, or a byte now and then,
// lasts as long as the read time-out, and an idle one as long as the idle one.
func TestSlowPeers(t *testing.T) {
	t.Parallel()
	plain := start(t, shortTimeouts)
	secure := start(t, func(c *server.Config) { shortTimeouts(c); c.TLS = testCertificate(t) })
	const (
		get  = "GET /livez HTTP/1.1\r\nHost: x\r\n"
		post = "POST /api/v1/sessions/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
	)
	for _, tt := range []struct {
		name     string
		f        *fixture
		sent     string // at once
		trickle  bool   // and then a byte again and again
		answered int    // requests
		lasts    time.Duration
	}{
		{name: "silent", f: plain, lasts: shortRead},
		{name: "a header that never ends", f: plain, sent: get, lasts: shortRead},
		{name: "a byte of a header now and then", f: plain, sent: get + "X: ", trickle: true, lasts: shortRead},
		{name: "a body that never comes", f: plain, sent: post, lasts: shortRead},
		{name: "a byte of a body now and then", f: plain, sent: post, trickle: true, lasts: shortRead},
		{name: "idle", f: plain, sent: get + "\r\n", answered: 1, lasts: shortIdle},
		{name: "a second header that never ends", f: plain, sent: get + "\r\n" + get, answered: 1, lasts: shortRead},
		{name: "a handshake that never comes", f: secure, lasts: shortRead},
		{name: "a byte of a handshake now and then", f: secure, sent: "\x16\x03\x01\x02\x00\x01", trickle: true, lasts: shortRead},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conn := tt.f.dial()
			started := time.Now()
			if _, err := conn.Write([]byte(tt.sent)); err != nil {
				t.Fatal(err)
			}
			if tt.trickle {
				go trickle(conn)
			}
			in := bufio.NewReader(conn)
			for range tt.answered {
				if a, err := next(in); err != nil || a.status != 200 {
					t.Fatalf("%d, %v", a.status, err)
				}
			}
			rest, err := io.ReadAll(in)
			if lasted := time.Since(started); lasted < tt.lasts || lasted > soon {
				t.Errorf("closed after %s, want %s: %v", lasted, tt.lasts, err)
			}
			if len(rest) > 0 && !strings.HasPrefix(string(rest), "HTTP/1.1 408 ") {
				t.Errorf("answered %s", rest)
			}
		})
	}
}

// trickle sends a byte ten times within the read time-out, until it cannot.
func trickle(conn net.Conn) {
	tick := time.NewTicker(shortRead / 10)
	defer tick.Stop()
	for range tick.C {
		if _, err := conn.Write([]byte("x")); err != nil {
			return
		}
	}
}

// TestSlowReader asks for more than the system's buffers hold, and reads none of
// it. The one connection that there may be beside the fixture's is free again
// after the write time-out.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { shortTimeouts(c); c.IdleTimeout = time.Hour; c.MaxConns = 2 })
	l := f.signup("ann")
	for range 4 {
		if _, err := f.as(l).CreateNote(t.Context(), api.NewNote{Body: strings.Repeat("x", 1000<<10)}); err != nil {
			t.Fatal(err)
		}
	}
	conn := f.dial()
	_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	started := time.Now()
	const times = 8 // are 32 MB
	request := "GET /api/v1/notes HTTP/1.1\r\nHost: x\r\n" + bearer(l) + "\r\n\r\n"
	if _, err := conn.Write([]byte(strings.Repeat(request, times))); err != nil {
		t.Fatal(err)
	}
	f.answerOnceThereIsRoom("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
	if lasted := time.Since(started); lasted < shortWrite || lasted > soon {
		t.Errorf("dropped after %s, want %s", lasted, shortWrite)
	}
}
