package server

import (
	"net"
	"net/netip"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// FuzzClientIP holds that a client is found by the address that our own proxies
// saw, whatever the client itself wrote into the header before they did, and
// that without a trusted proxy the header says nothing.
func FuzzClientIP(f *testing.F) {
	app := fiber.New(fiber.Config{Immutable: true})
	s := &Server{config: Config{TrustedProxies: []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"),
	}}}
	client, proxy := netip.MustParseAddr("203.0.113.7"), "10.1.1.1"
	f.Fuzz(func(t *testing.T, lie, proto string) {
		for _, tt := range []struct {
			name, peer string
			lines      []string
			https      bool
		}{
			{"no proxy", "203.0.113.7", []string{lie}, false},
			{"no proxy, two lines", "::ffff:203.0.113.7", []string{lie, proxy}, false},
			{"one proxy", proxy, []string{lie + ", 203.0.113.7"}, true},
			{"one proxy, a line of its own", "fd00::1", []string{lie, "203.0.113.7"}, true},
			{"one proxy, with the port", proxy, []string{lie + ",203.0.113.7:51234"}, true},
			{"two proxies", proxy, []string{lie + ", 203.0.113.7, fd00::2"}, true},
			{"two proxies, mapped", "::ffff:10.1.1.1", []string{lie, "::ffff:203.0.113.7", "::ffff:10.2.2.2"}, true},
		} {
			var request fasthttp.Request
			for _, line := range tt.lines {
				request.Header.Add(fiber.HeaderXForwardedFor, line)
			}
			request.Header.Add(fiber.HeaderXForwardedProto, proto)
			request.Header.Add(fiber.HeaderXForwardedProto, "https")
			var ctx fasthttp.RequestCtx
			ctx.Init(&request, &net.TCPAddr{IP: net.ParseIP(tt.peer)}, nil)
			c := app.AcquireCtx(&ctx)
			if got := s.clientIP(c); got != client {
				t.Errorf("%s: %q makes %s out of %s", tt.name, tt.lines, got, client)
			}
			if got := s.forwardedHTTPS(c); got != tt.https {
				t.Errorf("%s: over TLS %t", tt.name, got)
			}
			app.ReleaseCtx(c)
		}
	})
}

// FuzzParseHop holds that an address has one form, by which the throttle and the
// limit of connections count it.
func FuzzParseHop(f *testing.F) {
	f.Fuzz(func(t *testing.T, hop string) {
		ip, err := parseHop(hop)
		if err != nil {
			t.Skip("no address")
		}
		if !ip.IsValid() || ip.Is4In6() || ip.Zone() != "" {
			t.Errorf("%q is read as %s", hop, ip)
		}
		for _, spelling := range []string{ip.String(), ip.StringExpanded(), netip.AddrPortFrom(ip, 443).String()} {
			if again, err := parseHop(spelling); err != nil || again != ip {
				t.Errorf("%q is read as %s, and that as %s, %v", hop, ip, again, err)
			}
		}
		if network := networkOf(ip, 24); !network.Contains(ip) || networkOf(network.Addr(), 24) != network {
			t.Errorf("%s is in the network %s", ip, network)
		}
	})
}
