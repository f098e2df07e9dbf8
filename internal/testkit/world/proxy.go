package world

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// Proxy is what a call meets on its way. Both are optional, and run on many goroutines.
type Proxy struct {
	// Before sees a call before it goes on; false ends it here.
	Before func(*http.Request) bool
	// After sees the answer, may change it, and ends the call by an error.
	After func(*http.Response) error
}

// silent is where proxies tell of callers that hang up, which is what they are for.
var silent = log.New(io.Discard, "", 0)

// errEnded is why a call got no further.
var errEnded = errors.New("ended by the test")

// through is a transport that asks Before.
func (b Proxy) through(onward http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if b.Before != nil && !b.Before(r) {
			return nil, errEnded
		}
		return onward.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Handler passes calls on to a server, streams included.
func (b Proxy) Handler(target *url.URL, onward http.RoundTripper) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if r.In.Method != http.MethodGet {
				// What was asked for is done also where the caller dies meanwhile, and After sees it.
				r.Out = r.Out.WithContext(context.WithoutCancel(r.Out.Context()))
			}
		},
		Transport:     b.through(onward),
		FlushInterval: -1,
		ErrorLog:      silent,
		ModifyResponse: func(answer *http.Response) error {
			if b.After == nil {
				return nil
			}
			return b.After(answer)
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
}

// ThroughProxy puts a proxy between the manager and the provider until the spec ends, and
// returns what a backend has to say to come that way.
func (w *World) ThroughProxy(b Proxy) (endpoint string, caBundle []byte) {
	GinkgoHelper()
	target, err := url.Parse(w.Provider.Origin())
	Expect(err).NotTo(HaveOccurred())
	roots := x509.NewCertPool()
	Expect(roots.AppendCertsFromPEM(w.Provider.CABundle())).To(BeTrue())
	onward := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 16}
	server := httptest.NewUnstartedServer(b.Handler(target, onward))
	server.Config.ErrorLog = silent
	server.StartTLS()
	DeferCleanup(server.Close)
	path := strings.TrimPrefix(w.Provider.URL(), w.Provider.Origin())
	return server.URL + path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}
