package scenarios_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("S13 two grants of one thing", func() {
	w := begin(ann)
	w.Backend()
	first, last := billing("first", ann), billing("last", ann)
	for _, g := range []*v1alpha1.PermissionGrant{first, last} {
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
	}
	w.Delete(first)
	w.ExpectDeleted(first)
	Expect(w.Opens(ann, "Billing")).To(BeTrue())
	w.ExpectReady(last, "True/AsDeclared")
	w.Delete(last)
	w.ExpectDeleted(last)
	Expect(w.Opens(ann, "Billing")).To(BeFalse())
	Expect(w.Rows()).To(BeEmpty())
})

var _ = It("S15 moved from one grant to another", func() {
	w := begin(ann)
	w.Backend(carefully)
	old := billing("old", ann)
	w.Create(old)
	w.ExpectReady(old, "True/AsDeclared")
	stop := w.Guard(ann, "Billing")
	creations, removals := w.Provider.Counters().Operations["CreatePermission"], w.Provider.Counters().Operations["DeletePermission"]

	By("a rename in Git: the old goes and the new comes in one go, ten times over")
	for i := range 10 {
		fresh := world.OnAccount(billing(world.Name("new", i), ann), "shop", "Sites")
		w.Delete(old)
		w.Create(fresh)
		w.ExpectDeleted(old)
		w.ExpectReady(fresh, "True/AsDeclared")
		old = fresh
	}
	asked, refused := stop()
	Expect(asked).To(BeNumerically(">", 50))
	Expect(refused).To(BeZero(), "of %d", asked)
	Expect(w.Provider.Counters().Operations["CreatePermission"]).To(Equal(creations))
	Expect(w.Provider.Counters().Operations["DeletePermission"]).To(Equal(removals))
})

var _ = It("S16 what was there before us", func() {
	w := begin(ann, bob)
	for _, email := range []string{ann, bob} {
		w.Has(reference.Row{Email: email, Overall: []string{"AccountTechnical"}, Accounts: map[string][]string{"blog": {"Sites"}}})
	}
	b := w.Backend()
	g := world.OnAccount(billing("a", ann), "shop", "Sites")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	w.Delete(g)
	w.ExpectDeleted(g)
	w.RefreshTable(b)
	Expect(w.Rows()).To(ConsistOf(ann+": AccountTechnical blog/Sites", bob+": AccountTechnical blog/Sites"))

	By("deleting the backend")
	again := world.OnAccount(billing("b", ann), "shop", "Sites")
	w.Create(again)
	w.ExpectReady(again, "True/AsDeclared")
	w.Delete(b)
	w.ExpectDeleted(b)
	Expect(w.Rows()).To(ConsistOf(ann+": AccountTechnical Billing blog/Sites shop/Sites", bob+": AccountTechnical blog/Sites"))
})

var _ = It("S17 people whom no grant names", func(ctx SpecContext) {
	w := enter(ann, bob)
	metrics := freeAddress()
	start("--metrics-secure=false", "--metrics-bind-address="+metrics)
	w.Has(reference.Row{Email: bob, Overall: []string{"Billing"}})
	b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Inventory = v1alpha1.InventoryRecords })
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	Eventually(func() *v1alpha1.AccessRecord { return w.Record(bob) }).ShouldNot(BeNil())
	w.ExpectReady(w.Record(bob), "True/Undeclared")
	Eventually(func() map[string]string { return w.Conditions(b) }).Should(HaveKeyWithValue("UndeclaredAccess", HavePrefix("True/")))
	Expect(testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), "get", "hbackend", "-n", w.Namespace, "-o", "jsonpath={.items[0].status.counts.undeclared}")).To(Equal("1"))
	Eventually(scraped).WithContext(ctx).WithArguments(metrics).Should(ContainSubstring(
		`hostgrant_backend_people{backend="acme",namespace="%s",state="undeclared"} 1`, w.Namespace))
	w.ExpectUnchanged(w.Rows, ConsistOf(ann+": Billing", bob+": Billing"))
	Expect(w.Opens(bob, "Billing")).To(BeTrue())
})
