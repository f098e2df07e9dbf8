package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = Describe("A template that asks for another mail with every hour (I10)", func() {
	It("has a stranger mailed five times for it, and no more", func() {
		const most = 1 + 5
		w := world.NewAt(ahead, k8s)
		b := w.Backend(week)
		g := world.Overall(world.GrantFor("a", newcomer), "Billing")
		w.Create(g)
		inState(w, newcomer, v1alpha1.InvitationSent)
		Eventually(w.Mailed).WithArguments(newcomer).Should(Equal(1))
		for hour := range 8 {
			resend(w, g, world.Name("at", hour))
			Eventually(func() *v1alpha1.InvitationStatus { return w.Record(newcomer).Status.Invitation }).Should(And(
				HaveField("Asked", BeEquivalentTo(min(5, 1+hour))), HaveField("State", v1alpha1.InvitationSent)))
			mailed(w, min(most, 2+hour))
			after(w, b, 61*time.Minute)
		}
		stays(w, most)
		Eventually(told(w, "ResendIgnored")).Should(BeNumerically(">=", 1))
		w.ExpectReady(g, "True/AsDeclared")
	})
})
