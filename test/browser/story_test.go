package browser

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
)

// TestFromInvitationToLeaving lives through what the seed of all this describes: invited by
// mail, profile initialised with a second factor, one menu opens and another does not, and
// everything is given back under My Permissions.
func TestFromInvitationToLeaving(t *testing.T) {
	s := openSite(t)
	o := s.browser("story/owner")
	o.logIn(owner, password, nil).click("Permissions").click("Add permissions")
	o.fill("email", newcomer).tick("Account/1/Sites").tick("Account/1/TechnicalContact").tick("Flag/0/requireTwoFactor").click("Add")
	o.g.Expect(o.text()).To(ContainSubstring("An e-mail is sent to that address"))

	z := s.browser("story/newcomer")
	z.open(mailedLink(t, s.mails, newcomer))
	z.g.Expect(z.text()).To(And(ContainSubstring(owner+" gives you permissions"), ContainSubstring("2FA required")))
	code := z.appCode(s.clock.Now())
	z.fill("password", password).fill("repeat", password).fill("code", code).click("Initialise the profile")
	z.g.Expect(z.text()).To(ContainSubstring("Your profile is initialised"))
	z.click("Log out")

	s.clock.Step(30 * time.Second) // the first code is used
	z.logIn(newcomer, password, func() string {
		code, err := s.Code(t.Context(), newcomer)
		z.g.Expect(err).NotTo(HaveOccurred())
		return code
	})
	z.g.Expect(z.path()).To(Equal("/"))
	z.click("Sites")
	z.g.Expect(z.status).To(Equal(int64(200)))
	z.g.Expect(z.text()).To(ContainSubstring("onfigure the websites and the Apache environment"))
	z.open("/menus/1/account/1/Databases")
	z.g.Expect(z.status).To(Equal(int64(403)))
	z.g.Expect(z.text()).To(ContainSubstring("the permission is not granted"))

	z.click("My Permissions").click("Remove all of " + owner)
	z.g.Expect(z.text()).To(ContainSubstring("they will all be removed"))
	z.click("Remove them all")
	z.g.Expect(z.text()).To(ContainSubstring("You hold no permissions on other profiles."))
	z.open("/menus/1/account/1/Sites")
	z.g.Expect(z.status).To(Equal(int64(403)))
	o.open("/permissions")
	o.g.Expect(o.text()).To(ContainSubstring("Nobody has permissions"))
}

// Everything can be done without a mouse.
func TestKeyboardAlone(t *testing.T) {
	s := openSite(t)
	s.grant(partner, reference.Row{Email: owner, Overall: []string{"Billing"}})
	b := s.browser("keyboard")
	focus := func() string {
		return eval[string](b, `(e => e.id || e.textContent.trim() || e.name)(document.activeElement)`)
	}
	b.open("/login").press(kb.Tab)
	b.g.Expect(focus()).To(Equal("Skip to the content"))
	b.g.Expect(eval[float64](b, `document.activeElement.getBoundingClientRect().left`)).To(BeNumerically(">=", 0), "seen once it has the focus")
	b.press(kb.Enter)
	b.g.Eventually(focus).Should(Equal("main"))
	b.press(kb.Tab)
	b.g.Expect(focus()).To(Equal("email"))
	b.press(owner, kb.Tab, password).enter()
	b.g.Expect(b.path()).To(Equal("/"))

	b.open("/permissions/add")
	for range 60 {
		if focus() == "email" {
			break
		}
		b.press(kb.Tab)
	}
	b.press(newcomer, kb.Tab)
	b.g.Expect(focus()).To(Equal("Overall/0/AccountManagement"))
	b.press(" ", kb.Tab, kb.Tab, kb.Tab, kb.Tab)
	b.g.Expect(focus()).To(HavePrefix("shop"), "accounts are folded in")
	b.press(kb.Enter, kb.Tab)
	b.g.Expect(focus()).To(Equal("Account/1/TechnicalContact"))
	b.press(" ").enter()
	rows, err := s.Rows(t.Context(), owner)
	b.g.Expect(err).NotTo(HaveOccurred())
	b.g.Expect(rows).To(ConsistOf(And(HaveField("Overall", ConsistOf("AccountManagement")), HaveField("Accounts", HaveKeyWithValue("shop", ConsistOf("TechnicalContact"))))))
}

// A browser as it is sends forms that another site made, with the cookies it has; they do
// nothing.
func TestAnotherSiteInTheSameBrowser(t *testing.T) {
	s := openSite(t)
	b := s.browser("foreign").logIn(owner, password, nil)
	b.open(`data:text/html,<form method=post action="` + s.Origin() + `/permissions/add"><input name=email value=thief@evil.example><button>go</button></form>`)
	b.click("go")
	b.g.Expect(b.status).To(BeElementOf(int64(403), int64(200)))
	rows, err := s.Rows(t.Context(), owner)
	b.g.Expect(err).NotTo(HaveOccurred())
	b.g.Expect(rows).To(BeEmpty())
	b.open("/profile")
	b.g.Expect(b.path()).To(Equal("/profile"), "still logged in")
}
