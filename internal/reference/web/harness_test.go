package web_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"
	"golang.org/x/net/html"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/web"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// database/sql ends its opener shortly after Close returns.
		goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

const (
	owner    = "owner@example.org"
	other    = "other@example.org"
	someone  = "someone@example.org"
	guarded  = "guarded@example.org"
	newcomer = "newcomer@example.org"
	password = "seven grey geese"
	secret   = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
)

var logIn = reference.SeedLogIn{Password: password}

var company = reference.Seed{
	Owners: []reference.SeedOwner{
		{
			Email: owner, SeedLogIn: logIn,
			Servers:  []reference.SeedServer{{ID: 8, Name: "web1"}},
			Accounts: []reference.SeedAccount{{ID: 1, Name: "shop", Server: "web1"}, {ID: 2, Name: "blog"}},
		},
		{Email: other, SeedLogIn: logIn, Accounts: []reference.SeedAccount{{ID: 3, Name: "theirs"}}},
	},
	Profiles: []reference.SeedProfile{
		{Email: someone, SeedLogIn: logIn},
		{Email: guarded, SeedLogIn: reference.SeedLogIn{Password: password, TOTPSecret: secret}},
		{Email: "keyless@example.org"},
	},
	ExtraPermissions: []reference.SeedPermission{{Scope: "Account", Key: "newer"}, {Scope: "Server", Key: "newest"}},
}

// site is a hosting under test.
type site struct {
	*reference.Server
	t     *testing.T
	g     Gomega
	clock *clocktesting.FakeClock
	mail  *mailsink.Sink
	logs  *bytes.Buffer
	pool  *x509.CertPool
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func open(t *testing.T, change ...func(*reference.Options)) *site {
	t.Helper()
	s := &site{
		t: t, g: NewWithT(t), mail: startSink(t), logs: &bytes.Buffer{}, pool: x509.NewCertPool(),
		clock: clocktesting.NewFakeClock(time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC)),
	}
	options := reference.Options{
		Dir: t.TempDir(), Clock: s.clock, SMTPAddr: s.mail.Addr(), Pages: web.Pages,
		Log: slog.New(slog.NewTextHandler(&lockedWriter{w: s.logs}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&options)
	}
	var err error
	s.Server, err = reference.Open(t.Context(), options)
	s.g.Expect(err).NotTo(HaveOccurred())
	// The owners come first, so that their ids are 1 and 2.
	s.g.Expect(s.Seed(t.Context(), reference.Seed{Owners: company.Owners})).To(Succeed())
	s.g.Expect(s.Seed(t.Context(), reference.Seed{Profiles: company.Profiles, ExtraPermissions: company.ExtraPermissions})).To(Succeed())
	s.g.Expect(s.pool.AppendCertsFromPEM(s.CABundle())).To(BeTrue())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		s.g.Expect(s.Close(ctx)).To(Succeed())
		s.g.Expect(s.logs.String()).NotTo(Or(ContainSubstring("@"), ContainSubstring("initialise/"), ContainSubstring("level=ERROR")), s.logs.String())
	})
	return s
}

func startSink(t *testing.T) *mailsink.Sink {
	t.Helper()
	sink, err := mailsink.Start(mailsink.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sink.Close(); err != nil {
			t.Error(err)
		}
	})
	return sink
}

// mailed lists whom mails went to.
func (s *site) mailed() (to []string) {
	for _, mail := range s.mail.Mails() {
		to = append(to, mail.To...)
	}
	return to
}

// grant has an owner give a row in the console.
func (s *site) grant(from string, row reference.Row) {
	s.t.Helper()
	_, err := s.AddRow(s.t.Context(), from, row, true)
	s.g.Expect(err).NotTo(HaveOccurred())
}

// row is what an owner's table says of somebody.
func (s *site) row(from, email string) reference.Row {
	s.t.Helper()
	rows, err := s.Rows(s.t.Context(), from)
	s.g.Expect(err).NotTo(HaveOccurred())
	for _, row := range rows {
		if row.Email == email {
			return row
		}
	}
	s.t.Fatalf("%s has no row for %s", from, email)
	return reference.Row{}
}

// invite makes an invitation and returns the path of its link.
func (s *site) invite(row reference.Row) string {
	s.t.Helper()
	s.grant(owner, row)
	return strings.TrimPrefix(s.row(owner, row.Email).Link, s.Origin())
}

// code is what somebody's app shows now.
func (s *site) code(email string) string {
	s.t.Helper()
	code, err := s.Code(s.t.Context(), email)
	s.g.Expect(err).NotTo(HaveOccurred())
	return code
}

// visitor is somebody with a browser: a cookie jar, and the page they see.
type visitor struct {
	*site
	client *http.Client
	// header goes with every request.
	header http.Header
	status int
	// at is the address of the page, answered its header.
	at       *url.URL
	answered http.Header
	doc      *html.Node
	source   string
}

func (s *site) visitor() *visitor {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	s.g.Expect(err).NotTo(HaveOccurred())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.pool}}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &visitor{site: s, client: &http.Client{Jar: jar, Transport: transport, Timeout: 20 * time.Second}, header: http.Header{}}
}

// loggedIn is somebody who gave their password.
func (s *site) loggedIn(email string) *visitor {
	s.t.Helper()
	v := s.visitor()
	v.logIn(email, password)
	s.g.Expect(v.status).To(Equal(http.StatusOK), v.text())
	return v
}

func (v *visitor) logIn(email, password string) {
	v.t.Helper()
	v.open("/login").submit("/login", fields{"email": email, "password": password})
}

// open shows a page, following redirects.
func (v *visitor) open(path string) *visitor {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.Origin()+path, http.NoBody)
	v.g.Expect(err).NotTo(HaveOccurred())
	return v.do(request)
}

// post sends a form that no page has, as the page's own site would.
func (v *visitor) post(path string, form url.Values, headers ...string) *visitor {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.Origin()+path, strings.NewReader(form.Encode()))
	v.g.Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	return v.do(request)
}

func (v *visitor) do(request *http.Request) *visitor {
	v.t.Helper()
	for name, values := range v.header {
		request.Header[name] = values
	}
	response, err := v.client.Do(request)
	v.g.Expect(err).NotTo(HaveOccurred())
	defer func() { v.g.Expect(response.Body.Close()).To(Succeed()) }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<22))
	v.g.Expect(err).NotTo(HaveOccurred())
	v.status, v.at, v.answered, v.source = response.StatusCode, response.Request.URL, response.Header, string(text)
	v.doc, err = html.Parse(bytes.NewReader(text))
	v.g.Expect(err).NotTo(HaveOccurred())
	return v
}

// session is the cookie held.
func (v *visitor) session() string {
	for _, cookie := range v.client.Jar.Cookies(v.originURL()) {
		if cookie.Name == "__Host-session" {
			return cookie.Value
		}
	}
	return ""
}

func (v *visitor) originURL() *url.URL {
	u, err := url.Parse(v.Origin())
	v.g.Expect(err).NotTo(HaveOccurred())
	return u
}
