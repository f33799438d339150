package server

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// acceptPause comes after the system had no connection to give.
const acceptPause = 100 * time.Millisecond

// conns counts the connections of each address, or /64 of IPv6. Those over the
// limit are closed at once. Trusted proxies have none: theirs are everybody's.
type conns struct {
	server *Server
	max    int
	seldom *seldom

	mu   sync.Mutex
	open map[netip.Prefix]int
}

func newConns(s *Server) *conns {
	n := &conns{
		server: s,
		max:    cmp.Or(s.config.MaxConnsPerAddress, 1024),
		seldom: &seldom{log: s.config.Log, now: s.config.Now},
		open:   map[netip.Prefix]int{},
	}
	s.app.Server().ConnState = n.changed
	return n
}

// listen returns ln with TLS, if that is configured. Beneath it connections are
// counted, so that a handshake that never comes counts too.
func (n *conns) listen(ln net.Listener) net.Listener {
	ln = listener{ln, n}
	if n.server.config.TLS == nil {
		return ln
	}
	config := n.server.config.TLS.Clone()
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	return tls.NewListener(ln, config)
}

type listener struct {
	net.Listener
	conns *conns
}

// Accept goes on when the system refuses a connection, because too many files
// are open, say: the server would end otherwise, and with it the connections
// whose end makes room.
func (l listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil:
			l.conns.seldom.warn("connection not accepted", "error", err)
			time.Sleep(acceptPause)
		case l.conns.enter(conn):
			return conn, nil
		default:
			_ = conn.Close()
			l.conns.seldom.warn("too many connections from one address", "ip", addressOf(conn.RemoteAddr()))
		}
	}
}

// enter counts a connection, unless there are as many as there may be.
func (n *conns) enter(conn net.Conn) bool {
	network, counted := n.network(conn)
	if !counted {
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open[network] >= n.max {
		return false
	}
	n.open[network]++
	return true
}

// changed is told by fasthttp of all that happens to a connection that entered.
func (n *conns) changed(conn net.Conn, state fasthttp.ConnState) {
	network, counted := n.network(conn)
	if !counted || state != fasthttp.StateClosed {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open[network]--; n.open[network] == 0 {
		delete(n.open, network)
	}
}

func (n *conns) network(conn net.Conn) (network netip.Prefix, counted bool) {
	ip := addressOf(conn.RemoteAddr())
	return networkOf(ip, 32), ip.IsValid() && !n.server.trusts(ip)
}
