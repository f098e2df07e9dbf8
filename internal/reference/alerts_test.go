package reference_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	catalogue "github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/mailer"
)

// crowd is a table with one person for each reason to be told, or not to be.
var crowd = []reference.Row{
	{Email: "billing@example.org", Overall: []string{"Billing"}},
	{Email: "locked@example.org", Overall: []string{"Billing"}, RequireTwoFactor: true},
	{Email: "stranger@example.org", Overall: []string{"Billing"}, Accounts: map[string][]string{"shop": {"TechnicalContact"}}},
	{Email: "manager@example.org", Overall: []string{"AccountManagement"}},
	{Email: "technical@example.org", Overall: []string{"AccountTechnical", "ServerTechnical"}},
	{Email: "shop@example.org", Accounts: map[string][]string{"shop": {"TechnicalContact"}}},
	{Email: "sites@example.org", Accounts: map[string][]string{"shop": {"Sites", "Domains"}}},
	{Email: "blog@example.org", Accounts: map[string][]string{"blog": {"TechnicalContact"}}},
	{Email: "web1@example.org", Servers: map[string][]string{"web1": {"TechnicalContact"}}},
	{Email: "web2@example.org", Servers: map[string][]string{"web2": {"TechnicalContact", "SSHUsers"}}},
	{Email: "both@example.org", Overall: []string{"Billing"}, Accounts: map[string][]string{"shop": {"TechnicalContact"}},
		Servers: map[string][]string{"web1": {"TechnicalContact"}}},
}

// openCrowded has the crowd in the owner's table, everybody but the stranger with a profile,
// and somebody with the same permissions on another owner's hosting.
func openCrowded(t *testing.T, change ...func(*reference.Options)) *hosting {
	t.Helper()
	h := open(t, change...)
	seed := reference.Seed{Owners: []reference.SeedOwner{{Email: owner, Rows: crowd}, {Email: other, Rows: []reference.Row{
		{Email: "elsewhere@example.org", Overall: []string{"Billing"}, Accounts: map[string][]string{"theirs": {"TechnicalContact"}}},
	}}}}
	for _, row := range append(crowd, seed.Owners[1].Rows...) {
		if row.Email != "stranger@example.org" {
			seed.Profiles = append(seed.Profiles, reference.SeedProfile{Email: row.Email})
		}
	}
	h.g.Expect(h.Seed(t.Context(), seed)).To(Succeed())
	return h
}

// readers are the people to whom the mail server delivered, each as often as they were mailed.
func (h *hosting) readers() []string {
	list := []string{}
	for _, mail := range h.mail.Mails() {
		list = append(list, mail.To...)
	}
	slices.Sort(list)
	return list
}

