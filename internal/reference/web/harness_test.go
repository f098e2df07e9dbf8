package web_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/web"
	"github.com/hostgrant/hostgrant/internal/testkit/visitor"
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
		t: t, g: NewWithT(t), mail: startSink(t), logs: &bytes.Buffer{},
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

// invite makes an invitation and returns the path of the link that it is mailed with.
func (s *site) invite(row reference.Row) string {
	s.t.Helper()
	s.grant(owner, row)
	return s.mailedLink(row.Email)
}

var linkInMail = regexp.MustCompile(`/initialise/[A-Z2-7]+`)

// mailedLink is the path of the link in the last mail to somebody.
func (s *site) mailedLink(email string) (path string) {
	s.t.Helper()
	s.g.Eventually(s.mailed, "10s").Should(ContainElement(email))
	for _, mail := range s.mail.Mails() {
		if slices.Contains(mail.To, email) {
			path = linkInMail.FindString(mail.Text)
		}
	}
	return path
}

// code is what somebody's app shows now.
func (s *site) code(email string) string {
	s.t.Helper()
	code, err := s.Code(s.t.Context(), email)
	s.g.Expect(err).NotTo(HaveOccurred())
	return code
}

func (s *site) visitor() *visitor.Visitor {
	s.t.Helper()
	return visitor.New(s.t, s.Origin(), s.CABundle())
}

// loggedIn is somebody who gave their password.
func (s *site) loggedIn(email string) *visitor.Visitor {
	s.t.Helper()
	v := s.visitor()
	v.LogIn(email, password)
	s.g.Expect(v.Status).To(Equal(http.StatusOK), v.Text())
	return v
}
