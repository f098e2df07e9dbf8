package controllers_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// onlyObserving has a backend report, and write nothing.
func onlyObserving(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeObserve }

// adoptingNothing has a backend's rule leave alone what people held before.
func adoptingNothing(b *v1alpha1.HostingBackend) {
	b.Spec.GrantRules = []v1alpha1.GrantRule{world.Rule("own", v1alpha1.NamespacesSame)}
	b.Spec.GrantRules[0].Adopt = new(false)
}

func tickBilling(row *reference.Row) { row.Overall = append(row.Overall, "Billing") }

var _ = Describe("What a human ticked stays (I4, S49)", func() {
	billing := func() *v1alpha1.PermissionGrant { return world.Overall(world.GrantFor("a", holder), "Billing") }
	// stays has one more thing written to the holder's row, and with it all that is due, and looks for
	// what must be there still.
	stays := func(w *world.World, want string) {
		GinkgoHelper()
		later := world.OnAccount(world.GrantFor("later", holder), "shop", "Sites")
		w.Create(later)
		w.ExpectReady(later, "True/AsDeclared")
		Expect(w.Rows()).To(ContainElement(holder+": "+want+" shop/Sites"), w.Describe)
	}

	// outlived has a grant that was only observed go, the backend enforced, and what it named stay.
	outlived := func(w *world.World, b *v1alpha1.HostingBackend, g *v1alpha1.PermissionGrant) {
		GinkgoHelper()
		w.Delete(g)
		w.ExpectDeleted(g)
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
		stays(w, "Billing")
	}

	It("where a grant of it was only observed, and goes", func() {
		w := world.New(k8s, holder)
		b := w.Backend(onlyObserving)
		g := billing()
		w.Create(g)
		w.ExpectReady(g, "False/ObserveOnly")
		w.Has(reference.Row{Email: holder, Overall: []string{"Billing"}})
		w.RefreshTable(b)
		w.ExpectReady(g, "True/AsDeclared")
		outlived(w, b, g)
	})

	It("where it was there before the grant, which is only observed", func() {
		w := world.New(k8s, holder)
		w.Has(reference.Row{Email: holder, Overall: []string{"Billing"}})
		b := w.Backend(onlyObserving)
		g := billing()
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		w.RefreshTable(b)
		outlived(w, b, g)
	})

	It("while the provider tells nothing of the row, so that nothing is sent", func() {
		w := world.New(k8s, holder)
		w.Has(reference.Row{Email: holder, Overall: []string{"AccountManagement"}})
		b := w.Backend()
		w.ExpectReady(b, "True/Listed")
		w.Fails(faults.Fault{Kind: faults.Refuse, Status: 503, Method: http.MethodGet, Path: permissionList + "*/"})
		g := billing()
		w.Create(g)
		w.ExpectReady(g, "Unknown/ProviderUnavailable")
		w.Delete(g)
		Eventually(func() error { return k8s.Get(w.Ctx, client.ObjectKeyFromObject(g), g) }, oneInterval).ShouldNot(Succeed())
		w.Edits(holder, tickBilling)
		w.Fails()
		stays(w, "AccountManagement Billing")
		Expect(w.Writes()).To(BeEquivalentTo(1))
	})

	It("while the provider refuses what is sent", func() {
		w := world.New(k8s, holder)
		w.Has(reference.Row{Email: holder, Overall: []string{"AccountManagement"}})
		w.Fails(faults.Fault{Kind: faults.Refuse, Status: 403, Method: http.MethodPatch})
		w.Backend(adoptingNothing)
		g := billing()
		w.Create(g)
		w.ExpectReady(g, "False/Forbidden")
		w.Edits(holder, tickBilling)
		w.Delete(g)
		w.ExpectDeleted(g)
		w.Fails()
		stays(w, "AccountManagement Billing")
	})

	It("while one of two grants is refused, and the other written by itself", func() {
		w := world.New(k8s, holder)
		w.Has(reference.Row{Email: holder, Overall: []string{"AccountManagement"}})
		w.Fails(faults.Fault{Kind: faults.Refuse, Status: 400, Method: http.MethodPatch, Contains: `"billing":true`})
		b := w.Backend(adoptingNothing)
		w.ExpectReady(b, "True/Listed")
		stopManager()
		g, other := billing(), world.OnAccount(world.GrantFor("other", holder), "blog", "FTP")
		w.Create(g)
		w.Create(other)
		stopManager = startManager()
		w.ExpectReady(other, "True/AsDeclared")
		w.ExpectReady(g, "False/RefusedByProvider")
		w.Edits(holder, tickBilling)
		w.Delete(g)
		w.ExpectDeleted(g)
		w.Delete(other)
		w.ExpectDeleted(other)
		w.Fails()
		stays(w, "AccountManagement Billing")
	})

	It("while its invitation waits for a turn", func() {
		w := world.New(k8s)
		b := w.Backend(adoptingNothing, func(b *v1alpha1.HostingBackend) { b.Spec.Invitations.PerMinute = 1 })
		first := world.Overall(world.GrantFor("first", newcomer), "Billing")
		w.Create(first)
		w.ExpectReady(first, "True/AsDeclared")
		g := billing()
		w.Create(g)
		w.ExpectReady(g, "False/MailQueued")
		w.Has(reference.Row{Email: holder, Overall: []string{"Billing"}})
		w.Delete(g)
		w.ExpectDeleted(g)
		w.RefreshTable(b)
		stays(w, "Billing")
	})

	It("where a grant that takes over nothing names it, and goes", func() {
		w := world.New(k8s, holder)
		w.Has(reference.Row{Email: holder, Overall: []string{"Billing"}})
		w.Backend(adoptingNothing)
		g := billing()
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		w.Delete(g)
		w.ExpectDeleted(g)
		stays(w, "Billing")
	})
})

var _ = Describe("What a person held before a grant named it", func() {
	reads := func(w *world.World) int64 { return w.Provider.Counters().Operations["GetPermission"] }

	It("is the grant's where it is enforced, and goes with it, for one read of the row", func() {
		w := world.New(k8s, holder)
		w.Has(reference.Row{Email: holder, Overall: []string{"AccountManagement", "Billing"}})
		b := w.Backend()
		g := world.Overall(world.GrantFor("a", holder), "Billing")
		w.Create(g)
		adopted := HaveField("Status.Applied", ConsistOf(And(HaveField("Adopted", true), HaveField("Rights", ConsistOf(HaveField("Permissions", ConsistOf(BeEquivalentTo("Billing"))))))))
		Eventually(w.Record).WithArguments(holder).Should(adopted, w.Describe)
		w.ExpectReady(g, "True/AsDeclared")

		By("looking again and again")
		w.RefreshTable(b)
		w.RefreshTable(b)
		Expect(reads(w)).To(BeEquivalentTo(1))
		Expect(w.Writes()).To(BeZero())
		w.Delete(g)
		w.ExpectDeleted(g)
		Expect(w.Rows()).To(ConsistOf(holder + ": AccountManagement"))
	})

	It("is the grant's once a backend that was observed is enforced", func() {
		w := world.New(k8s, holder)
		w.Has(reference.Row{Email: holder, Overall: []string{"Billing"}})
		b := w.Backend(onlyObserving)
		g := world.Overall(world.GrantFor("a", holder), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
		Eventually(w.Record).WithArguments(holder).Should(HaveField("Status.Applied", HaveLen(1)), w.Describe)
		w.Delete(g)
		w.ExpectDeleted(g)
		Expect(w.Rows()).To(BeEmpty())
	})
})
