package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// Waits as they ship, where other specs lower them or end before.
var _ = Describe("What is waited for", func() {
	It("what a missing Team gave is kept for an hour, and no longer (S48)", func() {
		w := world.NewAt(ahead, k8s, "ann@acme.example")
		b := w.Backend()
		team := &v1alpha1.Team{ObjectMeta: metav1.ObjectMeta{Name: "t"}, Spec: v1alpha1.TeamSpec{Members: []v1alpha1.TeamMember{{Email: "ann@acme.example"}}}}
		w.Create(team)
		g := world.Overall(world.GrantFor("a"), "Billing")
		g.Spec.Subjects = []v1alpha1.Subject{{TeamRef: &v1alpha1.LocalReference{Name: "t"}}}
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		w.Delete(team)
		w.ExpectReady(g, "False/ReferenceLost")
		after(w, b, 58*time.Minute)
		w.ExpectUnchanged(w.Rows, ConsistOf("ann@acme.example: Billing"))
		after(w, b, 3*time.Minute)
		Eventually(w.Rows).Should(BeEmpty())
		w.ExpectReady(g, "False/ReferenceNotFound")
	})

	It("a grant waits a minute for a record that cannot be written, and no longer (I13)", func() {
		w := world.NewAt(ahead, k8s, "ann@acme.example")
		w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		lift := w.RefuseStatus(k8s, world.NothingAtAll)
		w.Delete(g)
		Eventually(func() []v1alpha1.Contribution { return w.Record("ann@acme.example").Spec.Contributions }).Should(BeEmpty())
		ahead.shift(40 * time.Second) // more than the finalizer's 30 s
		w.ExpectUnchanged(func() error { return k8s.Get(w.Ctx, client.ObjectKeyFromObject(g), g) }, Succeed())
		ahead.shift(25 * time.Second)
		w.ExpectDeleted(g)
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing"), "nothing is done that cannot be remembered")
		lift()
		Eventually(w.Rows).Should(BeEmpty())
	})
})
