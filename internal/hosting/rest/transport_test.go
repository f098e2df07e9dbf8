package rest

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"185.31.40.1": true, "1.1.1.1": true, "2a00:1450:4007::1": true, "64:ff9b::b91f:2801": true, "::ffff:1.1.1.1": true,
		"127.0.0.1": false, "127.9.9.9": false, "::1": false, "::ffff:127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false,
		"192.168.1.1": false, "::ffff:10.0.0.1": false, "169.254.169.254": false, "fe80::1%eth0": false, "fd00:ec2::254": false,
		"0.0.0.0": false, "0.1.2.3": false, "::": false, "100.64.0.1": false, "100.127.255.255": false, "100.128.0.1": true,
		"198.18.0.1": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false, "240.0.0.1": false, "192.0.0.8": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a00:1": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "::7f00:1": false,
		"2001:0:1::1": false, "fec0::1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: public %v, want %v", address, got, want)
		}
	}
}

// TestPrivateRefused reaches the server by address and by name; nothing may arrive.
func TestPrivateRefused(t *testing.T) {
	p := newProvider(t, answering(http.StatusOK, "[]"))
	for _, host := range []string{"127.0.0.1", "localhost"} {
		w := p.writer(t, func(o *Options) {
			o.AllowPrivate = false
			o.URL = strings.Replace(o.URL, "127.0.0.1", host, 1)
		})
		_, err := w.FindRow(t.Context(), "ann@example.org")
		if failureOf(t, err).Class != hosting.ClassUnavailable || !strings.Contains(err.Error(), "no public address") {
			t.Errorf("%s: got %v", host, err)
		}
		if strings.Contains(err.Error(), "example.org") {
			t.Errorf("%s: the error holds the address: %v", host, err)
		}
	}
	if got := p.requests(); len(got) != 0 {
		t.Errorf("arrived: %v", got)
	}
}

func TestNoProxy(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	transport := newHTTPClient(nil, false).Transport.(*http.Transport)
	if transport.Proxy != nil {
		t.Error("a proxy can be taken from the environment")
	}
}

func TestRootsReplaced(t *testing.T) {
	p := newProvider(t, answering(http.StatusOK, "[]"))
	if _, err := p.writer(t).Table(t.Context()); err != nil {
		t.Errorf("with the bundle: %v", err)
	}
	_, err := p.writer(t, func(o *Options) { o.CABundle = nil }).Table(t.Context())
	if failureOf(t, err).Class != hosting.ClassUnavailable || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with the system's roots: %v", err)
	}
	if got := p.requests(); len(got) != 1 {
		t.Errorf("%d requests arrived, want 1", len(got))
	}
}

func TestOldTLSRefused(t *testing.T) {
	old := &provider{Server: httptest.NewUnstartedServer(answering(http.StatusOK, "[]"))}
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	t.Cleanup(old.Close)
	if _, err := old.writer(t).Table(t.Context()); failureOf(t, err).Class != hosting.ClassUnavailable {
		t.Errorf("got %v", err)
	}
}

// TestConnectionsReused: good, failed and oddly answered calls all leave their connection
// usable.
func TestConnectionsReused(t *testing.T) {
	for _, http2 := range []bool{true, false} {
		n := 0
		p := &provider{}
		p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.seen = append(p.seen, r.RemoteAddr)
			n++
			answering([]int{200, 500, 400, 200, 404, 301}[n%6], []string{"[]", strings.Repeat("x", 50_000), "{}", "<", "", "moved"}[n%6])(w, r)
		}))
		p.EnableHTTP2 = http2
		p.StartTLS()
		t.Cleanup(p.Close)
		w := p.writer(t)
		for range 12 {
			_, _ = w.Table(t.Context())
			_ = w.DeleteRow(t.Context(), 7)
		}
		for _, from := range p.seen {
			if from != p.seen[0] {
				t.Fatalf("HTTP/2 %v: several connections: %v", http2, p.seen)
			}
		}
		if len(p.seen) != 24 {
			t.Errorf("HTTP/2 %v: %d requests for 24 calls", http2, len(p.seen))
		}
	}
}

func TestDefaults(t *testing.T) {
	s, err := Options{URL: "https://api.example.org/v1/", Token: "x"}.check()
	if err != nil {
		t.Fatal(err)
	}
	if s.Timeout != DefaultTimeout || s.Budget == nil || s.base.String() != "https://api.example.org/v1" {
		t.Errorf("got timeout %s, budget %v, base %s", s.Timeout, s.Budget, s.base)
	}
	if _, ok := s.Clock.(clock.RealClock); !ok {
		t.Errorf("clock %T", s.Clock)
	}
}
