package e2e_test

import (
	"net/http"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = Describe("Two managers", long, func() {
	It("only the holder of the lease writes, also where one was frozen while it held it (I16)", func() {
		const people, before = 40, 10
		emails, table := strangers(people)
		w := cluster.New()
		var holder atomic.Pointer[testkit.Process]
		var writes, failures atomic.Int64
		endpoint, authority := w.ThroughProxy(world.Proxy{Before: func(r *http.Request) bool {
			if r.Method == http.MethodGet || writes.Add(1) != before {
				return true
			}
			if err := holder.Load().Freeze(); err != nil { // with this write on its way
				failures.Add(1)
			}
			return true
		}})
		backend := w.Backend(func(b *v1alpha1.HostingBackend) {
			b.Spec.Endpoint.URL, b.Spec.Endpoint.CABundle = endpoint, authority
			b.Spec.RateLimit.WritesPerMinute = 300 // so slow that two people are in the act
		})
		start := func() *testkit.Process {
			return cluster.StartManager("--leader-elect", "--leader-election-namespace="+testkit.Installed.Namespace)
		}
		first := start()
		holder.Store(first)
		w.ExpectReady(backend, "True/Listed")
		second := start()
		for i, email := range emails {
			w.Create(world.Overall(world.GrantFor(world.Name("g", i), email), "Billing"))
		}

		By("freezing the first: the second waits until the lease has run out, and goes on")
		Eventually(writes.Load).Should(BeNumerically(">=", before))
		Consistently(writes.Load, "10s").Should(BeNumerically("<=", before+1), "two people at most are in the act")
		Eventually(w.Ready, 3*time.Minute).Should(Equal(people))
		Expect(w.Rows()).To(ConsistOf(table))
		nextList(w)

		By("letting the first go on: it writes nothing, and ends")
		done := writes.Load()
		Expect(first.Thaw()).To(Succeed())
		Eventually(first.Ended, time.Minute).Should(BeClosed())
		Expect(writes.Load()).To(Equal(done))
		Expect(failures.Load()).To(BeZero())
		Expect(second.Ended).NotTo(BeClosed())
		Expect(w.Rows()).To(ConsistOf(table))
		Eventually(recipients).WithArguments(w).Should(HaveLen(people))
		Expect(recipients(w)).To(HaveEach(1))
	})
})
