package scenarios_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("S25 S29 sixty grants, nothing to do", func() {
	w := begin()
	w.Backend(silent, world.Often)
	crew(w, 60)
	w.Relists(1)
	w.Relists(1) // the last ripple is gone

	By("watching intervals, each begun by a list")
	began := time.Now()
	before, versions := w.Provider.Counters(), w.Versions()
	w.Relists(4)
	after, intervals := w.Provider.Counters(), int64(time.Since(began)/time.Second)+1
	lists := after.Operations["ListPermissions"] - before.Operations["ListPermissions"]
	Expect(lists).To(BeNumerically("<=", intervals))
	Expect(after.Reads-before.Reads).To(BeNumerically("<=", (lists+1)*4), "the table, the profile, the accounts, the servers")
	Expect(after.Writes).To(Equal(before.Writes))
	Expect(w.Versions()).To(Equal(versions), "no object was written")
})

var _ = It("S26 an account that is gone, a person who cannot be helped", func() {
	w := begin(ann, bob)
	b := w.Backend(world.Often)
	// The provider refuses whatever concerns bob.
	w.Fails(faults.Fault{Kind: faults.Refuse, Status: 400, Method: http.MethodPost, Contains: bob})
	helpless, orphan := billing("helpless", bob), world.OnAccount(world.GrantFor("orphan", ann), "blog", "Sites")
	w.Create(helpless)
	w.Create(orphan)
	w.ExpectReady(orphan, "True/AsDeclared")
	Expect(w.Provider.RemovePlace(w.Ctx, world.Owner, hosting.ScopeAccount, "blog")).To(Succeed())
	w.RefreshTable(b)
	fine := billing("fine", ann, nobody)
	w.Create(fine)
	w.ExpectReady(fine, "True/AsDeclared")
	w.ExpectReady(helpless, "False/RefusedByProvider")
	w.ExpectReady(orphan, "False/PlaceUnknown")
	w.ExpectReady(b, "True/Listed")
	Expect(w.Rows()).To(ConsistOf(ann+": Billing", nobody+": Billing"))
})

var _ = It("S27 one invalid entry", func() {
	w := begin(ann, bob)
	w.Backend()
	bad := world.OnAccount(world.OnAccount(world.GrantFor("bad", ann, bob), "shop", "Sites"), "nowhere", "Sites")
	w.Create(bad)
	w.ExpectReady(bad, "False/PlaceUnknown")
	Expect(bad.Status.Conditions).To(ContainElement(HaveField("Message", ContainSubstring("nowhere"))))
	Eventually(w.Rows).Should(ConsistOf(ann+": shop/Sites", bob+": shop/Sites"))
})

var _ = It("S28 new work beside a backlog", func() {
	var emails []string
	for i := range 50 {
		emails = append(emails, world.Name("p", i)+"@acme.example")
	}
	w := begin(append(emails, ann)...)
	b := w.Backend()
	g := world.Overall(billing("all", emails...), "AccountTechnical")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")

	By("fifty people to be put right at two writes a second")
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.RateLimit.WritesPerMinute = 120 })
	w.ExpectReady(b, "True/Listed")
	for _, email := range emails {
		w.Edits(email, withoutBilling)
	}
	right := func() (count int) {
		for _, email := range emails {
			if w.Opens(email, "Billing") {
				count++
			}
		}
		return count
	}
	w.TriggerRefresh()
	Eventually(right).Should(BeNumerically(">", 2))
	before, late := right(), billing("late", ann)
	w.Create(late)
	Eventually(w.Opens).WithArguments(ann, "Billing").Should(BeTrue())
	Expect(right()).To(BeNumerically("<", before+20), "before the rest of the backlog")
	Eventually(right).Should(Equal(50), "and the backlog drains")
	w.ExpectReady(g, "True/AsDeclared")
})

var _ = It("S30 an interval of its own", func() {
	slow, quick := enter(ann), enter(ann)
	start()
	for w, interval := range map[*world.World]time.Duration{slow: time.Hour, quick: time.Second} {
		w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Interval.Duration = interval })
		g := world.Overall(billing("a", ann), "AccountTechnical")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		w.Edits(ann, withoutBilling)
	}
	lists := slow.Lists()
	Eventually(quick.Opens, time.Minute).WithArguments(ann, "Billing").Should(BeTrue())
	Expect(slow.Lists()).To(Equal(lists))
	Expect(slow.Opens(ann, "Billing")).To(BeFalse())
})

var _ = It("S31 every way to fail", func() {
	write := faults.Fault{Method: http.MethodPost, Path: permissions, Times: 2}
	read := faults.Fault{Method: http.MethodGet, Path: permissions + "*/", Times: 2}
	var all []*world.World
	start()
	for _, pattern := range []faults.Fault{write, read} {
		for _, f := range []faults.Fault{
			{Kind: faults.Refuse, Status: 429}, {Kind: faults.Refuse, Status: 429, For: 2 * time.Second}, {Kind: faults.Refuse, Status: 503},
			{Kind: faults.Hang}, {Kind: faults.Cut}, {Kind: faults.LoseAnswer}, {Kind: faults.Truncate}, {Kind: faults.Delay, For: 3 * time.Second},
		} {
			f.Method, f.Path, f.Times = pattern.Method, pattern.Path, pattern.Times
			w := enter(ann)
			w.Fails(f)
			w.Backend(world.Often)
			w.Create(billing("a", ann, bob, nobody))
			w.Create(world.OnAccount(world.GrantFor("b", nobody), "shop", "Sites"))
			all = append(all, w)
		}
	}
	for _, w := range all {
		Eventually(w.Ready, 3*time.Minute).Should(Equal(2), func() string { return w.Describe() })
		Expect(w.Rows()).To(ConsistOf(ann+": Billing", bob+": Billing", nobody+": Billing shop/Sites"))
		eachMailedOnce(w, []string{bob, nobody})
		Expect(w.Mailed(ann)).To(BeZero())
	}
})