func TestAlertsReachExactlyThoseConcerned(t *testing.T) {
	billed := []string{"billing@example.org", "both@example.org", "locked@example.org"}
	for name, c := range map[string]struct {
		alert reference.Alert
		told  []string
		says  []string
	}{
		"a negative balance": {reference.Alert{Kind: catalogue.NegativeBalance, About: "-12.50 EUR"}, billed,
			[]string{"The balance of owner@example.org is negative: -12.50 EUR", "Le solde de owner@example.org est négatif : -12.50 EUR"}},
		"a billing ticket": {reference.Alert{Kind: catalogue.BillingTicket, About: "Your invoice"}, billed,
			[]string{"ticket about the billing of owner@example.org: Your invoice", "facturation de owner@example.org : Your invoice"}},
		"a ticket of account shop": {reference.Alert{Kind: catalogue.TechnicalTicket, Scope: "Account", Place: "shop", About: "Disk full"},
			[]string{"both@example.org", "shop@example.org"},
			[]string{"about account shop of owner@example.org: Disk full", "compte shop de owner@example.org : Disk full"}},
		"a ticket of account blog": {reference.Alert{Kind: catalogue.TechnicalTicket, Scope: "Account", Place: "blog", About: "x"},
			[]string{"blog@example.org"}, nil},
		"a ticket of server web1": {reference.Alert{Kind: catalogue.TechnicalTicket, Scope: "Server", Place: "web1", About: "Load"},
			[]string{"both@example.org", "web1@example.org"},
			[]string{"about server web1 of owner@example.org: Load", "serveur web1 de owner@example.org : Load"}},
		"a ticket of server web2": {reference.Alert{Kind: catalogue.TechnicalTicket, Scope: "Server", Place: "web2", About: "x"},
			[]string{"web2@example.org"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := openCrowded(t)
			h.g.Expect(h.WouldBeTold(t.Context(), owner, c.alert)).To(Equal(c.told))
			h.g.Expect(h.mails()).To(BeZero(), "asking mails nobody")
			h.g.Expect(h.Raise(t.Context(), owner, c.alert)).To(Equal(c.told))
			mailed := append([]string{owner}, c.told...)
			slices.Sort(mailed)
			h.g.Eventually(h.readers, "10s").Should(Equal(mailed), "those told and the owner, each once")
			h.g.Consistently(h.readers, "100ms").Should(Equal(mailed))
			h.g.Eventually(h.Counters, "10s").Should(And(HaveField("Mails", int64(len(mailed))), HaveField("Alerts", int64(len(mailed)))))
			for _, mail := range h.mail.Mails() {
				h.g.Expect(mail.Err).NotTo(HaveOccurred())
				for _, text := range c.says {
					h.g.Expect(mail.Text).To(ContainSubstring(text))
				}
				for _, reader := range slices.DeleteFunc(slices.Clone(mailed), func(a string) bool { return a == mail.To[0] || a == owner }) {
					h.g.Expect(string(mail.Raw)).NotTo(ContainSubstring(reader), "nobody learns who else is told")
				}
			}
		})
	}
}

func TestAlertsEndWithThePermission(t *testing.T) {
	h := openCrowded(t)
	balance := reference.Alert{Kind: catalogue.NegativeBalance, About: "-1 EUR"}
	ticket := reference.Alert{Kind: catalogue.TechnicalTicket, Scope: "Account", Place: "shop", About: "Disk full"}
	for _, row := range []string{"billing@example.org", "locked@example.org", "shop@example.org"} {
		h.g.Expect(h.RemoveRow(t.Context(), owner, row)).To(Succeed())
	}
	h.g.Expect(h.EditRow(t.Context(), owner, "both@example.org", func(r *reference.Row) { r.Overall, r.Accounts = nil, nil })).To(Succeed())
	for _, alert := range []reference.Alert{balance, ticket} {
		h.g.Expect(h.Raise(t.Context(), owner, alert)).To(BeEmpty())
	}
	h.g.Eventually(h.readers, "10s").Should(Equal([]string{owner, owner}), "the owner is told all the same")
	h.g.Consistently(h.mails, "100ms").Should(Equal(2))
	h.g.Expect(h.AddRow(t.Context(), owner, reference.Row{Email: someone, Overall: []string{"Billing"}}, false)).NotTo(BeZero())
	h.g.Expect(h.Raise(t.Context(), owner, balance)).To(ConsistOf(someone))
	h.g.Eventually(h.readers, "10s").Should(Equal([]string{owner, owner, owner, someone}))
}

// A mail that the mail server does not take for now goes out later, to those who are still
// concerned by then.
func TestAlertThatWaitsReachesOnlyWhoIsStillConcerned(t *testing.T) {
	clk := fakeClock()
	h := openCrowded(t, withClock(clk))
	h.mail.RefuseRecipients(450)
	h.g.Expect(h.Raise(t.Context(), owner, reference.Alert{Kind: catalogue.BillingTicket, About: "x"})).To(HaveLen(3))
	h.g.Eventually(func() int { return strings.Count(h.logs.String(), "alert will be mailed later") }, "10s").Should(Equal(4))
	h.g.Expect(h.RemoveRow(t.Context(), owner, "billing@example.org")).To(Succeed())
	h.g.Expect(h.EditRow(t.Context(), owner, "locked@example.org", func(r *reference.Row) { r.Overall = nil })).To(Succeed())
	h.mail.RefuseRecipients(0)
	h.g.Eventually(func() []string { clk.Step(30 * time.Second); return h.readers() }, "10s").Should(Equal([]string{"both@example.org", owner}))
	h.g.Consistently(func() int { clk.Step(time.Minute); return h.mails() }, "200ms").Should(Equal(2))
}

