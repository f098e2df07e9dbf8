package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
)

var _ = Describe("A PermissionGrant", func() {
	It("gives a known person what it says, with one write", func() {
		w := newWorld("ann@acme.example")
		w.backend()
		g := onAccount(overall(grantFor("ann", "Ann@ACME.example"), "Billing"), "shop", "Sites", "FTP")
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		Expect(w.rows()).To(ConsistOf("ann@acme.example: Billing shop/FTP shop/Sites"))
		Expect(w.allowed("ann@acme.example", hosting.ScopeAccount, "shop", "Sites", false)).To(BeTrue())
		Expect(w.allowed("ann@acme.example", hosting.ScopeAccount, "blog", "Sites", false)).To(BeFalse())
		Expect(w.provider.Counters().Writes).To(BeEquivalentTo(1))
		Expect(w.conditions(g)).To(HaveKeyWithValue("AllActive", "True/Active"))
		r := w.record("ann@acme.example")
		w.kstatus(r)
		Expect(r.Status.Person).To(Equal(v1alpha1.PersonActive))
	})

	It("has an unknown person invited, once", func() {
		w := newWorld()
		w.backend()
		g := overall(grantFor("new", "new@acme.example"), "Billing")
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		Eventually(w.mails.Mails).Should(HaveLen(1))
		Expect(w.mails.Mails()[0].To).To(ConsistOf("new@acme.example"))
		Expect(w.conditions(g)).To(HaveKeyWithValue("AllActive", "False/Invited"))
		Expect(w.allowed("new@acme.example", hosting.ScopeOverall, "", "Billing", false)).To(BeFalse())
		Expect(w.provider.AcceptInvitation(w.ctx, "new@acme.example")).To(Succeed())
		Expect(w.allowed("new@acme.example", hosting.ScopeOverall, "", "Billing", false)).To(BeTrue())
	})

	It("revokes, when deleted, only what no other grant names (S13)", func() {
		w := newWorld("ann@acme.example")
		w.backend()
		a := onAccount(grantFor("a", "ann@acme.example"), "shop", "Sites", "FTP")
		b := onAccount(grantFor("b", "ann@acme.example"), "shop", "Sites")
		w.create(a)
		w.create(b)
		w.reaches(a, "True/AsDeclared")
		w.reaches(b, "True/AsDeclared")
		Expect(k8s.Delete(w.ctx, a)).To(Succeed())
		Eventually(func() error { return k8s.Get(w.ctx, client.ObjectKeyFromObject(a), a) }).Should(MatchError(ContainSubstring("not found")))
		Expect(w.rows()).To(ConsistOf("ann@acme.example: shop/Sites"), "revoked before the grant is gone")
		w.reaches(b, "True/AsDeclared")
		Expect(k8s.Delete(w.ctx, b)).To(Succeed())
		Eventually(w.rows).Should(BeEmpty())
		Eventually(func() *v1alpha1.AccessRecord { return w.record("ann@acme.example") }).Should(BeNil())
	})

	It("leaves what it gave with deletionPolicy Retain", func() {
		w := newWorld("ann@acme.example")
		w.backend()
		g := onAccount(grantFor("a", "ann@acme.example"), "shop", "Sites")
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.DeletionPolicy = v1alpha1.DeletionRetain })
		Expect(k8s.Delete(w.ctx, g)).To(Succeed())
		Eventually(func() *v1alpha1.AccessRecord { return w.record("ann@acme.example") }).Should(BeNil())
		Expect(w.rows()).To(ConsistOf("ann@acme.example: shop/Sites"))
	})

	It("never touches what no grant named (I4, additive)", func() {
		w := newWorld("ann@acme.example", "bob@acme.example")
		_, err := w.provider.AddRow(w.ctx, owner, reference.Row{Email: "ann@acme.example", Accounts: map[string][]string{"blog": {"Domains"}}}, false)
		Expect(err).NotTo(HaveOccurred())
		_, err = w.provider.AddRow(w.ctx, owner, reference.Row{Email: "bob@acme.example", Overall: []string{"Billing"}}, false)
		Expect(err).NotTo(HaveOccurred())
		b := w.backend(func(b *v1alpha1.HostingBackend) { b.Spec.Inventory = v1alpha1.InventoryRecords })
		g := onAccount(grantFor("a", "ann@acme.example"), "shop", "Sites")
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		Expect(w.rows()).To(ConsistOf("ann@acme.example: blog/Domains shop/Sites", "bob@acme.example: Billing"))
		Eventually(func() map[string]string { return w.conditions(b) }).Should(HaveKeyWithValue("UndeclaredAccess", "True/Undeclared"))
		Eventually(func(g Gomega) {
			r := w.record("bob@acme.example")
			g.Expect(r).NotTo(BeNil())
			g.Expect(w.conditions(r)).To(HaveKeyWithValue("Declared", "False/Undeclared"))
			g.Expect(r.Status.Permissions).To(BeEquivalentTo(1))
		}).Should(Succeed())
		Expect(k8s.Delete(w.ctx, g)).To(Succeed())
		Eventually(w.rows).Should(ConsistOf("ann@acme.example: blog/Domains", "bob@acme.example: Billing"))
	})

	It("joins the changes of 50 grants for one person into at most 3 writes (I3)", func() {
		w := newWorld("ann@acme.example")
		w.backend()
		var grants []*v1alpha1.PermissionGrant
		for i := range 50 {
			g := onAccount(grantFor(name("g", i), "ann@acme.example"), []string{"shop", "blog", "intranet"}[i%3],
				[]v1alpha1.AccountPermission{"Sites", "FTP", "SSH", "Domains", "Databases"}[i%5])
			w.create(g)
			grants = append(grants, g)
		}
		for _, g := range grants {
			w.reaches(g, "True/AsDeclared")
		}
		Expect(w.provider.Counters().Writes).To(And(BeNumerically(">=", 1), BeNumerically("<=", 3)))
	})

	It("reaches people through Profiles, Teams and PermissionSets", func() {
		w := newWorld("ann@acme.example", "bob@acme.example")
		w.backend()
		w.create(&v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Spec: v1alpha1.ProfileSpec{Email: "ann@acme.example", DisplayName: "Ann d'Arc"}})
		w.create(&v1alpha1.PermissionSet{ObjectMeta: metav1.ObjectMeta{Name: "webmaster"}, Spec: v1alpha1.PermissionSetSpec{Account: []v1alpha1.AccountPermission{"Sites", "Domains"}}})
		g := grantFor("agency")
		g.Spec.Subjects = []v1alpha1.Subject{{TeamRef: &v1alpha1.LocalReference{Name: "agency"}}}
		g.Spec.PermissionSetRefs = []v1alpha1.LocalReference{{Name: "webmaster"}}
		g.Spec.Accounts = []v1alpha1.AccountPermissions{{Names: []v1alpha1.PlaceName{"shop"}}}
		w.create(g)
		w.reaches(g, "False/ReferenceNotFound")
		team := &v1alpha1.Team{ObjectMeta: metav1.ObjectMeta{Name: "agency"}, Spec: v1alpha1.TeamSpec{Members: []v1alpha1.TeamMember{
			{ProfileRef: &v1alpha1.LocalReference{Name: "ann"}}, {Email: "bob@acme.example"},
		}}}
		w.create(team)
		w.reaches(g, "True/AsDeclared")
		w.reaches(team, "True/AsDeclared")
		Expect(w.rows()).To(ConsistOf("ann@acme.example: shop/Domains shop/Sites", "bob@acme.example: shop/Domains shop/Sites"))

		By("taking somebody out of the team")
		update(w, team, func(t *v1alpha1.Team) { t.Spec.Members = t.Spec.Members[:1] })
		Eventually(w.rows).Should(ConsistOf("ann@acme.example: shop/Domains shop/Sites"))

		By("losing the team: absence is no proof")
		Expect(k8s.Delete(w.ctx, team)).To(Succeed())
		w.reaches(g, "False/ReferenceLost")
		Consistently(w.rows, 3*time.Second).Should(ConsistOf("ann@acme.example: shop/Domains shop/Sites"))
	})

	It("says which account does not exist, and gives the rest (S27)", func() {
		w := newWorld("ann@acme.example")
		w.backend()
		g := onAccount(onAccount(grantFor("a", "ann@acme.example"), "shop", "Sites"), "shoop", "Sites")
		w.create(g)
		w.reaches(g, "False/PlaceUnknown")
		Expect(w.conditions(g)).To(HaveKey("Stalled"))
		Expect(g.Status.Issues[0].Message).To(ContainSubstring("account shoop"))
		Expect(w.rows()).To(ConsistOf("ann@acme.example: shop/Sites"))
	})
})
