package scenarios_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// crowd is so many people without a profile, and the table that grants on Billing make.
func crowd(n int) (emails, table []string) {
	for i := range n {
		emails = append(emails, world.Name("p", i)+"@acme.example")
		table = append(table, emails[i]+": Billing")
	}
	return emails, table
}

// eachMailedOnce checks that everybody got one mail, also a moment later.
func eachMailedOnce(w *world.World, emails []string) {
	GinkgoHelper()
	counts := func() map[string]int {
		arrived := map[string]int{}
		for _, email := range emails {
			arrived[email] = w.Mailed(email)
		}
		return arrived
	}
	Eventually(counts).Should(HaveEach(1))
	w.ExpectUnchanged(counts, HaveEach(1))
}

var _ = It("S08 killed again and again", func() {
	emails, table := crowd(25)
	w := enter()
	// Ten writes a second leave time to kill a manager in proxy.
	w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.RateLimit.WritesPerMinute = 600 })
	for i, email := range emails {
		w.Create(billing(world.Name("g", i), email))
	}
	for _, size := range []int{1, 6, 13, 20} {
		manager := start()
		Eventually(func() int { return len(w.Rows()) }, time.Minute, 2*time.Millisecond).Should(BeNumerically(">=", size))
		manager.Kill()
	}
	start()
	Eventually(w.Ready).Should(Equal(len(emails)))
	Expect(w.Rows()).To(ConsistOf(table))
	eachMailedOnce(w, emails)
})

var _ = It("S08 the status write after each creation refused", func() {
	emails, table := crowd(10)
	w := begin()
	b := w.Backend()
	lift := w.RefuseStatus(cluster.Own, world.NoRow)
	for i, email := range emails {
		w.Create(billing(world.Name("g", i), email))
	}
	Eventually(w.Rows).Should(ConsistOf(table))
	w.ExpectUnchanged(w.Ready, BeZero(), "nobody can say so")
	lift()
	Eventually(w.Ready).Should(Equal(len(emails)))
	w.RefreshTable(b)
	Expect(w.Rows()).To(ConsistOf(table))
	Expect(w.Provider.Counters().Operations["CreatePermission"]).To(BeEquivalentTo(len(emails)))
	eachMailedOnce(w, emails)
})

var _ = It("S08 stale answers", func() {
	emails, table := crowd(10)
	w := begin()
	w.Fails(faults.Fault{Kind: faults.Stale, Method: http.MethodGet})
	b := w.Backend()
	w.ExpectReady(b, "True/Listed")
	for i, email := range emails {
		w.Create(billing(world.Name("g", i), email))
	}
	Eventually(w.Rows).Should(ConsistOf(table))
	w.RefreshTable(b) // a table that still shows nobody
	w.ExpectUnchanged(w.Rows, ConsistOf(table))
	w.Fails()
	w.RefreshTable(b)
	Eventually(w.Ready).Should(Equal(len(emails)))
	Expect(w.Provider.Counters().Operations["CreatePermission"]).To(BeEquivalentTo(len(emails)))
	eachMailedOnce(w, emails)
})
