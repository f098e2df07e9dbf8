package invite

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// maxRead bounds what is read over one connection, in bytes: a conversation takes a few
// kilobytes, certificates included, and line readers know no bound of their own.
const maxRead = 256 << 10

var errTooMuch = errors.New("the server said more than a mail needs")

// notPublic are ranges net/netip has no method for: shared (RFC 6598), "this network",
// protocol assignments, documentation and benchmarking, reserved, and NAT64, which leads to
// any of them.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
}

// public says whether an address is one on the public Internet.
func public(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	for _, prefix := range notPublic {
		if prefix.Contains(addr.WithZone("")) {
			return false
		}
	}
	return true
}

// dial connects. The address is judged after the name was resolved, at the moment of
// connecting, so that no answer of a name server leads inside.
func dial(ctx context.Context, network, address string, allowPrivate bool) (net.Conn, error) {
	dialer := net.Dialer{Control: func(_, resolved string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(resolved)
		if err != nil {
			return err
		}
		if !allowPrivate && !public(to.Addr()) {
			return errors.New("the server's address is not public; name a public mail server in spec.invitations.smtp.host, or start the manager with --allow-private-endpoints")
		}
		return nil
	}}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &boundedConn{Conn: conn, left: maxRead}, nil
}

// boundedConn reads so many bytes and no more.
type boundedConn struct {
	net.Conn
	left int
}

// Read implements io.Reader. One goroutine reads a connection.
func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooMuch
	}
	if len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	c.left -= n
	return n, err
}
