package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = Describe("A clock that is wrong (I5)", func() {
	const ann, bob = "ann@acme.example", "bob@acme.example"
	const year = 365 * 24 * time.Hour

	It("takes nothing away while ours is a year ahead of the provider's, and goes on once it is right", func() {
		w := world.NewAt(ahead, k8s, ann, bob)
		b := w.Backend()
		ends := world.Overall(world.GrantFor("ends", ann), "Billing")
		ends.Spec.ExpiresAt = &metav1.Time{Time: time.Now().Add(30 * 24 * time.Hour)}
		leaves := world.OnAccount(world.GrantFor("leaves", bob), "shop", "Sites")
		for _, g := range []*v1alpha1.PermissionGrant{ends, leaves} {
			w.Create(g)
			w.ExpectReady(g, "True/AsDeclared")
		}
		after(w, b, 2*time.Hour) // by now it is an end that somebody meant
		right := &shifted{}
		right.by.Store(ahead.by.Load())
		w.Provider.SetDate(right)

		By("the clock running ahead: it is seen before anything is written, though nothing was read since")
		ahead.shift(year)
		more := world.OnAccount(world.GrantFor("more", ann), "blog", "FTP")
		w.Create(more)
		Eventually(w.Opens).WithArguments(ann, "blog/FTP").Should(BeTrue(), "what is new is given")
		Expect(w.Opens(ann, "Billing")).To(BeTrue())
		w.RefreshTable(b)
		w.ExpectReady(more, "True/AsDeclared")
		Expect(w.Conditions(b)).To(HaveKeyWithValue("ClockSkewed", "True/ClockSkewed"))
		w.ExpectReady(ends, "False/ClockSkewed")
		Expect(w.Conditions(w.Record(ann))).To(HaveKeyWithValue("RemovalHeld", "True/ClockSkewed"))
		w.Delete(leaves)
		Eventually(func() map[string]string { return w.Conditions(w.Record(bob)) }).Should(HaveKeyWithValue("RemovalHeld", "True/ClockSkewed"))
		w.ExpectDeleted(leaves)
		for range 3 {
			w.RefreshTable(b)
			Expect(w.Opens(ann, "Billing")).To(BeTrue())
			Expect(w.Opens(bob, "shop/Sites")).To(BeTrue())
		}
		Expect(b.Status.HeldRemovals).To(BeEmpty())

		By("the clock being put right")
		stopManager()
		ahead.by.Add(-int64(year))
		stopManager = startManager()
		w.ExpectReady(ends, "True/AsDeclared")
		Eventually(w.Opens).WithArguments(bob, "shop/Sites").Should(BeFalse())
		Expect(w.Conditions(b)).NotTo(HaveKey("ClockSkewed"))
		Expect(w.Opens(ann, "Billing")).To(BeTrue())
		Eventually(func() map[string]string { return w.Conditions(w.Record(ann)) }).ShouldNot(HaveKey("RemovalHeld"))

		By("the end coming by both clocks")
		w.Provider.SetDate(ahead)
		after(w, b, 30*24*time.Hour)
		w.ExpectReady(ends, "True/Expired")
		Expect(w.Opens(ann, "Billing")).To(BeFalse())
		Expect(w.Opens(ann, "blog/FTP")).To(BeTrue())
	})
})
