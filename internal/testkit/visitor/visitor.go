// Package visitor is somebody who reads web pages in a test: a cookie jar, and the page they
// see. It follows links and fills in forms the way a browser without scripts does, and fails
// the test where a page has no such form or field.
package visitor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/net/html"
)

// maxPage bounds what is read of a page, in bytes.
const maxPage = 1 << 22

// Visitor is one person with a browser of their own.
type Visitor struct {
	t      testing.TB
	g      Gomega
	ctx    context.Context //nolint:containedctx // a test's own
	origin string

	Client *http.Client
	// Header goes with every request.
	Header http.Header
	// Status of the page, At its address, Answered its header, Doc and Source what it holds.
	Status   int
	At       *url.URL
	Answered http.Header
	Doc      *html.Node
	Source   string
}

// New is somebody who has not opened a page yet. The origin, as in "https://127.0.0.1:8443",
// is believed by the authorities in caBundle (PEM) alone.
func New(t testing.TB, origin string, caBundle []byte) *Visitor {
	t.Helper()
	v := &Visitor{t: t, g: NewWithT(t), ctx: t.Context(), origin: origin, Header: http.Header{}}
	roots := x509.NewCertPool()
	v.g.Expect(roots.AppendCertsFromPEM(caBundle)).To(BeTrue())
	jar, err := cookiejar.New(nil)
	v.g.Expect(err).NotTo(HaveOccurred())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	v.Client = &http.Client{Jar: jar, Transport: transport, Timeout: 20 * time.Second}
	return v
}

// LogIn gives an address and a password on the log-in page.
func (v *Visitor) LogIn(email, password string) {
	v.t.Helper()
	v.Open("/login").Submit("/login", Fields{"email": email, "password": password})
}

// Open shows a page of the origin, following redirects.
func (v *Visitor) Open(path string) *Visitor {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.ctx, http.MethodGet, v.origin+path, http.NoBody)
	v.g.Expect(err).NotTo(HaveOccurred())
	return v.Do(request)
}

// Post sends a form that no page has, as the page's own site would. Headers are written
// "Name: value".
func (v *Visitor) Post(path string, form url.Values, headers ...string) *Visitor {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.ctx, http.MethodPost, v.origin+path, strings.NewReader(form.Encode()))
	v.g.Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	return v.Do(request)
}

// Do sends a request and shows the answer.
func (v *Visitor) Do(request *http.Request) *Visitor {
	v.t.Helper()
	for name, values := range v.Header {
		request.Header[name] = values
	}
	response, err := v.Client.Do(request)
	v.g.Expect(err).NotTo(HaveOccurred())
	defer func() { v.g.Expect(response.Body.Close()).To(Succeed()) }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxPage))
	v.g.Expect(err).NotTo(HaveOccurred())
	v.Status, v.At, v.Answered, v.Source = response.StatusCode, response.Request.URL, response.Header, string(text)
	v.Doc, err = html.Parse(bytes.NewReader(text))
	v.g.Expect(err).NotTo(HaveOccurred())
	return v
}

// Session is the cookie of that name held for the origin, empty where there is none.
func (v *Visitor) Session() string {
	for _, cookie := range v.Client.Jar.Cookies(v.OriginURL()) {
		if cookie.Name == "__Host-session" {
			return cookie.Value
		}
	}
	return ""
}

// OriginURL is the origin visited.
func (v *Visitor) OriginURL() *url.URL {
	u, err := url.Parse(v.origin)
	v.g.Expect(err).NotTo(HaveOccurred())
	return u
}
