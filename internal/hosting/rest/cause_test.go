package rest

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// What is wrong with the settings is known by its name, at each try the same.
func TestCauses(t *testing.T) {
	p := newProvider(t, answering(http.StatusOK, "[]"))
	page := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>"))
	})
	moved := newProvider(t, answering(http.StatusMovedPermanently, ""))
	plain := httptest.NewServer(answering(http.StatusOK, "[]"))
	t.Cleanup(plain.Close)
	at := func(from, to string) func(*Options) {
		return func(o *Options) { o.URL = strings.Replace(o.URL, from, to, 1) }
	}
	for cause, c := range map[hosting.Cause]struct {
		provider *provider
		change   func(*Options)
	}{
		hosting.CausePrivateAddress:   {p, func(o *Options) { o.AllowPrivate = false }},
		hosting.CauseUnknownAuthority: {p, func(o *Options) { o.CABundle = nil }},
		hosting.CauseOtherHost:        {p, at("127.0.0.1", "localhost")},
		hosting.CauseNoTLS:            {p, func(o *Options) { o.URL = strings.Replace(plain.URL, "http:", "https:", 1) + "/" }},
		hosting.CauseRedirect:         {moved, func(*Options) {}},
		hosting.CauseNoAPI:            {page, func(*Options) {}},
		"":                            {newProvider(t, answering(http.StatusServiceUnavailable, "{}")), func(*Options) {}},
	} {
		for range 2 {
			_, err := c.provider.writer(t, c.change).Table(t.Context())
			if failure := failureOf(t, err); failure.Class != hosting.ClassUnavailable || failure.Cause != cause {
				t.Errorf("%s: got %s, %s: %v", cause, failure.Class, failure.Cause, err)
			}
		}
	}
	for cause, err := range map[hosting.Cause]error{
		hosting.CauseNoSuchHost: &net.OpError{Err: &net.DNSError{IsNotFound: true}},
		hosting.CauseExpired:    &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}},
		"":                      &net.OpError{Err: &net.DNSError{IsTimeout: true}},
	} {
		if got := causeOf(err); got != cause {
			t.Errorf("%v: got %q, want %q", err, got, cause)
		}
	}
}
