package server_test

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/server"
)

// strangers is a listener whose connections come, one after the other, from
// these addresses. Before the first one it fails as it does when too many files
// are open.
type strangers struct {
	net.Listener
	from   []string
	failed bool
}

func (l *strangers) Accept() (net.Conn, error) {
	if !l.failed {
		l.failed = true
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	conn, err := l.Listener.Accept()
	if err != nil || len(l.from) == 0 {
		return conn, err
	}
	from := net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(l.from[0]), 4711))
	l.from = l.from[1:]
	return stranger{conn, from}, nil
}

type stranger struct {
	net.Conn
	from net.Addr
}

func (c stranger) RemoteAddr() net.Addr { return c.from }

// TestConnectionsPerAddress opens a connection after the other. Of each address,
// or /64 of IPv6, two may be there, and of the proxy any number.
func TestConnectionsPerAddress(t *testing.T) {
	t.Parallel()
	steps := []struct {
		from   string
		served bool
	}{
		{"203.0.113.1", true},
		{"203.0.113.1", true},
		{"203.0.113.1", false},
		{"203.0.113.2", true},
		{"::ffff:203.0.113.2", true},
		{"203.0.113.2", false},
		{"2001:db8::1", true},
		{"2001:db8::2", true},
		{"2001:db8::ffff:ffff:ffff:ffff", false},
		{"2001:db8:0:1::1", true},
		{"192.0.2.1", true},
		{"192.0.2.1", true},
		{"192.0.2.1", true},
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	visitors := &strangers{Listener: ln}
	for _, s := range steps {
		visitors.from = append(visitors.from, s.from)
	}
	again := "203.0.113.1"
	visitors.from = append(visitors.from, strings.Split(strings.Repeat(again+" ", 1000), " ")[:1000]...)

	f := startOn(t, visitors, func(c *server.Config) {
		c.MaxConnsPerAddress = 2
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	})
	var first net.Conn
	for i, s := range steps {
		conn := f.dial()
		if i == 0 {
			first = conn
		}
		if served(conn) != s.served {
			t.Errorf("connection %d, from %s: served %v", i, s.from, !s.served)
		}
	}
	_ = first.Close()
	deadline := time.Now().Add(10 * time.Second)
	for now := range time.Tick(10 * time.Millisecond) {
		if served(f.dial()) {
			break
		}
		if now.After(deadline) {
			t.Fatalf("the place of a connection of %s that ended is not free again", again)
		}
	}
	log := f.log.String()
	if strings.Count(log, "too many open files") != 1 || strings.Contains(log, "too many connections") {
		t.Errorf("the log has one notice a minute, not %s", log)
	}
}

// served asks on a connection whether there is anybody, and leaves it open.
func served(conn net.Conn) bool {
	_, err := conn.Write([]byte("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"))
	if err != nil {
		return false
	}
	a, err := next(bufio.NewReader(conn))
	return err == nil && a.status == 200
}

// TestConnectionLimitOfTLS: who opens connections and never begins a handshake
// is counted too.
func TestConnectionLimitOfTLS(t *testing.T) {
	t.Parallel()
	const handshake = 2 * time.Second
	f := start(t, func(c *server.Config) {
		c.TLS, c.ReadTimeout, c.MaxConnsPerAddress = testCertificate(t), handshake, 1
	})
	_ = f.dial()
	started := time.Now()
	_, err := io.ReadAll(f.dial())
	if lasted := time.Since(started); lasted >= handshake {
		t.Errorf("the second connection was closed after %s: %v", lasted, err)
	}
}
