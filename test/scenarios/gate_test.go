package scenarios_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("S22 everything deleted is held; declaring it again clears it", func() {
	w, manager := enter(), start()
	b := w.Backend(carefully, silent)
	grants, table := crew(w, 12)
	Expect(cluster.K8s.DeleteAllOf(w.Ctx, &v1alpha1.PermissionGrant{}, client.InNamespace(w.Namespace))).To(Succeed())
	for _, g := range grants { // a held removal holds up nobody's kubectl delete
		w.ExpectDeleted(g)
	}
	Eventually(heldBatches(w, b)).Should(ConsistOf(And(HaveField("People", BeEquivalentTo(12)), HaveField("Namespace", w.Namespace), HaveField("Released", false))))
	Expect(w.Conditions(b)).To(And(HaveKeyWithValue("RemovalHeld", "True/RemovalLimit"), HaveKeyWithValue("Ready", "True/Listed")))
	r := w.Record("p-000@acme.example")
	w.ExpectReady(r, "False/RemovalLimit")
	Expect(w.Conditions(r)).To(HaveKeyWithValue("RemovalHeld", "True/RemovalLimit"))
	writes := w.Provider.Counters().Writes
	Expect(w.Rows()).To(ConsistOf(table))

	By("a restart")
	settlesIn(w, b, time.Second) // which is counted from the start, and is over before the watch is
	manager.Kill()
	start()
	w.ExpectUnchanged(w.Rows, ConsistOf(table))

	By("declaring everything again")
	for i := range grants {
		w.Create(world.Overall(world.GrantFor(world.Name("g", i), world.Name("p", i)+"@acme.example"), "Billing"))
	}
	Eventually(w.Ready, time.Minute).Should(Equal(12))
	Eventually(heldBatches(w, b)).Should(BeEmpty())
	Expect(w.Conditions(b)).NotTo(HaveKey("RemovalHeld"))
	Expect(w.Rows()).To(ConsistOf(table))
	Expect(w.Provider.Counters().Writes).To(Equal(writes))
})

var _ = It("S23 a batch that was named goes, and not what came later", func() {
	w := begin()
	b := w.Backend(carefully, silent)
	grants, table := crew(w, 8)
	for _, g := range grants[:5] {
		w.Delete(g)
	}
	Eventually(heldBatches(w, b)).Should(HaveLen(1))
	first := b.Status.HeldRemovals[0]
	Expect(first.People).To(BeEquivalentTo(5))
	By("one more goes, and one comes back")
	w.Delete(grants[5])
	w.Create(world.Overall(world.GrantFor("back", "p-000@acme.example"), "Billing"))
	Eventually(heldBatches(w, b), time.Minute).Should(HaveLen(2))
	Expect(b.Status.HeldRemovals[0]).To(And(HaveField("Digest", first.Digest), HaveField("People", BeEquivalentTo(4))))
	Expect(w.Rows()).To(ConsistOf(table))
	By("naming the first")
	approval := w.Approve(first.Digest)
	Eventually(w.Rows).Should(ConsistOf(table[0], table[5], table[6], table[7]))
	w.ExpectReady(approval, "True/Approved")
	Expect(approval.Status.Removed.People).To(BeEquivalentTo(4))
	Eventually(heldBatches(w, b)).Should(ConsistOf(And(HaveField("Digest", Not(Equal(first.Digest))), HaveField("People", BeEquivalentTo(1)))))
	w.ExpectUnchanged(w.Rows, ConsistOf(table[0], table[5], table[6], table[7]))
	w.ExpectReady(b, "True/Listed")
})

var _ = It("S51 what trickles in counts over a day", func() {
	w := begin()
	b := w.Backend(carefully, silent)
	settlesIn(w, b, time.Second) // they go one by one
	grants, table := crew(w, 6)
	for i := range 3 {
		w.Delete(grants[i])
		Eventually(w.Rows).Should(ConsistOf(table[i+1:]))
	}
	w.Delete(grants[3])
	Eventually(heldBatches(w, b)).Should(ConsistOf(HaveField("People", BeEquivalentTo(1))))
	w.ExpectUnchanged(w.Rows, ConsistOf(table[3:]))
})

var _ = It("S51 settles from the first sighting on, however many follow", func() {
	const settle = 8 * time.Second
	w := begin()
	w.Backend(silent, func(b *v1alpha1.HostingBackend) {
		b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Settle: &metav1.Duration{Duration: settle}}
	})
	grants, table := crew(w, 9)
	w.Delete(grants[0])
	r := w.Record("p-000@acme.example")
	Eventually(func() map[string]string { return w.Conditions(r) }).Should(HaveKeyWithValue("Ready", "False/RemovalSettling"))
	w.Kstatus(r)
	Eventually(time.Now).Should(BeTemporally(">=", r.Status.Owed[0].Since.Add(settle/2)))
	Expect(w.Rows()).To(ConsistOf(table))
	anew := time.Now().Add(settle)
	w.Delete(grants[1])
	Eventually(w.Opens).WithArguments("p-000@acme.example", "Billing").Should(BeFalse())
	Expect(time.Now()).To(BeTemporally("<", anew), "the second did not begin the first one's wait anew")
	Eventually(w.Rows).Should(ConsistOf(table[2:]))
})

var _ = It("S46 a bounded history", func() {
	w := begin(ann)
	w.Backend()
	g := world.OnAccount(billing("a", ann), "shop", "Sites")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Provider.RemoveRow(w.Ctx, world.Owner, ann)).To(Succeed())
	w.Delete(g)
	other := world.Overall(world.GrantFor("b", ann), "AccountManagement")
	w.Create(other)
	w.ExpectReady(other, "True/AsDeclared")
	w.Delete(other)
	Eventually(w.Rows).Should(BeEmpty())
	Eventually(w.NothingLeft).WithArguments(ann).Should(BeTrue())
	var told []string
	for _, c := range w.Record(ann).Status.History {
		told = append(told, fmt.Sprint(c.Kind, " ", c.Permissions, " ", c.Causes, " ", c.Grants))
	}
	Expect(told).To(Equal([]string{
		"Revoked 1 [ContributionRemoved] " + w.Namespace + "/b", "Granted 1 [] " + w.Namespace + "/b", "Granted 2 [] " + w.Namespace + "/a",
	}))
})
