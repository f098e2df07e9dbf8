package web_test

import (
	"net/http"
	"net/url"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/access"
	"github.com/hostgrant/hostgrant/internal/testkit/visitor"
)

func TestMyPermissionsAreRemovedAllOfAnOwnerAtOnce(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{Email: someone, Annotation: "the owner's note", Overall: []string{"Billing"}, Accounts: map[string][]string{"shop": {"Sites", "wire:newer"}}})
	s.grant(other, reference.Row{Email: someone, RequireTwoFactor: true, Accounts: map[string][]string{"theirs": {"FTP"}}})
	v := s.loggedIn(someone).Open("/permissions/mine")
	s.g.Expect(v.Text()).To(And(
		ContainSubstring("On the profile of "+owner), ContainSubstring("Billing"), ContainSubstring("Account shop: newer, Sites"),
		ContainSubstring("On the profile of "+other), ContainSubstring("theirs: FTP"), ContainSubstring("2FA required"),
		Not(ContainSubstring("note"))))
	v.Open(v.Links()["Remove all of "+owner])
	s.g.Expect(v.Text()).To(And(ContainSubstring("The removal is not fine: they will all be removed."), ContainSubstring("Billing"), Not(ContainSubstring(other))))
	s.g.Expect(s.Rows(t.Context(), owner)).To(HaveLen(1), "nothing before it is confirmed")
	confirm := v.At.Path
	v.Submit(confirm, nil)
	s.g.Expect(v.Text()).To(And(ContainSubstring("are removed"), Not(ContainSubstring(owner)), ContainSubstring(other)))
	s.g.Expect(s.Rows(t.Context(), owner)).To(BeEmpty())
	s.g.Expect(s.Rows(t.Context(), other)).To(HaveLen(1))
	s.g.Expect(v.Open("/menus/1/account/1/Sites").Status).To(Equal(http.StatusForbidden))
	s.g.Expect(v.Post(confirm, nil).Status).To(Equal(http.StatusNotFound), "nothing is left to remove")
}

func TestTwoFactorRequiredLocksTheMenusUntilItWasUsed(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{Email: someone, RequireTwoFactor: true, Accounts: map[string][]string{"shop": {"Sites", "TechnicalContact"}}})
	s.grant(other, reference.Row{Email: someone, Accounts: map[string][]string{"theirs": {"FTP"}}})
	v := s.loggedIn(someone).Open("/")
	s.g.Expect(v.Text()).To(And(ContainSubstring("2FA required: these menus are locked"), ContainSubstring("Technical contact")))
	s.g.Expect(v.Links()).To(HaveKeyWithValue("Set up a second factor", "/profile/second-factor"))
	for _, menu := range []string{"Sites", access.MenuServerStatus} {
		s.g.Expect(v.Leads("/menus/1/account/1/"+menu)).To(BeFalse(), menu)
	}
	s.g.Expect(v.Links()).To(HaveKeyWithValue("FTP", "/menus/2/account/3/FTP"), "another owner's menus are not locked")
	for _, menu := range []string{"Sites", access.MenuServerStatus} {
		v.Open("/menus/1/account/1/" + menu)
		s.g.Expect(v.Status).To(Equal(http.StatusForbidden))
		s.g.Expect(v.Text()).To(And(ContainSubstring("The reason: 2FA required."), ContainSubstring("locked until you log in with a second factor")))
	}
	s.g.Expect(v.Open("/menus/1/account/1/TechnicalContact").Status).To(Equal(http.StatusOK), "it opens no menu, so nothing is locked")
	s.g.Expect(v.Text()).To(ContainSubstring("opens no menu"))

	elsewhere := s.loggedIn(someone)
	v.Open("/profile")
	s.g.Expect(v.Text()).To(And(ContainSubstring("No second factor is set up"), ContainSubstring(owner), Not(ContainSubstring(other))))
	v.Open(v.Links()["Set up a second factor"])
	before, key := v.Session(), v.ShownSecret()
	v.Submit("/profile/second-factor", visitor.Fields{"code": "000000"})
	s.g.Expect(v.Status).To(Equal(http.StatusUnprocessableEntity))
	s.g.Expect(v.ShownSecret()).To(Equal(key))
	v.Submit("/profile/second-factor", visitor.Fields{"code": v.AppCode(s.clock.Now())})
	s.g.Expect(v.Text()).To(ContainSubstring("The second factor is set up."))
	s.g.Expect(v.Session()).NotTo(Equal(before))
	s.g.Expect(v.Open("/menus/1/account/1/Sites").Status).To(Equal(http.StatusOK))
	s.g.Expect(v.Open("/").Links()).To(And(HaveKey("Sites"), HaveKey("Server Status")))
	s.g.Expect(elsewhere.Open("/profile").At.Path).To(Equal("/login"), "whoever was logged in elsewhere is not any more")

	v.Open("/profile/second-factor")
	another := visitor.Fields{"code": v.AppCode(s.clock.Now()), "password": "wrong"}
	v.Submit("/profile/second-factor", another)
	s.g.Expect(v.Status).To(Equal(http.StatusUnprocessableEntity), "a session is not enough to replace it")
	s.g.Expect(v.Text()).To(ContainSubstring("The password is wrong."))
	another["password"] = password
	v.Submit("/profile/second-factor", another)
	s.g.Expect(v.Text()).To(ContainSubstring("The second factor is set up."))

	v.Open("/profile/second-factor/remove")
	s.g.Expect(v.Text()).To(And(ContainSubstring("are locked, because they require 2FA"), ContainSubstring(owner)))
	v.Submit("/profile/second-factor/remove", visitor.Fields{"password": "wrong"})
	s.g.Expect(v.Status).To(Equal(http.StatusUnprocessableEntity))
	s.g.Expect(v.Open("/menus/1/account/1/Sites").Status).To(Equal(http.StatusOK))
	v.Open("/profile/second-factor/remove").Submit("/profile/second-factor/remove", visitor.Fields{"password": password})
	s.g.Expect(v.Text()).To(ContainSubstring("The second factor is removed."))
	s.g.Expect(v.Open("/menus/1/account/1/Sites").Status).To(Equal(http.StatusForbidden), "locked again")
	s.g.Expect(v.Open("/profile/second-factor/remove").At.Path).To(Equal("/profile"), "there is none to remove")
}

