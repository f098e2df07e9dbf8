package controllers_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = Describe("A write that is done when we have given it up (I13)", func() {
	// begun is a world in which the one write of a grant was sent, and is done once faults end.
	begun := func(method string, hold bool, rows ...reference.Row) (*world.World, *v1alpha1.HostingBackend, *v1alpha1.PermissionGrant) {
		GinkgoHelper()
		w := world.NewAt(ahead, k8s, holder)
		for _, row := range rows {
			w.Has(row)
		}
		// Whatever is tried after it is refused, so that it is not found to be done already.
		w.Fails(faults.Fault{Kind: faults.Late, Method: method, Hold: hold, Times: 1}, faults.Fault{Kind: faults.Refuse, Status: 403, Method: method})
		b := w.Backend()
		w.ExpectReady(b, "True/Listed")
		g := world.Overall(world.GrantFor("a", holder), "Billing")
		w.Create(g)
		Eventually(w.Writes).Should(BeNumerically(">=", 1), w.Describe)
		return w, b, g
	}
	goes := func(w *world.World, b *v1alpha1.HostingBackend, g *v1alpha1.PermissionGrant) {
		GinkgoHelper()
		w.Delete(g)
		Eventually(func() int {
			r := w.Record(holder)
			if r == nil {
				return 0
			}
			return len(r.Spec.Contributions)
		}).Should(BeZero())
		ahead.shift(time.Minute) // nobody waits for a revocation any longer
		w.ExpectDeleted(g)
		w.RefreshTable(b)
		w.RefreshTable(b)
	}
	// commits lets the write be done after some time, and everything come to rest.
	commits := func(w *world.World, b *v1alpha1.HostingBackend, rest []string, after time.Duration) {
		GinkgoHelper()
		Expect(w.Rows()).To(ConsistOf(rest))
		ahead.shift(after)
		w.Fails()
		Expect(w.Opens(holder, "Billing")).To(BeTrue(), "it is done now")
		w.RefreshTable(b)
		Eventually(w.Rows).Should(ConsistOf(rest), w.Describe)
		ended(w, b)
		Expect(w.Rows()).To(ConsistOf(rest))
	}

	for method, rows := range map[string][]reference.Row{
		http.MethodPost:  nil,
		http.MethodPatch: {{Email: holder, Overall: []string{"AccountManagement"}}},
	} {
		rest := []string{}
		for range rows {
			rest = append(rest, holder+": AccountManagement")
		}
		It("leaves nothing that belongs to nobody ("+method+")", func() {
			w, b, g := begun(method, false, rows...)
			w.ExpectReady(g, "False/Forbidden")
			goes(w, b, g)
			commits(w, b, rest, 0)
		})

		It("leaves nothing also where the manager was stopped while it was on its way ("+method+")", func() {
			w, b, g := begun(method, true, rows...)
			stopManager()
			Expect(w.Record(holder).Status.WriteIntendedAt).NotTo(BeNil())
			stopManager = startManager()
			goes(w, b, g)
			stopManager()
			stopManager = startManager()
			w.RefreshTable(b)
			commits(w, b, rest, 3*time.Minute)
		})

		It("is forgotten five minutes after it, where it is not done ("+method+")", func() {
			w, b, g := begun(method, false, rows...)
			w.ExpectReady(g, "False/Forbidden")
			goes(w, b, g)
			record := w.Record(holder)
			Expect(record.Status.Owed).To(HaveLen(1))
			w.ExpectReady(record, "False/WriteUnanswered")
			reads := w.Provider.Counters().Operations["GetPermission"]
			w.RefreshTable(b)
			Expect(w.Provider.Counters().Operations["GetPermission"]).To(Equal(reads), "nothing is looked for before")
			ended(w, b)
			Expect(w.Rows()).To(ConsistOf(rest))
		})
	}

	It("holds up no other change of the person", func() {
		w, b, g := begun(http.MethodPatch, false, reference.Row{Email: holder, Overall: []string{"AccountManagement"}})
		w.ExpectReady(g, "False/Forbidden")
		w.Delete(g)
		w.Fails() // it is done now
		w.RefreshTable(b)
		Eventually(w.Rows).Should(ConsistOf(holder + ": AccountManagement"))
		other := world.OnAccount(world.GrantFor("b", holder), "shop", "Sites")
		w.Create(other)
		w.ExpectReady(other, "True/AsDeclared")
		w.Delete(other)
		Eventually(w.Rows).Should(ConsistOf(holder + ": AccountManagement"))
		ahead.shift(time.Minute)
		w.ExpectDeleted(other)
		ended(w, b)
	})
})

// ended lets the time pass in which a write may still be done, and waits for the end of the record.
func ended(w *world.World, b *v1alpha1.HostingBackend) {
	GinkgoHelper()
	after(w, b, 6*time.Minute)
	Eventually(w.NothingLeft).WithArguments(holder).Should(BeTrue(), w.Describe)
}
