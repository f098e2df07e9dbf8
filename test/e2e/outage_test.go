package e2e_test

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = Describe("While the Kubernetes API is away", long, func() {
	It("a restart of it restarts no manager, and is caught up with", func(ctx SpecContext) {
		w := cluster.New("ann@acme.example", "bob@acme.example")
		b := w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "AccountTechnical", "Billing")
		w.Create(g)
		manager := cluster.StartManager("--leader-elect", "--leader-election-namespace="+testkit.Installed.Namespace)
		w.ExpectReady(g, "True/AsDeclared")

		killAPIServer()
		Expect(w.Provider.EditRow(ctx, world.Owner, "ann@acme.example", withoutBilling)).To(Succeed())
		cluster.StartAPIServer()

		Eventually(func() error { return cluster.K8s.Get(ctx, client.ObjectKeyFromObject(g), g) }).Should(Succeed())
		late := world.Overall(world.GrantFor("late", "bob@acme.example"), "Billing")
		w.Create(late)
		Eventually(w.Rows, 3*interval).Should(ConsistOf("ann@acme.example: AccountTechnical Billing", "bob@acme.example: Billing"))
		w.ExpectReady(late, "True/AsDeclared")
		w.ExpectReady(g, "True/AsDeclared")
		w.ExpectReady(b, "True/Listed")
		Expect(manager.Ended).NotTo(BeClosed(), "it is the same process")
	})

	It("nothing is written at the provider that cannot be remembered first", func(ctx SpecContext) {
		w := cluster.New("ann@acme.example")
		b := w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "AccountTechnical", "Billing")
		w.Create(g)
		manager := cluster.StartManager(world.NoLeaderElection)
		w.ExpectReady(g, "True/AsDeclared")
		// A status that waits to be written would have the backend looked at ever more rarely.
		Eventually(func() (*v1alpha1.BackendCounts, error) {
			err := cluster.K8s.Get(ctx, client.ObjectKeyFromObject(b), b)
			return b.Status.Counts, err
		}).Should(HaveValue(HaveField("Managed", BeEquivalentTo(1))))

		killAPIServer()
		Expect(w.Provider.EditRow(ctx, world.Owner, "ann@acme.example", withoutBilling)).To(Succeed())
		before := w.Provider.Counters()
		settled(w) // the table is still being read
		Expect(w.Provider.Counters().Writes).To(Equal(before.Writes))
		cluster.StartAPIServer()

		Eventually(w.Rows, 3*interval).Should(ConsistOf("ann@acme.example: AccountTechnical Billing"))
		Eventually(func() error { return cluster.K8s.Get(ctx, client.ObjectKeyFromObject(g), g) }).Should(Succeed())
		w.ExpectReady(g, "True/AsDeclared")
		Expect(manager.Ended).NotTo(BeClosed(), "it is the same process")
	})
})

// withoutBilling is what somebody did to a row by hand.
func withoutBilling(r *reference.Row) {
	r.Overall = slices.DeleteFunc(r.Overall, func(p string) bool { return p == "Billing" })
}
