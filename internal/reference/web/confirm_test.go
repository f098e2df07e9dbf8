package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/visitor"
)

// told is the path of the link that the API tells of somebody's invitation.
func (s *site) told(from, email string) string {
	s.t.Helper()
	return strings.TrimPrefix(s.row(from, email).Link, s.Origin())
}

// unconfirmed is the newcomer with a profile made behind the link that was told to the owner;
// the other owner gave them something, too.
func (s *site) unconfirmed() *visitor.Visitor {
	s.t.Helper()
	s.grant(other, reference.Row{Email: newcomer, Accounts: map[string][]string{"theirs": {"Databases"}}})
	_, err := s.AddRow(s.t.Context(), owner, reference.Row{Email: newcomer, Accounts: map[string][]string{"shop": {"Sites"}}}, false)
	s.g.Expect(err).NotTo(HaveOccurred())
	link := s.told(owner, newcomer)
	v := s.visitor().Open(link)
	s.g.Expect(v.Text()).NotTo(ContainSubstring(other), "what others gave is not theirs to see")
	v.Submit(link, visitor.Fields{"password": password, "repeat": password})
	s.g.Expect(v.At.Path).To(Equal("/"), v.Text())
	return v
}

func TestAnUnconfirmedProfileAsksForAConfirmationMail(t *testing.T) {
	s := open(t)
	v := s.unconfirmed()
	s.g.Eventually(s.mailed, "10s").Should(HaveLen(1))
	s.g.Expect(v.Open("/menus/1/account/1/Sites").Status).To(Equal(http.StatusOK))
	for _, page := range []string{"/", "/permissions/mine"} {
		s.g.Expect(v.Open(page).Text()).NotTo(ContainSubstring(other), page)
	}
	s.g.Expect(v.Open("/menus/2/account/3/Databases").Status).To(Equal(http.StatusForbidden))
	s.g.Expect(v.Text()).To(ContainSubstring("you have no permission on this owner’s profile"))
	s.g.Expect(v.Open("/permissions/mine/2/remove").Status).To(Equal(http.StatusNotFound))
	v.Post("/permissions/add", url.Values{"email": {"friend@example.org"}, "grant": {"Overall/0/Billing"}})
	s.g.Expect(v.Status).To(Equal(http.StatusUnprocessableEntity))
	s.g.Expect(v.Text()).To(ContainSubstring("Confirm your e-mail address first"))

	s.g.Expect(v.Open("/").Text()).To(ContainSubstring("Your e-mail address is not confirmed."))
	v.Open(v.Links()["Confirm it"])
	v.Submit("/profile/confirmation", nil)
	s.g.Expect(v.Text()).To(And(ContainSubstring("A confirmation mail is on its way."), ContainSubstring("is not confirmed")))
	s.g.Eventually(s.mailed, "10s").Should(HaveLen(2))
	link := s.mailedLink(newcomer)
	s.g.Expect(v.Open(link).Text()).To(And(ContainSubstring(newcomer), ContainSubstring(other+" gives you permissions")))
	s.g.Expect(s.row(other, newcomer).Profile).To(BeZero(), "looking changes nothing")
	v.Submit(link, nil)
	s.g.Expect(v.At.Path).To(Equal("/"))
	s.g.Expect(v.Text()).To(And(ContainSubstring("Your e-mail address is confirmed."), Not(ContainSubstring("not confirmed")), ContainSubstring(other)))
	s.g.Expect(v.Open("/menus/2/account/3/Databases").Status).To(Equal(http.StatusOK))
	s.g.Expect(v.Open("/profile").Text()).NotTo(ContainSubstring("not confirmed"))
	s.g.Expect(v.Open(link).Status).To(Equal(http.StatusGone))
}

