package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
	"github.com/hostgrant/hostgrant/internal/timing"
)

var _ = Describe("A PermissionGrant", func() {
	It("gives a known person what it says, with one write", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		g := world.OnAccount(world.Overall(world.GrantFor("ann", "Ann@ACME.example"), "Billing"), "shop", "Sites", "FTP")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing shop/FTP shop/Sites"))
		Expect(w.Allowed("ann@acme.example", hosting.ScopeAccount, "shop", "Sites", false)).To(BeTrue())
		Expect(w.Allowed("ann@acme.example", hosting.ScopeAccount, "blog", "Sites", false)).To(BeFalse())
		Expect(w.Provider.Counters().Writes).To(BeEquivalentTo(1))
		Expect(w.Conditions(g)).To(HaveKeyWithValue("AllActive", "True/Active"))
		r := w.Record("ann@acme.example")
		w.Kstatus(r)
		Expect(r.Status.Person).To(Equal(v1alpha1.PersonActive))
	})

	It("has an unknown person invited, once", func() {
		w := world.New(k8s)
		w.Backend()
		g := world.Overall(world.GrantFor("new", "new@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Eventually(w.Mails.Mails).Should(HaveLen(1))
		Expect(w.Mails.Mails()[0].To).To(ConsistOf("new@acme.example"))
		Expect(w.Conditions(g)).To(HaveKeyWithValue("AllActive", "False/Invited"))
		Expect(w.Allowed("new@acme.example", hosting.ScopeOverall, "", "Billing", false)).To(BeFalse())
		Expect(w.Provider.AcceptInvitation(w.Ctx, "new@acme.example")).To(Succeed())
		Expect(w.Allowed("new@acme.example", hosting.ScopeOverall, "", "Billing", false)).To(BeTrue())
	})

	It("revokes, when deleted, only what no other grant names (S13)", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		a := world.OnAccount(world.GrantFor("a", "ann@acme.example"), "shop", "Sites", "FTP")
		b := world.OnAccount(world.GrantFor("b", "ann@acme.example"), "shop", "Sites")
		w.Create(a)
		w.Create(b)
		w.ExpectReady(a, "True/AsDeclared")
		w.ExpectReady(b, "True/AsDeclared")
		Expect(k8s.Delete(w.Ctx, a)).To(Succeed())
		Eventually(func() error { return k8s.Get(w.Ctx, client.ObjectKeyFromObject(a), a) }).Should(MatchError(ContainSubstring("not found")))
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: shop/Sites"), "revoked before the grant is gone")
		w.ExpectReady(b, "True/AsDeclared")
		Expect(k8s.Delete(w.Ctx, b)).To(Succeed())
		Eventually(w.Rows).Should(BeEmpty())
		Eventually(w.NothingLeft).WithArguments("ann@acme.example").Should(BeTrue())
	})

	It("leaves what it gave with deletionPolicy Retain", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		g := world.OnAccount(world.GrantFor("a", "ann@acme.example"), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.DeletionPolicy = v1alpha1.DeletionRetain })
		Expect(k8s.Delete(w.Ctx, g)).To(Succeed())
		Eventually(w.NothingLeft).WithArguments("ann@acme.example").Should(BeTrue())
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: shop/Sites"))
	})

	It("never touches what no grant named (I4, additive)", func() {
		w := world.New(k8s, "ann@acme.example", "bob@acme.example")
		_, err := w.Provider.AddRow(w.Ctx, world.Owner, reference.Row{Email: "ann@acme.example", Accounts: map[string][]string{"blog": {"Domains"}}}, false)
		Expect(err).NotTo(HaveOccurred())
		_, err = w.Provider.AddRow(w.Ctx, world.Owner, reference.Row{Email: "bob@acme.example", Overall: []string{"Billing"}}, false)
		Expect(err).NotTo(HaveOccurred())
		b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Inventory = v1alpha1.InventoryRecords })
		g := world.OnAccount(world.GrantFor("a", "ann@acme.example"), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: blog/Domains shop/Sites", "bob@acme.example: Billing"))
		Eventually(func() map[string]string { return w.Conditions(b) }).Should(HaveKeyWithValue("UndeclaredAccess", "True/Undeclared"))
		Eventually(func(g Gomega) {
			r := w.Record("bob@acme.example")
			g.Expect(r).NotTo(BeNil())
			g.Expect(w.Conditions(r)).To(HaveKeyWithValue("Declared", "False/Undeclared"))
			g.Expect(r.Status.Permissions).To(BeEquivalentTo(1))
		}).Should(Succeed())
		Expect(k8s.Delete(w.Ctx, g)).To(Succeed())
		Eventually(w.Rows).Should(ConsistOf("ann@acme.example: blog/Domains", "bob@acme.example: Billing"))
	})

	It("joins the changes of 50 grants for one person into at most 3 writes (I3)", func() {
		restartManager(timing.Timing{})
		w := world.New(k8s, "ann@acme.example")
		w.ExpectReady(w.Backend(), "True/Listed")
		grants := make([]*v1alpha1.PermissionGrant, 50)
		var all errgroup.Group
		for i := range grants {
			grants[i] = world.OnAccount(world.GrantFor(world.Name("g", i), "ann@acme.example"), []string{"shop", "blog", "intranet"}[i%3],
				[]v1alpha1.AccountPermission{"Sites", "FTP", "SSH", "Domains", "Databases"}[i%5])
			grants[i].Namespace = w.Namespace
			all.Go(func() error { return k8s.Create(w.Ctx, grants[i]) })
		}
		Expect(all.Wait()).To(Succeed())
		Eventually(w.Ready, time.Minute).Should(Equal(len(grants)))
		Expect(w.Provider.Counters().Writes).To(And(BeNumerically(">=", 1), BeNumerically("<=", 3)))
	})

	It("reaches people through Profiles, Teams and PermissionSets", func() {
		w := world.New(k8s, "ann@acme.example", "bob@acme.example")
		w.Backend()
		w.Create(&v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Spec: v1alpha1.ProfileSpec{Email: "ann@acme.example", DisplayName: "Ann d'Arc"}})
		w.Create(&v1alpha1.PermissionSet{ObjectMeta: metav1.ObjectMeta{Name: "webmaster"}, Spec: v1alpha1.PermissionSetSpec{PerAccount: []v1alpha1.AccountPermission{"Sites", "Domains"}}})
		g := world.GrantFor("agency")
		g.Spec.Subjects = []v1alpha1.Subject{{TeamRef: &v1alpha1.LocalReference{Name: "agency"}}}
		g.Spec.PermissionSetRefs = []v1alpha1.LocalReference{{Name: "webmaster"}}
		g.Spec.Accounts = []v1alpha1.AccountPermissions{{Names: []v1alpha1.PlaceName{"shop"}}}
		w.Create(g)
		w.ExpectReady(g, "False/ReferenceNotFound")
		team := &v1alpha1.Team{ObjectMeta: metav1.ObjectMeta{Name: "agency"}, Spec: v1alpha1.TeamSpec{Members: []v1alpha1.TeamMember{
			{ProfileRef: &v1alpha1.LocalReference{Name: "ann"}}, {Email: "bob@acme.example"},
		}}}
		w.Create(team)
		w.ExpectReady(g, "True/AsDeclared")
		w.ExpectReady(team, "True/AsDeclared")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: shop/Domains shop/Sites", "bob@acme.example: shop/Domains shop/Sites"))

		By("taking somebody out of the team")
		world.Update(w, team, func(t *v1alpha1.Team) { t.Spec.Members = t.Spec.Members[:1] })
		Eventually(w.Rows).Should(ConsistOf("ann@acme.example: shop/Domains shop/Sites"))

		By("losing the team: absence is no proof")
		Expect(k8s.Delete(w.Ctx, team)).To(Succeed())
		w.ExpectReady(g, "False/ReferenceLost")
		w.ExpectUnchanged(w.Rows, ConsistOf("ann@acme.example: shop/Domains shop/Sites"))
	})

	It("says which account does not exist, and gives the rest (S27)", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		g := world.OnAccount(world.OnAccount(world.GrantFor("a", "ann@acme.example"), "shop", "Sites"), "shoop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "False/PlaceUnknown")
		Expect(w.Conditions(g)).To(HaveKey("Stalled"))
		Expect(g.Status.Issues[0].Message).To(ContainSubstring("account shoop"))
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: shop/Sites"))
	})
})
