package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// billingOf is a row as somebody ticked it by hand.
func billingOf(email string) reference.Row {
	return reference.Row{Email: email, Overall: []string{"Billing"}}
}

var _ = Describe("A grant follows its people", func() {
	It("where they are only observed: it names who differs, counts, and is Ready once nobody does", func() {
		w := world.New(k8s, "ann@acme.example", "bob@acme.example")
		w.Has(billingOf("ann@acme.example"))
		w.Has(billingOf(newcomer))
		b := w.Backend(onlyObserving)
		same := world.Overall(world.GrantFor("same", "ann@acme.example", newcomer), "Billing")
		differs := world.OnAccount(world.Overall(world.GrantFor("differs", "ann@acme.example", "bob@acme.example", newcomer), "Billing"), "shop", "Sites")
		w.Create(same)
		w.Create(differs)

		By("naming what differs, and only that")
		w.ExpectReady(same, "True/AsDeclared")
		Expect(*same.Status.Subjects).To(Equal(v1alpha1.SubjectCounts{Total: 2, Effective: 2, Invited: 1}))
		w.ExpectReady(differs, "False/ObserveOnly")
		Eventually(func() *v1alpha1.SubjectCounts { _ = w.Conditions(differs); return differs.Status.Subjects }).Should(
			HaveValue(Equal(v1alpha1.SubjectCounts{Total: 3, Invited: 1, Failed: 3})))
		Expect(differs.Status.Conditions).To(ContainElement(And(HaveField("Type", "Ready"), HaveField("Message", And(
			HavePrefix("the HostingBackend's mode is Observe, and 3 of 3 people would change: "),
			ContainSubstring("AccessRecord/%s: to add: account shop: Sites;", access.RecordName(b.Name, "ann@acme.example")),
			ContainSubstring("AccessRecord/%s: to add: account shop: Sites; Billing", access.RecordName(b.Name, "bob@acme.example")))))))
		Expect(w.Record("bob@acme.example").Status.Pending).To(Equal(&v1alpha1.PendingChange{
			Add: []v1alpha1.NamedRights{
				{Scope: v1alpha1.ScopeAccount, Places: []string{"shop"}, Permissions: []string{"Sites"}}, {Scope: v1alpha1.ScopeOverall, Permissions: []string{"Billing"}},
			}, AddCount: 2, Invite: true, BlockedBy: v1alpha1.ReasonObserveOnly,
		}))

		By("somebody accepting their invitation, which changes nothing of the grants")
		Expect(w.Conditions(same)).To(HaveKeyWithValue("AllActive", "False/Invited"))
		Expect(w.Provider.AcceptInvitation(w.Ctx, newcomer)).To(Succeed())
		w.RefreshTable(b)
		Eventually(func() map[string]string { return w.Conditions(same) }).Should(HaveKeyWithValue("AllActive", "True/Active"))
		Eventually(func() map[string]string { return w.Conditions(differs) }).Should(HaveKeyWithValue("AllActive", "False/ObserveOnly"))
		Expect(same.Status.Subjects.Invited + differs.Status.Subjects.Invited).To(BeZero())

		By("somebody ticking by hand what is missing")
		onShop := func(row *reference.Row) { row.Accounts = map[string][]string{"shop": {"Sites"}} }
		w.Edits("ann@acme.example", onShop)
		w.Edits(newcomer, onShop)
		bob := billingOf("bob@acme.example")
		onShop(&bob)
		w.Has(bob)
		w.RefreshTable(b)
		w.ExpectReady(differs, "True/AsDeclared")
		Expect(w.Conditions(differs)).To(HaveKeyWithValue("AllActive", "True/Active"))
		Expect(w.Record("bob@acme.example").Status.Pending).To(BeNil())
		Expect(w.Record("bob@acme.example").Status.Live).To(ContainElement(HaveField("Names", HaveExactElements("shop"))))
		Expect(w.Provider.Counters().Writes).To(BeZero())
		Expect(w.Mails.Mails()).To(BeEmpty())

		By("somebody losing it while the grant is suspended")
		world.Update(w, same, func(g *v1alpha1.PermissionGrant) { g.Spec.Suspend = true })
		w.ExpectReady(same, "False/Suspended")
		Expect(w.Conditions(same)).To(HaveKeyWithValue("AllActive", "True/Active"))
		w.Edits("ann@acme.example", func(row *reference.Row) { row.Overall = nil })
		w.RefreshTable(b)
		Eventually(func() *v1alpha1.SubjectCounts { _ = w.Conditions(same); return same.Status.Subjects }).Should(
			HaveValue(Equal(v1alpha1.SubjectCounts{Total: 2, Effective: 1, Failed: 1})))
		Eventually(func() map[string]string { return w.Conditions(same) }).Should(HaveKeyWithValue("AllActive", "False/ObserveOnly"))
	})

	It("and tells of what is pending with no write more on the way to Ready (I9)", func() {
		w := world.New(k8s)
		w.ExpectReady(w.Backend(), "True/Listed")
		watching, err := client.NewWithWatch(config, client.Options{Scheme: controllers.Scheme()})
		Expect(err).NotTo(HaveOccurred())
		watcher, err := watching.Watch(w.Ctx, &v1alpha1.AccessRecordList{}, client.InNamespace(w.Namespace))
		Expect(err).NotTo(HaveOccurred())
		defer watcher.Stop()
		g := world.OnAccount(world.Overall(world.GrantFor("a", newcomer), "Billing"), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		w.ExpectReady(w.Record(newcomer), "True/AsDeclared")
		versions := map[string]bool{}
		for !versions[w.Record(newcomer).ResourceVersion] {
			versions[(<-watcher.ResultChan()).Object.(client.Object).GetResourceVersion()] = true
		}
		Expect(versions).To(HaveLen(4), "it is created, contributed to, and its status is written before and after the provider is")
		Expect(w.Record(newcomer).Status.Pending).To(BeNil())
	})

	It("and has one of them mailed again, and nobody else", func() {
		w := world.New(k8s)
		b := w.Backend(week)
		g := world.Overall(world.GrantFor("a", newcomer, "other@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		for _, email := range []string{newcomer, "other@acme.example"} {
			Eventually(w.Mailed).WithArguments(email).Should(Equal(1))
			inState(w, email, v1alpha1.InvitationSent)
		}
		resend(w, g, "please="+access.RecordName(b.Name, newcomer)+",nobody")
		Eventually(w.Mailed).WithArguments(newcomer).Should(Equal(2))
		Eventually(func() []v1alpha1.GrantIssue { _ = w.Conditions(g); return g.Status.Issues }).Should(ConsistOf(And(
			HaveField("Reason", v1alpha1.ReasonResendIgnored), HaveField("Message", HavePrefix("not mailed: nobody;")))))
		w.ExpectReady(g, "True/AsDeclared")
		w.ExpectUnchanged(func() int { return w.Mailed("other@acme.example") }, Equal(1))
		resend(w, g, "please="+access.RecordName(b.Name, "other@acme.example"))
		Eventually(w.Mailed).WithArguments("other@acme.example").Should(Equal(2))
		Expect(w.Mailed(newcomer)).To(Equal(2))
	})
})