func TestRefusedAlertIsGivenUp(t *testing.T) {
	clk := fakeClock()
	h := openCrowded(t, withClock(clk))
	h.mail.RefuseRecipients(550)
	h.g.Expect(h.Raise(t.Context(), owner, reference.Alert{Kind: catalogue.BillingTicket, About: "x"})).To(HaveLen(3))
	h.g.Eventually(func() int { return strings.Count(h.logs.String(), "alert not mailed") }, "10s").Should(Equal(4))
	h.mail.RefuseRecipients(0)
	h.g.Consistently(func() int { clk.Step(time.Minute); return h.mails() }, "200ms").Should(BeZero())
	h.g.Expect(h.Counters().Alerts).To(BeZero())
}

func TestAlertsRefusals(t *testing.T) {
	h := openCrowded(t)
	for says, c := range map[string]struct {
		owner string
		alert reference.Alert
	}{
		`{"owner":["There is no profile of this address."]}`: {"nobody@example.org", reference.Alert{Kind: catalogue.BillingTicket, About: "x"}},
		`{"kind":["Give NegativeBalance`:                     {owner, reference.Alert{Kind: "Weather", About: "x"}},
		`{"scope":["A TechnicalTicket is about`:              {owner, reference.Alert{Kind: catalogue.TechnicalTicket, Place: "shop", About: "x"}},
		`no Account of the name \"theirs\"`:                  {owner, reference.Alert{Kind: catalogue.TechnicalTicket, Scope: "Account", Place: "theirs", About: "x"}},
		`no Server of the name \"shop\"`:                     {owner, reference.Alert{Kind: catalogue.TechnicalTicket, Scope: "Server", Place: "shop", About: "x"}},
		`{"place":["Only a TechnicalTicket`:                  {owner, reference.Alert{Kind: catalogue.BillingTicket, Scope: "Account", Place: "shop", About: "x"}},
	} {
		_, err := h.WouldBeTold(t.Context(), c.owner, c.alert)
		h.g.Expect(err).To(MatchError(ContainSubstring(says)))
		_, err = h.Raise(t.Context(), c.owner, c.alert)
		h.g.Expect(err).To(MatchError(ContainSubstring(says)))
	}
	for about, says := range map[string]string{
		"":                       "1 to 200 characters",
		strings.Repeat("é", 201): "1 to 200 characters",
		"x\r\nBcc: y":            "without U+000D",
		"a\u2028b":               "without U+2028",
		"a\u202eb":               "without U+202E",
		"a\xffb":                 "without U+FFFD",
	} {
		_, err := h.Raise(t.Context(), owner, reference.Alert{Kind: catalogue.BillingTicket, About: about})
		h.g.Expect(err).To(MatchError(ContainSubstring(says)), "%q", about)
	}
	h.g.Consistently(h.mails, "100ms").Should(BeZero())
	mute := open(t, func(o *reference.Options) { o.SMTPAddr = "" })
	_, err := mute.Raise(t.Context(), owner, reference.Alert{Kind: catalogue.BillingTicket, About: "x"})
	mute.g.Expect(err).To(MatchError(ContainSubstring("There is no mail server")))
}

// What somebody else wrote stays on its line, also a place's name.
func TestAlertTextIsOneLine(t *testing.T) {
	h := open(t)
	h.g.Expect(h.Seed(t.Context(), reference.Seed{Owners: []reference.SeedOwner{{Email: owner,
		Accounts: []reference.SeedAccount{{Name: "odd\r\n.\r\nQUIT"}}}}})).To(Succeed())
	about := strings.Repeat("é{{.Link}}", 20)
	_, err := h.Raise(t.Context(), owner, reference.Alert{Kind: catalogue.TechnicalTicket, Scope: "Account", Place: "odd\r\n.\r\nQUIT", About: about})
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Eventually(h.mails, "10s").Should(Equal(1))
	mail := h.mail.Mails()[0]
	h.g.Expect(mail.Err).NotTo(HaveOccurred())
	h.g.Expect(mail.Text).To(ContainSubstring("about account odd  .  QUIT of owner@example.org: " + about))
}

