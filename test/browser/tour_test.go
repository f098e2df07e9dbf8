package browser

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
)

// TestEveryPage shows every page in both languages, on a desk and on a phone, to axe-core and
// to whoever looks at the pictures.
func TestEveryPage(t *testing.T) {
	for _, lang := range []string{"en", "fr"} {
		t.Run(lang, func(t *testing.T) {
			s := openSite(t)
			s.people()
			b := s.browser(lang)
			b.open("/login").speak(lang)
			outside(s, b)
			asOwner(s, b)
			asNewcomer(s, b)
			asUnconfirmed(s, b)
		})
	}
}

// people are in the owner's table, in every state.
func (s *site) people() {
	s.g.Expect(s.Seed(s.t.Context(), reference.Seed{Profiles: []reference.SeedProfile{
		{Email: "dora@acme.example"}, {Email: "nadia.the-one-with-a-rather-long-address@accounting.acme.example"},
	}})).To(Succeed())
	s.grant(owner, reference.Row{Email: "former@agency.example", Accounts: map[string][]string{"blog": {"FTP"}}})
	s.clock.Step(reference.InvitationLife)
	s.grant(owner, reference.Row{Email: "dora@acme.example", RequireTwoFactor: true, Overall: []string{"AccountManagement"}, Annotation: "our administrator",
		Accounts: map[string][]string{"shop": {"Sites", "Databases", "wire:newer"}}, Servers: map[string][]string{"web1": {"FirewallRules"}}})
	s.grant(owner, reference.Row{Email: "nadia.the-one-with-a-rather-long-address@accounting.acme.example", Overall: []string{"Billing"}})
	s.grant(owner, reference.Row{Email: newcomer, RequireTwoFactor: true, Accounts: map[string][]string{"shop": {"Sites", "Emails", "TechnicalContact"}, "intranet": {"Statistics"}}, Servers: map[string][]string{"web1": {"DatabaseUsers"}}})
	s.grant(partner, reference.Row{Email: newcomer, Overall: []string{"Billing"}, Accounts: map[string][]string{"portfolio": {"Domains"}}})
	s.grant(partner, reference.Row{Email: owner, RequireTwoFactor: true, Accounts: map[string][]string{"portfolio": {"Sites"}}})
}

// outside are the pages before anybody has logged in.
func outside(s *site, b *browser) {
	b.look("login")
	b.fill("email", "dora@acme.example").fill("password", "wrong").clickOn("main button.main").look("login-refused")
	rows, err := s.Rows(s.t.Context(), owner)
	b.g.Expect(err).NotTo(HaveOccurred())
	b.open("/initialise/AAAAAAAAAAAAAAAAAAAAAAAAAA").look("link-unknown")
	b.open(rows[3].Link).look("initialise-required")
	b.fill("password", "short").fill("repeat", "short").fill("code", "123456").clickOn("main button.main").look("initialise-wrong")
	b.open("/nothing").look("nothing")
	for range 11 {
		b.open("/login").fill("email", "guessed@acme.example").fill("password", "wrong").clickOn("main button.main")
	}
	b.look("throttled")
	s.clock.Step(15 * time.Minute)
}

// asOwner are the pages of somebody with a hosting of their own.
func asOwner(s *site, b *browser) {
	b.logIn(owner, password, nil).look("dashboard-owner")
	b.open("/permissions").look("permissions")
	b.open("/permissions/add").look("permissions-add")
	b.fill("email", "dora@acme.example").tick("Account/2/Backups").clickOn("main button.main").look("permissions-add-wrong")
	b.fill("email", "new@acme.example").clickOn("main button.main").look("permissions-added")
	b.open("/permissions/2").look("permissions-edit")
	b.g.Expect(s.EditRow(s.t.Context(), owner, "dora@acme.example", func(r *reference.Row) {
		r.Accounts["shop"] = append(r.Accounts["shop"], "SSH")
	})).To(Succeed())
	b.tick("Account/1/FTP").clickOn("main button.main").look("permissions-stale")
	b.open("/permissions/2/remove").look("permissions-remove")
	b.open("/permissions/alerts").look("alerts")
	b.open("/permissions/mine").look("mine")
	b.open("/permissions/mine/2/remove").look("mine-remove")
	b.open("/menus/2/account/4/Sites").look("menu-locked")
	b.g.Expect(b.status).To(Equal(int64(403)))
	b.open("/profile").look("profile-without")
	b.open("/profile/second-factor").look("second-factor")
	b.fill("code", "000000").clickOn("main button.main").look("second-factor-wrong")
	b.fill("code", b.appCode(s.clock.Now())).clickOn("main button.main").look("profile-with")
	b.open("/profile/second-factor").look("second-factor-another")
	b.open("/profile/second-factor/remove").look("second-factor-remove")
	b.clickOn("nav button")
}

// asNewcomer are the pages of somebody who was invited.
func asNewcomer(s *site, b *browser) {
	s.clock.Step(time.Minute)
	invitation := mailedLink(s.t, s.mails, newcomer)
	b.open(invitation)
	b.fill("password", password).fill("repeat", password).fill("code", b.appCode(s.clock.Now())).clickOn("main button.main").look("dashboard-welcome")
	b.open("/menus/1/account/1/Sites").look("menu")
	b.open("/menus/1/account/1/TechnicalContact").look("menu-notified")
	b.open("/menus/1/account/1/Backups").look("menu-denied")
	b.clickOn("nav button")
	b.open(invitation).look("link-used")
	b.open("/login").fill("email", newcomer).fill("password", password).clickOn("main button.main").look("code")
	b.fill("code", "000000").clickOn("main button.main").look("code-refused")
	rows, err := s.Rows(s.t.Context(), owner)
	b.g.Expect(err).NotTo(HaveOccurred())
	b.open(fmt.Sprintf("/initialise/%s", lastWord(rows[len(rows)-1].Link))).look("initialise-optional")
	s.clock.Step(reference.InvitationLife)
	b.open(rows[len(rows)-1].Link).look("link-expired")
}

// asUnconfirmed are the pages of somebody who came by a link that was told to an owner.
func asUnconfirmed(s *site, b *browser) {
	const late = "late@agency.example"
	told := func(from string) string {
		_, err := s.AddRow(s.t.Context(), from, reference.Row{Email: late, Overall: []string{"Billing"}}, false)
		b.g.Expect(err).NotTo(HaveOccurred())
		rows, err := s.Rows(s.t.Context(), from)
		b.g.Expect(err).NotTo(HaveOccurred())
		return rows[len(rows)-1].Link
	}
	b.open(told(owner)).fill("password", password).fill("repeat", password).clickOn("main button.main").look("dashboard-unconfirmed")
	b.open("/profile").look("profile-unconfirmed")
	b.open(told(partner)).look("confirm-first")
	b.clickOn("main button.main").look("confirm-mailed")
	confirmation := mailedLink(s.t, s.mails, late)
	b.clickOn("nav button")
	b.open(confirmation).look("initialise-replaces")
	b.open("/login?next="+confirmation[len(s.Origin()):]).fill("email", late).fill("password", password).clickOn("main button.main").look("confirm")
	b.clickOn("main button.main").look("dashboard-confirmed")
}

func lastWord(link string) string { return link[len(link)-26:] }
