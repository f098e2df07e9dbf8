package browser

import (
	"context"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/credentials"
	"github.com/hostgrant/hostgrant/internal/reference/web"
)

const (
	owner    = "owner@acme.example"
	partner  = "partner@agency.example"
	newcomer = "zoe@agency.example"
	password = "seven grey geese"
)

// site is a hosting with pages, and a mail server.
type site struct {
	*reference.Server
	t     *testing.T
	g     Gomega
	clock *clocktesting.FakeClock
	mails *mailsink.Sink
}

func openSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, g: NewWithT(t), clock: clocktesting.NewFakeClock(time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC))}
	var err error
	s.mails, err = mailsink.Start(mailsink.Options{SelfSigned: true})
	s.g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { s.g.Expect(s.mails.Close()).To(Succeed()) })
	s.Server, err = reference.Open(t.Context(), reference.Options{Dir: t.TempDir(), SMTPAddr: s.mails.Addr(), Clock: s.clock, Pages: web.Pages})
	s.g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		s.g.Expect(s.Close(ctx)).To(Succeed())
	})
	logIn := reference.SeedLogIn{Password: password}
	s.g.Expect(s.Seed(t.Context(), reference.Seed{
		Owners: []reference.SeedOwner{
			{
				Email: owner, SeedLogIn: logIn, Servers: []reference.SeedServer{{ID: 8, Name: "web1"}},
				Accounts: []reference.SeedAccount{{ID: 1, Name: "shop", Server: "web1"}, {ID: 2, Name: "blog", Server: "web1"}, {ID: 3, Name: "intranet"}},
			},
			{Email: partner, SeedLogIn: logIn, Accounts: []reference.SeedAccount{{ID: 4, Name: "portfolio"}}},
		},
		ExtraPermissions: []reference.SeedPermission{{Scope: "Account", Key: "newer"}},
	})).To(Succeed())
	return s
}

// grant has an owner give a row in the console.
func (s *site) grant(from string, row reference.Row) {
	s.t.Helper()
	_, err := s.AddRow(s.t.Context(), from, row, true)
	s.g.Expect(err).NotTo(HaveOccurred())
}

// browser opens a browser on the site.
func (s *site) browser(shots string) *browser {
	s.t.Helper()
	return newBrowser(s.t, s.Origin(), s.CABundle(), shots)
}

var link = regexp.MustCompile(`https://\S+/initialise/[A-Z2-7]+`)

// mailedLink waits for the mail to somebody and takes the link out of it.
func mailedLink(t testing.TB, mails *mailsink.Sink, to string) (found string) {
	t.Helper()
	NewWithT(t).Eventually(func() string {
		for _, mail := range mails.Mails() {
			if len(mail.To) == 1 && mail.To[0] == to {
				found = link.FindString(mail.Text)
			}
		}
		return found
	}, "20s").ShouldNot(BeEmpty(), "no mail with a link came for %s", to)
	return found
}

// appCode is what an authenticator app shows that was given the key on the page.
func (b *browser) appCode(at time.Time) string {
	b.t.Helper()
	code, err := credentials.Code(eval[string](b, `document.querySelector("code.key").textContent.replaceAll(" ", "")`), at)
	b.g.Expect(err).NotTo(HaveOccurred())
	return code
}

// logIn gives the password, and the code where one is asked for.
func (b *browser) logIn(email, password string, code func() string) *browser {
	b.t.Helper()
	b.open("/login").fill("email", email).fill("password", password).clickOn("main button.main")
	if b.path() == "/login/code" {
		b.fill("code", code()).clickOn("main button.main")
	}
	return b
}

// speak chooses the language with the switch that every page has.
func (b *browser) speak(lang string) *browser {
	b.t.Helper()
	b.clickOn(chromedp.CSS(`button[value=` + lang + `]`))
	b.g.Expect(eval[string](b, `document.documentElement.lang`)).To(Equal(lang))
	return b
}