func TestOperatorAlerts(t *testing.T) {
	h := openCrowded(t)
	body := `{"owner":"` + owner + `","kind":"TechnicalTicket","scope":"Server","place":"web2","about":"Load"}`
	for _, call := range []string{"alerts/told", "alerts/raise"} {
		got := h.operate(operator, call, body)
		h.refused(got, 200, `["web2@example.org"]`)
	}
	h.g.Eventually(h.readers, "10s").Should(Equal([]string{owner, "web2@example.org"}))
	h.g.Eventually(h.Counters, "10s").Should(HaveField("Alerts", int64(2)))
	h.refused(h.operate(operator, "alerts/told", `{"owner":"`+owner+`","kind":"Weather"}`), 400,
		`{"kind":["Give NegativeBalance, BillingTicket or TechnicalTicket."]}`)
	h.refused(h.operate(operator, "alerts/told", `{"owner":"`+other+`","kind":"TechnicalTicket","scope":"Account","place":"shop"}`), 404,
		`{"place":["The owner has no Account of the name \"shop\"."]}`)
	var seen reference.Counters
	h.g.Expect(json.Unmarshal([]byte(h.operate(operator, "counters", `{}`).body), &seen)).To(Succeed())
	h.g.Expect(seen.Alerts).To(Equal(int64(2)))
}

// halting hands alerts on and then never comes back, as if the machine had stopped there.
type halting struct {
	mailer.Mailer
	delivered chan struct{}
}

func (m halting) Alert(ctx context.Context, a mailer.Alert) error {
	if err := m.Mailer.Alert(ctx, a); err != nil {
		return err
	}
	m.delivered <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

// The folder as a crash leaves it between a delivery and the note of it: whoever was being
// mailed is not mailed again, everybody else is, once.
func TestAlertsAcrossACrash(t *testing.T) {
	sent := make(chan struct{}, 8)
	h := openCrowded(t, func(o *reference.Options) {
		smtp, err := mailer.NewSMTP(o.SMTPAddr, "no-reply@hosting.example", fakeClock())
		if err != nil {
			t.Fatal(err)
		}
		o.Mailer = halting{smtp, sent}
	})
	h.g.Expect(h.Raise(t.Context(), owner, reference.Alert{Kind: catalogue.NegativeBalance, About: "-1 EUR"})).To(HaveLen(3))
	<-sent
	crashed := h.options
	crashed.Dir, crashed.Mailer = t.TempDir(), nil
	h.g.Expect(os.CopyFS(crashed.Dir, os.DirFS(h.options.Dir))).To(Succeed())
	h.g.Expect(filepath.Join(crashed.Dir, "hosting.db")).To(BeARegularFile())
	again, err := reference.Open(t.Context(), crashed)
	h.g.Expect(err).NotTo(HaveOccurred())
	everybody := []string{"billing@example.org", "both@example.org", "locked@example.org", owner}
	h.g.Eventually(h.readers, "10s").Should(Equal(everybody))
	h.g.Consistently(h.readers, "200ms").Should(Equal(everybody))
	h.g.Expect(again.Close(t.Context())).To(Succeed())
	h.g.Expect(h.logs.String()).To(ContainSubstring("mails interrupted by the last stop are not sent again"))
}

func TestAlertsSurviveARestart(t *testing.T) {
	h := openCrowded(t, func(o *reference.Options) { o.SMTPAddr = "127.0.0.1:1" })
	h.g.Expect(h.Raise(t.Context(), owner, reference.Alert{Kind: catalogue.NegativeBalance, About: "-1 EUR"})).To(HaveLen(3))
	h.g.Eventually(func() int { return strings.Count(h.logs.String(), "alert will be mailed later") }, "10s").Should(Equal(4))
	clk := fakeClock()
	clk.SetTime(time.Now().Add(time.Hour))
	h.options.SMTPAddr, h.options.Clock = h.mail.Addr(), clk
	h.reopen()
	h.g.Eventually(h.mails, "10s").Should(Equal(4))
	h.reopen()
	h.g.Consistently(h.mails, "200ms").Should(Equal(4))
}
