package reference_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/reference"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// database/sql ends its opener shortly after Close returns.
		goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

const (
	owner    = "owner@example.org"
	token    = "T0ken=&#@%"
	other    = "other@example.org"
	agent    = "agent@example.org"
	someone  = "someone@example.org"
	newcomer = "Newcomer@example.org"
	operator = "operator-secret"
)

var company = reference.Seed{
	Owners: []reference.SeedOwner{
		{
			Email: owner, Token: token, TwoFactor: true,
			Servers:  []reference.SeedServer{{ID: 8, Name: "web1"}, {ID: 9, Name: "web2"}},
			Accounts: []reference.SeedAccount{{ID: 1, Name: "shop", Server: "web1"}, {ID: 2, Name: "blog"}},
		},
		{Email: other, Token: "other-token", Accounts: []reference.SeedAccount{{ID: 3, Name: "theirs"}}},
		{Email: agent, Token: "agent-token"},
	},
	Profiles:         []reference.SeedProfile{{Email: someone}},
	ExtraPermissions: []reference.SeedPermission{{Scope: "Account", Key: "newer"}},
}

// hosting is a server under test with a client that knows its key.
type hosting struct {
	*reference.Server
	t       *testing.T
	g       Gomega
	options reference.Options
	mail    *mailsink.Sink
	logs    *logBuffer
	client  *http.Client
	// user name of HTTP Basic.
	user string
}

type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func open(t *testing.T, change ...func(*reference.Options)) *hosting {
	t.Helper()
	h := &hosting{t: t, g: NewWithT(t), mail: startSink(t), logs: &logBuffer{}, user: token}
	h.options = reference.Options{
		Dir: t.TempDir(), SMTPAddr: h.mail.Addr(), OperatorToken: operator,
		Log: slog.New(slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&h.options)
	}
	h.open()
	h.g.Expect(h.Seed(t.Context(), company)).To(Succeed())
	t.Cleanup(func() {
		h.close()
		h.g.Expect(h.logs.String()).NotTo(Or(ContainSubstring("@"), ContainSubstring("initialise/")), "addresses and links stay out of logs")
	})
	return h
}

func (h *hosting) open() {
	h.t.Helper()
	server, err := reference.Open(h.t.Context(), h.options)
	h.g.Expect(err).NotTo(HaveOccurred())
	h.Server = server
	pool := x509.NewCertPool()
	h.g.Expect(pool.AppendCertsFromPEM(server.CABundle())).To(BeTrue())
	h.client = &http.Client{
		Timeout:       20 * time.Second,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (h *hosting) close() {
	h.t.Helper()
	h.client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	h.g.Expect(h.Close(ctx)).To(Succeed())
}

// reopen is a restart of the whole program on the same folder and port.
func (h *hosting) reopen() {
	h.t.Helper()
	h.options.Listen = strings.TrimPrefix(h.Origin(), "https://")
	h.close()
	h.open()
}

// answer is what a call answered.
type answer struct {
	status int
	header http.Header
	body   string
}

// call makes a request on the contract's API; headers are "name: value".
func (h *hosting) call(method, path, body string, headers ...string) answer {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), method, h.URL()+path, strings.NewReader(body))
	h.g.Expect(err).NotTo(HaveOccurred())
	if h.user != "" {
		request.SetBasicAuth(h.user, "")
	}
	request.Header.Set("Content-Type", "application/json")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	return h.do(request)
}

func (h *hosting) do(request *http.Request) answer {
	h.t.Helper()
	response, err := h.client.Do(request)
	h.g.Expect(err).NotTo(HaveOccurred())
	defer func() { h.g.Expect(response.Body.Close()).To(Succeed()) }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<22))
	h.g.Expect(err).NotTo(HaveOccurred())
	return answer{response.StatusCode, response.Header, string(text)}
}

const synchronous = "alwaysdata-synchronous: yes"

// create makes a row now and returns its path.
func (h *hosting) create(body string) string {
	h.t.Helper()
	got := h.call(http.MethodPost, "permission/", body, synchronous)
	h.g.Expect(got.status).To(Equal(http.StatusCreated), got.body)
	h.g.Expect(got.body).To(BeEmpty())
	h.g.Expect(got.header.Get("Location")).To(MatchRegexp(`^/v1/permission/\d+/$`))
	return strings.TrimPrefix(got.header.Get("Location"), "/v1/")
}

// patch changes a row now.
func (h *hosting) patch(path, body string) {
	h.t.Helper()
	got := h.call(http.MethodPatch, path, body, synchronous)
	h.g.Expect(got.status).To(Equal(http.StatusNoContent), got.body)
	h.g.Expect(got.body).To(BeEmpty())
}

// list reads the permission table as JSON.
func (h *hosting) list(query string) []map[string]any {
	h.t.Helper()
	got := h.call(http.MethodGet, "permission/"+query, "")
	h.g.Expect(got.status).To(Equal(http.StatusOK), got.body)
	var rows []map[string]any
	h.g.Expect(json.Unmarshal([]byte(got.body), &rows)).To(Succeed())
	return rows
}

// refused expects a status and an exact JSON body.
func (h *hosting) refused(got answer, status int, body string) {
	h.t.Helper()
	h.g.Expect(got.status).To(Equal(status), got.body)
	h.g.Expect(got.body).To(MatchJSON(body))
}

// may asks the access check, without a second factor.
func (h *hosting) may(email, scope, place, menu string) reference.AccessAnswer {
	h.t.Helper()
	got, err := h.Check(h.t.Context(), query(email, scope, place, menu))
	h.g.Expect(err).NotTo(HaveOccurred())
	return got
}

func startSink(t *testing.T) *mailsink.Sink {
	t.Helper()
	sink, err := mailsink.Start(mailsink.Options{SMTPUTF8: true})
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

func (h *hosting) mails() int { return len(h.mail.Mails()) }

func withClock(clk clock.Clock) func(*reference.Options) {
	return func(o *reference.Options) { o.Clock = clk }
}

func fakeClock() *clocktesting.FakeClock {
	return clocktesting.NewFakeClock(time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC))
}