// Whoever reads the mailbox and did not make the profile gets it all the same.
func TestTheMailboxTakesTheProfileOver(t *testing.T) {
	s := open(t)
	thief := s.unconfirmed()
	link := s.mailedLink(newcomer)
	v := s.visitor().Open(link)
	s.g.Expect(v.Text()).To(ContainSubstring("There is a profile for this address already."))
	back := v.Links()["You made it yourself? Log in, and one click is enough."]
	s.g.Expect(strings.ToUpper(back)).To(Equal(strings.ToUpper("/login?next=" + url.QueryEscape(link))))
	s.g.Expect(s.visitor().Open(back).Submit("/login", visitor.Fields{"email": newcomer, "password": password}).Text()).To(ContainSubstring("It is my address"))

	v.Submit(link, visitor.Fields{"password": "eight black boars", "repeat": "eight black boars"})
	s.g.Expect(v.Open("/menus/1/account/1/Sites").Status).To(Equal(http.StatusOK))
	s.g.Expect(v.Open("/menus/2/account/3/Databases").Status).To(Equal(http.StatusOK))
	s.g.Expect(thief.Open("/profile").At.Path).To(Equal("/login"))
	thief.LogIn(newcomer, password)
	s.g.Expect(thief.Status).To(Equal(http.StatusUnprocessableEntity))
}

func TestASecondToldLinkOffersAConfirmationMail(t *testing.T) {
	s := open(t)
	s.unconfirmed()
	s.g.Eventually(s.mailed, "10s").Should(HaveLen(1))
	link := s.told(other, newcomer)
	v := s.visitor().Open(link)
	s.g.Expect(v.Status).To(Equal(http.StatusForbidden))
	s.g.Expect(v.Text()).To(And(ContainSubstring("There is a profile for your address already"), Not(ContainSubstring("@"))))
	s.g.Expect(v.Post(link, url.Values{"password": {password}, "repeat": {password}}).Status).To(Equal(http.StatusForbidden))
	v.Submit(link+"/confirmation", nil)
	s.g.Expect(v.Text()).To(ContainSubstring("Follow its link within a day."))
	s.g.Eventually(s.mailed, "10s").Should(HaveExactElements(newcomer, newcomer))
	for range 2 {
		v.Post(link+"/confirmation", nil)
	}
	s.g.Expect(v.Status).To(Equal(http.StatusOK))
	s.g.Expect(v.Post(link+"/confirmation", nil).Status).To(Equal(http.StatusTooManyRequests))
	s.g.Expect(v.Post("/initialise/AAAA/confirmation", nil).Status).To(Equal(http.StatusNotFound))
}

// Where no mails are sent, no page promises one.
func TestUnconfirmedWithoutMails(t *testing.T) {
	s := open(t, func(o *reference.Options) { o.SMTPAddr = "" })
	v := s.unconfirmed().Open("/profile")
	for _, page := range []string{"/profile", s.told(other, newcomer)} {
		s.g.Expect(v.Open(page).Text()).To(And(ContainSubstring("sends no e-mail"), Not(ContainSubstring("Send me a confirmation mail"))), page)
	}
}

// The pages about an address that is not confirmed, in both languages.
func TestUnconfirmedPagesAreWhole(t *testing.T) {
	s := open(t)
	v := s.unconfirmed()
	theirs, stranger := s.told(other, newcomer), s.visitor()
	mailed := s.mailedLink(newcomer)
	for lang, says := range map[string]string{"en": "Send me a confirmation mail", "fr": "M’envoyer un e-mail de confirmation"} {
		v.Header.Set("Accept-Language", lang)
		stranger.Header.Set("Accept-Language", lang)
		for _, page := range []*visitor.Visitor{v.Open("/"), v.Open("/?confirmed=yes"), v.Open(mailed), stranger.Open(mailed)} {
			s.whole(page)
		}
		for _, page := range []*visitor.Visitor{v.Open("/profile?done=mailed"), stranger.Open(theirs)} {
			s.whole(page)
			s.g.Expect(page.Text()).To(ContainSubstring(says))
		}
	}
}

func (s *site) whole(v *visitor.Visitor) {
	s.t.Helper()
	s.g.Expect(missing.FindString(v.Source)).To(BeEmpty(), v.At.Path)
	s.g.Expect(visitor.All(v.Doc, "h1")).To(HaveLen(1), v.At.Path)
	s.wellFormed(v, v.At.Path)
}
