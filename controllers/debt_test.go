package controllers_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// permissionList is the path of the list that one reading costs.
const permissionList = "/v1/permission/"

var _ = Describe("What was given is not forgotten", func() {
	gone := func(w *world.World, g *v1alpha1.PermissionGrant) {
		GinkgoHelper()
		Eventually(func() error { return k8s.Get(w.Ctx, client.ObjectKeyFromObject(g), g) }, oneInterval).Should(MatchError(ContainSubstring("not found")))
	}
	paid := func(w *world.World) {
		GinkgoHelper()
		Eventually(w.Rows, 3*oneInterval).Should(BeEmpty())
		Eventually(w.NothingLeft, 2*oneInterval).WithArguments("ann@acme.example").Should(BeTrue())
	}

	It("when the answer to a creation was lost and the grant is deleted before the next list", func() {
		quickly := testkit.Fast
		quickly.FinalizerTimeout = time.Second
		restartManager(quickly)
		w := world.New(k8s, "ann@acme.example")
		// Who, accounts, servers, the table, the row: then the creation, and nothing more is heard.
		Expect(w.Provider.SetFaults(faults.Fault{Kind: faults.LoseAnswer, Method: http.MethodPost}, faults.Fault{Kind: faults.Cut, Method: http.MethodGet, After: 5})).To(Succeed())
		b := w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		Eventually(w.Rows).Should(HaveLen(1))
		Expect(k8s.Delete(w.Ctx, g)).To(Succeed())
		gone(w, g)
		Expect(w.Rows()).To(HaveLen(1))
		Expect(w.Record("ann@acme.example").Status.Owed).NotTo(BeEmpty(), "nobody saw that it is not there")
		Expect(w.Provider.SetFaults()).To(Succeed())
		Eventually(w.Rows, 3*oneInterval).Should(BeEmpty())
		after(w, b, 6*time.Minute) // nor may it be done a second time any more
		paid(w)
	})

	It("when one list wrongly shows nobody", func() {
		w := world.New(k8s, "ann@acme.example")
		b := w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		noWrites := faults.Fault{Kind: faults.Refuse, Status: 503, Method: http.MethodDelete}
		Expect(w.Provider.SetFaults(noWrites)).To(Succeed())
		Expect(k8s.Delete(w.Ctx, g)).To(Succeed())
		Eventually(func() []v1alpha1.OwedRights { return w.Record("ann@acme.example").Status.Owed }).Should(HaveLen(1))
		Expect(w.Provider.SetFaults(noWrites, faults.Fault{Kind: faults.Empty, Method: http.MethodGet, Path: permissionList})).To(Succeed())
		w.RefreshTable(b)
		Consistently(func() *v1alpha1.AccessRecord { return w.Record("ann@acme.example") }, "3s").Should(HaveField("Status.Owed", HaveLen(1))) // another reading would be another sighting
		Expect(w.Provider.SetFaults()).To(Succeed())
		w.RefreshTable(b)
		paid(w)
	})

	It("when the deletion policy becomes Revoke right before the deletion", func() {
		w := world.New(k8s, "ann@acme.example")
		b := w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		g.Spec.DeletionPolicy = v1alpha1.DeletionRetain
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		w.RefreshTable(b)
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.DeletionPolicy = v1alpha1.DeletionRevoke })
		Expect(k8s.Delete(w.Ctx, g)).To(Succeed())
		gone(w, g)
		Expect(w.Rows()).To(BeEmpty())
	})
})
