package server

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// clientIP is the address that a request comes from: that of the connection, or
// what the proxies say that the configuration trusts. Each proxy writes whom it
// was asked by at the right end of X-Forwarded-For, so we go from there to the
// first address that is no proxy of ours. What is left of it may be a lie.
func (s *Server) clientIP(c *fiber.Ctx) netip.Addr {
	ip := addressOf(c.Context().RemoteAddr())
	if !s.trusts(ip) {
		return ip
	}
	for _, hop := range slices.Backward(forwarded(c, fiber.HeaderXForwardedFor)) {
		before, err := parseHop(hop)
		if err != nil {
			return ip
		}
		if ip = before; !s.trusts(ip) {
			return ip
		}
	}
	return ip
}

// forwardedHTTPS reports whether a proxy that we trust was asked over TLS.
func (s *Server) forwardedHTTPS(c *fiber.Ctx) bool {
	if !s.trusts(addressOf(c.Context().RemoteAddr())) {
		return false
	}
	hops := forwarded(c, fiber.HeaderXForwardedProto)
	return len(hops) > 0 && strings.EqualFold(hops[len(hops)-1], "https")
}

// trusts reports whether an address is one of the configured proxies.
func (s *Server) trusts(ip netip.Addr) bool {
	return slices.ContainsFunc(s.config.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// forwarded returns what the proxies wrote into a header, the last one's word
// at the end. Several lines of a header are one list.
func forwarded(c *fiber.Ctx, header string) []string {
	var hops []string
	for _, line := range c.Request().Header.PeekAll(header) {
		for hop := range strings.SplitSeq(string(line), ",") {
			hops = append(hops, strings.TrimSpace(hop))
		}
	}
	return hops
}

// parseHop reads an address, to which some proxies add the port.
func parseHop(hop string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(hop)
	if err != nil {
		var withPort netip.AddrPort
		withPort, err = netip.ParseAddrPort(hop)
		ip = withPort.Addr()
	}
	return ip.Unmap().WithZone(""), err
}

// addressOf is the address of a peer in its one form. Whoever does not come by
// TCP has the zero one.
func addressOf(peer net.Addr) netip.Addr {
	tcp, ok := peer.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap().WithZone("")
}

// networkOf is the network that an address is in: of so many bits for IPv4, and
// for IPv6 its /64, because one customer has at least that many addresses. The
// zero address is in the zero network.
func networkOf(ip netip.Addr, bits int) netip.Prefix {
	if ip.Is6() {
		bits = 64
	}
	network, _ := ip.Prefix(bits) // an error, of the zero address alone, comes with the zero prefix
	return network
}
