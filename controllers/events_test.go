package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("each write is told by an event of its own, which says what was given", func() {
	w := world.New(k8s, newcomer)
	w.Backend()
	g := world.Overall(world.GrantFor("a", newcomer), "Billing")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { world.Overall(g, "AccountTechnical") })
	Eventually(func(check Gomega) {
		list := &eventsv1.EventList{}
		check.Expect(w.K8s.List(w.Ctx, list, client.InNamespace(w.Namespace))).To(Succeed())
		var notes []string
		for _, e := range list.Items {
			if e.Reason == v1alpha1.EventGranted {
				notes = append(notes, e.Note)
			}
		}
		check.Expect(notes).To(ConsistOf(ContainSubstring("Billing"), ContainSubstring("AccountTechnical")))
	}).Should(Succeed())
})
