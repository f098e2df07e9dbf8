package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// S38: accepted, and grants nothing.
var _ = Describe("A grant that gives nothing", func() {
	const ann = "ann@acme.example"
	set := func(name string, spec v1alpha1.PermissionSetSpec) *v1alpha1.PermissionSet {
		return &v1alpha1.PermissionSet{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
	}
	webmaster := v1alpha1.PermissionSetSpec{PerAccount: []v1alpha1.AccountPermission{"Sites"}}
	withSets := func(g *v1alpha1.PermissionGrant, names ...v1alpha1.ObjectName) *v1alpha1.PermissionGrant {
		for _, name := range names {
			g.Spec.PermissionSetRefs = append(g.Spec.PermissionSetRefs, v1alpha1.LocalReference{Name: name})
		}
		return g
	}
	shop := []v1alpha1.AccountPermissions{{Names: []v1alpha1.PlaceName{"shop"}}}

	It("is not Ready, says what to add, and is once it was added", func() {
		w := world.New(k8s, ann)
		w.Backend()
		w.Create(set("webmaster", webmaster))
		g := withSets(world.GrantFor("a", ann), "webmaster")
		w.Create(g)
		w.ExpectReady(g, "False/NothingGiven")
		Expect(w.Conditions(g)).To(And(HaveKey("Stalled"), HaveKeyWithValue("AllActive", "False/Nobody")))
		Eventually(func() bool { r := w.Record(ann); return r != nil && len(r.Status.Contributions) > 0 }).Should(BeTrue())
		w.ExpectReady(g, "False/NothingGiven")
		Expect(g.Status.Issues).To(ConsistOf(v1alpha1.GrantIssue{
			Subject: "PermissionSet/webmaster", Reason: "NothingGiven",
			Message: "the set lists account permissions and the grant names no account, so it gives nothing; add accounts (names, or all: true) to the grant, or leave the set out",
		}))
		Expect(*g.Status.Subjects).To(Equal(v1alpha1.SubjectCounts{Total: 1}))
		Expect(w.Rows()).To(BeEmpty())
		Expect(w.Opens(ann, "shop/Sites")).To(BeFalse())

		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Accounts = shop })
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Conditions(g)).To(HaveKeyWithValue("AllActive", "True/Active"))
		Expect(g.Status.Issues).To(BeEmpty())
		Expect(w.Opens(ann, "shop/Sites")).To(BeTrue())

		By("taking the account away again")
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Accounts = nil })
		w.ExpectReady(g, "False/NothingGiven")
		Eventually(w.Rows).Should(BeEmpty())
		Expect(w.Opens(ann, "shop/Sites")).To(BeFalse())
	})

	It("mails nobody, also where it requires a second factor", func() {
		w := world.New(k8s)
		b := w.Backend()
		w.Create(set("webmaster", webmaster))
		g := withSets(world.GrantFor("a", newcomer), "webmaster")
		g.Spec.RequireTwoFactor = true
		w.Create(g)
		w.ExpectReady(g, "False/NothingGiven")
		w.RefreshTable(b)
		w.ExpectReady(w.Record(newcomer), "True/AsDeclared")
		Expect(w.Rows()).To(BeEmpty())
		Expect(w.Mails.Mails()).To(BeEmpty())
	})

	It("tells which set gives nothing beside others that do, and gives the rest (S27)", func() {
		w := world.New(k8s, ann)
		w.Backend()
		w.Create(set("webmaster", webmaster))
		w.Create(set("admin", v1alpha1.PermissionSetSpec{PerServer: []v1alpha1.ServerPermission{"SSHUsers"}}))
		g := withSets(world.GrantFor("a", ann), "webmaster", "admin")
		g.Spec.Accounts = shop
		w.Create(g)
		w.ExpectReady(g, "False/NothingGiven")
		Expect(g.Status.Issues).To(HaveExactElements(HaveField("Subject", "PermissionSet/admin")))
		Expect(g.Status.Issues[0].Message).To(ContainSubstring("names no server"))
		Eventually(func() map[string]string { return w.Conditions(g) }).Should(HaveKeyWithValue("AllActive", "True/Active"))
		Expect(g.Status.Subjects.Effective).To(BeEquivalentTo(1))
		Expect(w.Opens(ann, "shop/Sites")).To(BeTrue())
	})
})
