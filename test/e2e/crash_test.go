package e2e_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// strangers are addresses that the provider does not know, and the table that grants on
// Billing to each of them make.
func strangers(n int) (emails, table []string) {
	for i := range n {
		emails = append(emails, world.Name("stranger", i)+"@acme.example")
		table = append(table, emails[i]+": Billing")
	}
	return emails, table
}

// recipients counts the mails that arrived for each address.
func recipients(w *world.World) map[string]int {
	count := map[string]int{}
	for _, mail := range w.Mails.Mails() {
		for _, to := range mail.To {
			count[to]++
		}
	}
	return count
}

var _ = Describe("Killed in the middle", long, func() {
	const people = 100
	emails, table := strangers(people)
	// slowly leaves time to kill a manager in between: ten writes a second.
	slowly := func(b *v1alpha1.HostingBackend) { b.Spec.RateLimit.WritesPerMinute = 600 }
	grantAll := func(w *world.World) {
		GinkgoHelper()
		for i, email := range emails {
			w.Create(world.Overall(world.GrantFor(world.Name("g", i), email), "Billing"))
		}
	}
	// killing kills the manager each time the table has reached a size, and returns the last.
	killing := func(w *world.World, sizes ...int) *testkit.Process {
		GinkgoHelper()
		for _, size := range sizes {
			manager := cluster.StartManager(world.NoLeaderElection)
			Eventually(func() int { return len(w.Rows()) }, 2*time.Minute, 5*time.Millisecond).Should(BeNumerically(">=", size))
			manager.Kill()
		}
		return cluster.StartManager(world.NoLeaderElection)
	}

	It("while the provider mails: the right table, one row and one mail for each (I7)", func(ctx SpecContext) {
		w := cluster.New()
		w.Backend(slowly)
		grantAll(w)
		last := killing(w, 1, 20, 45, 70, 95)
		Eventually(w.Ready, 3*time.Minute).Should(Equal(people))
		Expect(w.Rows()).To(ConsistOf(table))
		Eventually(recipients).WithArguments(w).Should(HaveLen(people))
		Expect(recipients(w)).To(HaveEach(1))

		By("starting once more, with nothing left to do")
		settled(w)
		world.StopManager(ctx, last)
		before, kubernetes := w.Provider.Counters(), cluster.KubernetesWrites(ctx)
		again := cluster.StartManager(world.NoLeaderElection)
		settled(w)
		Expect(w.Provider.Counters().Writes).To(Equal(before.Writes))
		Expect(cluster.KubernetesWrites(ctx)).To(Equal(kubernetes), "writes to the Kubernetes API (I9)")
		Expect(recipients(w)).To(HaveEach(1))
		Expect(again.Ended).NotTo(BeClosed())
	})

	It("while we mail: never two, and whoever may have got none is told of (I7)", func() {
		w := cluster.New()
		w.Backend(slowly, w.BySMTP)
		grantAll(w)
		killing(w, 1, 30, 60, 90)
		Eventually(w.Ready, 3*time.Minute).Should(Equal(people))
		Expect(w.Rows()).To(ConsistOf(table))
		Eventually(func() (untold []string) {
			arrived := recipients(w)
			for _, email := range emails {
				told := arrived[email] == 1 || arrived[email] == 0 && w.Invitation(email) == v1alpha1.InvitationUnknown
				if !told {
					untold = append(untold, fmt.Sprintf("%s: %d mails, %s", email, arrived[email], w.Invitation(email)))
				}
			}
			return untold
		}).Should(BeEmpty())
	})
})

var _ = Describe("Killed right after a row was removed", func() {
	It("and whoever is named again is invited again (I7)", func() {
		w := cluster.New()
		const newcomer = "newcomer@acme.example"
		var victim atomic.Pointer[testkit.Process]
		endpoint, authority := w.ThroughProxy(world.Proxy{After: func(answer *http.Response) error {
			if manager := victim.Load(); manager != nil && answer.Request.Method == http.MethodDelete {
				manager.Kill() // before it can hear that the row is gone
			}
			return nil
		}})
		w.Backend(func(b *v1alpha1.HostingBackend) {
			b.Spec.Endpoint.URL, b.Spec.Endpoint.CABundle = endpoint, authority
		})
		first := cluster.StartManager(world.NoLeaderElection)
		once := world.Overall(world.GrantFor("once", newcomer), "Billing")
		w.Create(once)
		w.ExpectReady(once, "True/AsDeclared")
		Eventually(w.Mailed).WithArguments(newcomer).Should(Equal(1))
		victim.Store(first)
		w.Delete(once)
		Eventually(first.Ended).Should(BeClosed())
		Expect(w.Rows()).To(BeEmpty())

		again := world.Overall(world.GrantFor("again", newcomer), "Billing")
		w.Create(again)
		victim.Store(nil)
		cluster.StartManager(world.NoLeaderElection)
		w.ExpectReady(again, "True/AsDeclared")
		Eventually(w.Mailed).WithArguments(newcomer).Should(Equal(2), "the first link went with the first row")
		Expect(w.Rows()).To(ConsistOf(newcomer + ": Billing"))
	})
})
