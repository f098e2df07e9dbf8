package seed

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/access"
	"github.com/hostgrant/hostgrant/internal/testkit/visitor"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var (
	sites  = menu{hosting.ScopeAccount, "shop", "Sites"}
	status = menu{hosting.ScopeAccount, "shop", access.MenuServerStatus}
	bills  = menu{hosting.ScopeOverall, "", "Billing"}
)

// boxed checks the "2FA required" box of a grant, or clears it.
func (s *scene) boxed(g *v1alpha1.PermissionGrant, checked bool) {
	GinkgoHelper()
	world.Update(s.World, g, func(g *v1alpha1.PermissionGrant) { g.Spec.RequireTwoFactor = checked })
	s.ExpectReady(g, "True/AsDeclared")
}

func (s *scene) asksSecondFactor(row Row) {
	GinkgoHelper()
	plain, armed := address("plain", row), address("armed", row)
	s.knows(reference.SeedProfile{Email: armed, SeedLogIn: reference.SeedLogIn{Password: password, TOTPSecret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}})
	v := s.person(plain)
	g := s.grant(sites, plain, armed)
	s.apply(g)
	s.opens(v, sites, status)

	By("the box, and the password alone")
	s.boxed(g, true)
	s.shuts(v, access.ReasonTwoFactor, sites, status)
	s.shows(v)
	Expect(v.Text()).To(ContainSubstring("2FA required: these menus are locked"))

	By("the box, and both factors")
	a := s.logIn(armed)
	Expect(a.At.Path).To(Equal("/login/code"))
	Expect(a.Open(s.path(sites)).At.Path).To(Equal("/login/code"), "the password alone opens nothing")
	code, err := s.Provider.Code(s.Ctx, armed)
	Expect(err).NotTo(HaveOccurred())
	a.Submit("/login/code", visitor.Fields{"code": code})
	s.opens(a, sites, status)

	By("no box any more, and the password alone")
	s.boxed(g, false)
	s.opens(v, sites, status)

	By("the box again, and a second factor set up on the page")
	s.boxed(g, true)
	s.shuts(v, access.ReasonTwoFactor, sites, status)
	v.Open("/profile/second-factor")
	v.Submit("/profile/second-factor", visitor.Fields{"code": v.AppCode(time.Now())})
	Expect(v.Text()).To(ContainSubstring("The second factor is set up."))
	s.opens(v, sites, status)
	s.shows(v, sites, status)
	s.shuts(v, access.ReasonNotGranted, bills)

	s.withdraw(g)
	s.shuts(v, noRow, sites)
}

func (s *scene) removesAll(row Row) {
	GinkgoHelper()
	email, colleague := address("leaver", row), address("stayer", row)
	s.knows(reference.SeedProfile{Email: colleague})
	s.Gives(partner, email, "Billing")
	v := s.person(email)
	first, second := s.grant(sites, email, colleague), s.grant(bills, email)
	s.apply(first, second)
	s.opens(v, sites, bills)

	v.Open("/permissions/mine")
	Expect(v.Text()).To(And(ContainSubstring("On the profile of "+world.Owner), ContainSubstring("On the profile of "+partner)))
	v.Open(v.Links()["Remove all of "+world.Owner])
	Expect(v.Text()).To(And(ContainSubstring("they will all be removed"), ContainSubstring("Billing"), ContainSubstring("Account shop: Sites"), Not(ContainSubstring(partner))))
	v.Submit(v.At.Path, nil)
	gone := func() {
		GinkgoHelper()
		Expect(v.Open("/permissions/mine").Text()).To(And(Not(ContainSubstring(world.Owner)), ContainSubstring(partner)))
		s.shuts(v, noRow, sites, bills)
		Expect(s.Holds(partner, email, "Billing")).To(BeTrue())
		Expect(s.Opens(colleague, "shop/Sites")).To(BeTrue())
	}
	gone()

	By("what is read next")
	s.RefreshTable(s.backend)
	for _, g := range []*v1alpha1.PermissionGrant{first, second} {
		s.ExpectReady(g, "False/Relinquished")
	}
	s.ExpectReady(s.Record(email), "False/Relinquished")
	for range 2 {
		s.RefreshTable(s.backend)
		gone()
	}

	By("a change of one grant")
	world.Update(s.World, second, func(g *v1alpha1.PermissionGrant) { g.Spec.Overall = []v1alpha1.OverallPermission{"AccountManagement"} })
	s.ExpectReady(second, "True/AsDeclared")
	s.opens(v, menu{hosting.ScopeOverall, "", "AccountManagement"})
	s.shuts(v, access.ReasonNotGranted, sites, bills)

	s.withdraw(first, second)
	s.shuts(v, noRow, menu{hosting.ScopeOverall, "", "AccountManagement"})
	Expect(s.Holds(partner, email, "Billing")).To(BeTrue())
}

var invitation = regexp.MustCompile(`https://\S+/initialise/[A-Z2-7]+`)

func (s *scene) invites(row Row) {
	GinkgoHelper()
	unknown, known := address("unknown", row), address("known", row)
	there := s.person(known)
	g := s.grant(sites, unknown, known)
	s.apply(g)
	s.opens(there, sites)
	Eventually(s.Mailed).WithArguments(unknown).Should(Equal(1))
	Expect(s.Opens(unknown, "shop/Sites")).To(BeFalse(), "a row is no access")
	Expect(s.Person(unknown)).To(Equal(v1alpha1.PersonInvited))

	By("the link of the mail")
	var to string
	for _, mail := range s.Mails.Mails() {
		if mail.To[0] == unknown {
			to = invitation.FindString(mail.Text)
		}
	}
	path, ours := strings.CutPrefix(to, s.Provider.Origin())
	Expect(ours).To(BeTrue(), to)
	v := visitor.New(GinkgoTB(), s.Provider.Origin(), s.Provider.CABundle()).Open(path)
	Expect(v.Status).To(Equal(http.StatusOK))
	Expect(v.Text()).To(And(ContainSubstring(world.Owner+" gives you permissions"), ContainSubstring("Account shop: Sites")))
	v.Submit(path, visitor.Fields{"password": password, "repeat": password})
	Expect(v.Text()).To(ContainSubstring("Your profile is initialised"))
	s.opens(v, sites, status)
	s.shows(v, sites, status)
	s.opens(s.logIn(unknown), sites)
	Expect(v.Open(path).Status).To(Equal(http.StatusGone), "it works once")

	By("what is read next")
	for range 2 {
		s.RefreshTable(s.backend)
	}
	Eventually(s.Person).WithArguments(unknown).Should(Equal(v1alpha1.PersonActive))
	s.withdraw(g)
	s.shuts(v, noRow, sites)
	Expect([]int{s.Mailed(unknown), s.Mailed(known)}).To(Equal([]int{1, 0}))
}
