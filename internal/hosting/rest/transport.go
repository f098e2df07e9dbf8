package rest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

const (
	connectTimeout = 10 * time.Second
	idleTimeout    = 90 * time.Second
	// pingAfter and pingTimeout find out that a kept HTTP/2 connection is dead before a
	// call has to wait for its whole timeout.
	pingAfter   = 15 * time.Second
	pingTimeout = 10 * time.Second
	// maxHeaderBytes of an answer.
	maxHeaderBytes = 64 << 10
	// maxConnections, without HTTP/2: as many as people are written to at a time, and for lists.
	maxConnections = 40
)

// newHTTPClient makes a client with connections of its own. It follows no redirects, and
// takes no proxy from the environment: the address check would only see the proxy's.
func newHTTPClient(roots *x509.CertPool, allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: connectTimeout}
	if !allowPrivate {
		dialer.Control = refusePrivate
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			TLSHandshakeTimeout:    connectTimeout,
			ForceAttemptHTTP2:      true,
			MaxConnsPerHost:        maxConnections,
			MaxIdleConnsPerHost:    maxConnections,
			IdleConnTimeout:        idleTimeout,
			MaxResponseHeaderBytes: maxHeaderBytes,
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// refusePrivate is a net.Dialer's Control. It sees the address that a name led to, so that
// no DNS answer gets around it.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("the provider's name leads to %q, which is no IP address", address)
	}
	if !public(parsed.Addr()) {
		return privateError{parsed.Addr()}
	}
	return nil
}

// privateError: a name led to an address that may not be connected to.
type privateError struct{ addr netip.Addr }

func (e privateError) Error() string {
	return fmt.Sprintf("the provider's name leads to %s, which is no public address; correct the URL, or allow such addresses with --allow-private-endpoints", e.addr)
}

// causeOf is the setting behind a failure to connect; empty where none is known to be.
func causeOf(err error) hosting.Cause {
	private, unknown, other, invalid := privateError{}, x509.UnknownAuthorityError{}, x509.HostnameError{}, x509.CertificateInvalidError{}
	dns := (*net.DNSError)(nil)
	switch {
	case errors.As(err, &private):
		return hosting.CausePrivateAddress
	case errors.As(err, &unknown):
		return hosting.CauseUnknownAuthority
	case errors.As(err, &other):
		return hosting.CauseOtherHost
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return hosting.CauseExpired
	case errors.As(err, &dns) && dns.IsNotFound:
		return hosting.CauseNoSuchHost
	case errors.Is(err, http.ErrSchemeMismatch):
		return hosting.CauseNoTLS
	}
	return ""
}

// reserved lists what netip has no word for: "this network", carrier NAT, protocol
// assignments, benchmarks, the former class E, and IPv6 forms that stand for other
// addresses (RFC 6890 and the IANA special-purpose registries).
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

// nat64 holds an IPv4 address in its last four bytes (RFC 6052); in a cluster without IPv4
// this is how public hosts are reached.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func public(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if nat64.Contains(addr) {
		bytes := addr.As16()
		addr = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	for _, prefix := range reserved {
		if prefix.Contains(addr) {
			return false
		}
	}
	return true
}

// errReadOnly cannot be met through the methods of a reader; it is the second lock.
var errReadOnly = errors.New("this client only reads")

// readOnly lets nothing but GET pass.
type readOnly struct{ HttpRequestDoer }

// Do performs a GET and refuses anything else.
func (r readOnly) Do(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet {
		return nil, errReadOnly
	}
	return r.HttpRequestDoer.Do(req)
}