// A second factor can be set up only with what was shown to the same person.
func TestSecondFactorsAreNotPlanted(t *testing.T) {
	s := open(t)
	thief := s.loggedIn(other).Open("/profile/second-factor")
	form := url.Values{"factor": {thief.Values("/profile/second-factor").Get("factor")}, "code": {thief.AppCode(s.clock.Now())}}
	v := s.loggedIn(someone)
	s.g.Expect(v.Post("/profile/second-factor", form).Status).To(Equal(http.StatusUnprocessableEntity))
	s.g.Expect(s.loggedIn(someone).At.Path).To(Equal("/"), "no code is asked for")
}

func TestMenusOfAPlace(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{Email: someone, Accounts: map[string][]string{"shop": {"Sites"}}, Servers: map[string][]string{"web1": {"SSHUsers"}}})
	v := s.loggedIn(someone).Open("/")
	s.g.Expect(v.Links()).To(And(HaveKey("Server Status"), HaveKey("Configuration"), HaveKey("SSH"), HaveKey("SSH users")))
	for menu, says := range map[string]string{
		"/menus/1/account/1/Sites":         "the permission is granted here",
		"/menus/1/account/1/ServerStatus":  "any permission at this place opens this menu",
		"/menus/1/server/8/Configuration":  "any permission at this place opens this menu",
		"/menus/1/account/1/SSH":           "reaches every account there",
		"/menus/1/account/2/Sites":         "the permission is not granted",
		"/menus/1/account/2/ServerStatus":  "the permission is not granted",
		"/menus/1/account/3/Sites":         "the owner has no such account or server",
		"/menus/1/server/1/FirewallRules":  "the owner has no such account or server",
		"/menus/1/overall/0/Billing":       "the permission is not granted",
		"/menus/1/account/nowhere/Backups": "the owner has no such account or server",
	} {
		s.g.Expect(v.Open(menu).Text()).To(ContainSubstring(says), menu)
	}
	s.g.Expect(s.loggedIn(owner).Open("/menus/1/account/1/Backups").Text()).To(ContainSubstring("the owner may use every menu"))
}

// Who has nothing to do with an owner learns neither that there is one nor what they have.
func TestMenusOfStrangers(t *testing.T) {
	s := open(t)
	v := s.loggedIn(someone)
	said := map[string]string{}
	for _, menu := range []string{"/menus/1/account/1/Sites", "/menus/1/account/99/Sites", "/menus/2/account/3/Sites", "/menus/99/account/1/Sites", "/menus/x/account/1/Sites"} {
		s.g.Expect(v.Open(menu).Status).To(Equal(http.StatusForbidden))
		said[v.Text()] = menu
	}
	s.g.Expect(said).To(HaveLen(1))
	s.g.Expect(v.Text()).To(And(ContainSubstring("you have no permission on this owner’s profile"), Not(ContainSubstring("@"))))
}

func TestWhoWouldBeTold(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{Email: someone, RequireTwoFactor: true, Overall: []string{"Billing"}, Accounts: map[string][]string{"shop": {"TechnicalContact"}}})
	s.grant(owner, reference.Row{Email: guarded, Overall: []string{"AccountTechnical"}, Servers: map[string][]string{"web1": {"TechnicalContact"}}})
	s.grant(owner, reference.Row{Email: newcomer, Overall: []string{"Billing"}})
	o := s.loggedIn(owner).Open("/permissions")
	o.Open(o.Links()["Who would be told"])
	said := []string{}
	for _, dl := range visitor.All(o.Doc, "dl") {
		for _, div := range visitor.All(dl, "div") {
			said = append(said, visitor.TextOf(div))
		}
	}
	s.g.Expect(said).To(Equal([]string{
		"The balance is negative " + someone, "A ticket relating to billing is opened " + someone,
		"A technical ticket about the account shop is opened " + someone, "A technical ticket about the account blog is opened nobody but you",
		"A technical ticket about the server web1 is opened " + guarded,
	}), "nobody without a profile, no overall technical permission, locked menus or not")
}
