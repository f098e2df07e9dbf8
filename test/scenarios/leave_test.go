package scenarios_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("S36 giving up is no drift that a grace ends (I11)", func() {
	w := begin(ann, bob)
	w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.DriftGrace = &metav1.Duration{Duration: time.Second} })
	g := billing("a", ann, bob)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Provider.RemoveRow(w.Ctx, world.Owner, ann)).To(Succeed())
	w.TriggerRefresh()
	w.ExpectReady(g, "False/Relinquished")
	Consistently(w.Rows, 2*time.Second).Should(ConsistOf("bob@acme.example: Billing"), "longer than the grace")
	w.ExpectUnchanged(w.Rows, ConsistOf("bob@acme.example: Billing"))
})

var _ = It("S36 several give up at once, who wait for their turns", func() {
	people := []string{}
	for i := range 12 {
		people = append(people, world.Name("p", i)+"@acme.example")
	}
	w := begin(append(people, bob)...)
	w.Backend()
	g := billing("a", append(people, bob)...)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	for _, email := range people[:8] {
		Expect(w.Provider.RemoveRow(w.Ctx, world.Owner, email)).To(Succeed())
	}
	before := w.Writes()
	w.TriggerRefresh()
	w.ExpectReady(g, "False/Relinquished")
	w.ExpectUnchanged(w.Rows, HaveLen(5))
	Expect(w.Writes()).To(Equal(before))
})

var _ = It("S22 what became due while nothing was written is held whole once it may be", func() {
	w := begin()
	b := w.Backend(carefully, silent)
	grants, table := crew(w, 24)
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeObserve })
	w.ExpectReady(b, "True/Listed")
	for _, g := range grants {
		w.Delete(g)
	}
	for i := range grants {
		Eventually(func() *v1alpha1.AccessRecord { return w.Record(world.Name("p", i) + "@acme.example") }).Should(HaveField("Status.Owed", HaveLen(1)))
	}
	w.ExpectUnchanged(w.Rows, ConsistOf(table))
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
	// Those that became due after the first had settled are in a batch of their own.
	Eventually(func() (people int32) {
		for _, batch := range heldBatches(w, b)() {
			people += batch.People
		}
		return people
	}).Should(BeEquivalentTo(24))
	w.ExpectUnchanged(w.Rows, ConsistOf(table))
})
