package browser

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/reference/credentials"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// TestWholeStory lives through all of it at once: a manifest, the manager as a process, the
// provider with its mails and pages, and a person with a browser.
func TestWholeStory(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(2 * time.Minute)
	SetDefaultEventuallyPollingInterval(100 * time.Millisecond)
	RunSpecs(t, "The whole story")
}

var cluster = world.Cluster{Fast: true}

var _ = cluster.Register(controllers.Scheme())

var _ = It("From a grant for an unknown address to leaving and coming back", func() {
	w := cluster.New("ann@acme.example")
	w.Backend()
	cluster.StartManager(world.NoLeaderElection)
	// A table that is suddenly empty would not be believed at all (I2).
	other := world.Overall(world.GrantFor("accounting", "ann@acme.example"), "Billing")
	w.Create(other)
	w.ExpectReady(other, "True/AsDeclared")
	g := world.OnAccount(world.GrantFor("site-work", newcomer), "shop", "Sites")
	g.Spec.RequireTwoFactor = true
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Conditions(g)).To(HaveKeyWithValue("AllActive", "False/Invited"))
	Eventually(w.Invitation).WithArguments(newcomer).Should(Equal(v1alpha1.InvitationSent))
	Expect(w.Record(newcomer).Status.TwoFactor).To(Equal(v1alpha1.TwoFactorUnknown), "there is no profile yet")

	By("following the link of the mail")
	z := newBrowser(GinkgoTB(), w.Provider.Origin(), w.Provider.CABundle(), "whole")
	z.open(mailedLink(GinkgoTB(), w.Mails, newcomer)).look("1-initialise")
	Expect(z.text()).To(And(ContainSubstring(world.Owner+" gives you permissions"), ContainSubstring("2FA required")))
	key := eval[string](z, `document.querySelector("code.key").textContent.replaceAll(" ", "")`)
	z.fill("password", password).fill("repeat", password).fill("code", z.appCode(time.Now())).click("Initialise the profile").look("2-initialised")
	z.click("Log out")

	By("logging in with both factors")
	later := func() string { // the code just used works once
		code, err := credentials.Code(key, time.Now().Add(30*time.Second))
		Expect(err).NotTo(HaveOccurred())
		return code
	}
	z.logIn(newcomer, password, later).look("3-menus")
	z.click("Sites").look("4-granted")
	Expect(z.status).To(BeEquivalentTo(200))
	sites := z.path()
	z.open(strings.Replace(sites, "Sites", "Databases", 1)).look("5-not-granted")
	Expect(z.status).To(BeEquivalentTo(403))
	Expect(z.text()).To(ContainSubstring("the permission is not granted"))

	By("what the manager says of it")
	Eventually(func(gm Gomega) {
		record := w.Record(newcomer)
		gm.Expect(record.Status.Person).To(Equal(v1alpha1.PersonActive))
		gm.Expect(record.Status.TwoFactor).To(Equal(v1alpha1.TwoFactorEnabled))
		gm.Expect(record.Status.Invitation.State).To(Equal(v1alpha1.InvitationAccepted))
		gm.Expect(w.Conditions(g)).To(HaveKeyWithValue("AllActive", "True/Active"))
		gm.Expect(g.Status.Subjects.WithoutTwoFactor).To(BeZero())
	}).Should(Succeed())

	By("giving everything up under My Permissions")
	z.click("My Permissions").click("Remove all of " + world.Owner).look("6-leaving")
	z.click("Remove them all").look("7-left")
	z.open(sites)
	Expect(z.status).To(BeEquivalentTo(403))
	w.ExpectReady(g, "False/Relinquished")
	w.ExpectReady(w.Record(newcomer), "False/Relinquished")
	w.Relists(2)
	Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing"), "respected on the next intervals")

	By("being asked again by a change of the grant")
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) {
		g.Spec.Accounts[0].Permissions = append(g.Spec.Accounts[0].Permissions, "Statistics")
	})
	w.ExpectReady(g, "True/AsDeclared")
	z.open(sites).look("8-again")
	Expect(z.status).To(BeEquivalentTo(200))
	Expect(w.Mailed(newcomer)).To(Equal(1), "one mail for the whole story")
	w.ExpectKstatusConsistent()
})
