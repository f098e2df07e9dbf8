package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// The link that we mail was told by the provider's API, to whoever holds the key: it shows nothing
// about the mailbox.
var _ = Describe("A person whom two owners of a provider invite", func() {
	const newcomer, partner = "new@acme.example", "owner@partner.example"

	invited := func(change ...func(*v1alpha1.HostingBackend)) (*world.World, *v1alpha1.HostingBackend, *v1alpha1.PermissionGrant) {
		w := world.New(k8s)
		w.Gives(partner, newcomer, "Billing")
		if len(change) == 0 {
			change = append(change, w.BySMTP)
		}
		b := w.Backend(change...)
		g := world.OnAccount(world.GrantFor("a", newcomer), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Eventually(w.Mails.Mails).Should(HaveLen(1))
		return w, b, g
	}
	active := func(w *world.World, b *v1alpha1.HostingBackend, g *v1alpha1.PermissionGrant) {
		w.RefreshTable(b)
		Eventually(w.Person).WithArguments(newcomer).Should(Equal(v1alpha1.PersonActive))
		Eventually(func() map[string]string { return w.Conditions(g) }).Should(HaveKeyWithValue("AllActive", "True/Active"))
	}

	It("opens behind our mail what our owner gave, and nothing of the other's", func() {
		w, b, g := invited()
		Expect(w.Provider.AcceptInvitation(w.Ctx, linkIn(w.Mails.Mails()[0].Text))).To(Succeed())
		active(w, b, g)
		Expect(w.Opens(newcomer, "shop/Sites")).To(BeTrue())
		Expect(w.Holds(partner, newcomer, "Billing")).To(BeFalse())
		Expect(w.Provider.AcceptInvitation(w.Ctx, newcomer)).To(Succeed(), "the person in their mailbox")
		Expect(w.Holds(partner, newcomer, "Billing")).To(BeTrue())
	})

	It("waits with what we gave until the mailbox is confirmed where the other was first", func() {
		w, b, g := invited()
		rows, err := w.Provider.Rows(w.Ctx, partner)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.Provider.AcceptInvitation(w.Ctx, rows[0].Link)).To(Succeed())
		Expect(w.Holds(partner, newcomer, "Billing")).To(BeTrue())
		w.RefreshTable(b)
		Expect(w.Person(newcomer)).To(Equal(v1alpha1.PersonInvited))
		Expect(w.Provider.AcceptInvitation(w.Ctx, linkIn(w.Mails.Mails()[0].Text))).NotTo(Succeed())
		Expect(w.Opens(newcomer, "shop/Sites")).To(BeFalse())
		Expect(w.Provider.AcceptInvitation(w.Ctx, newcomer)).To(Succeed())
		active(w, b, g)
		Expect(w.Opens(newcomer, "shop/Sites")).To(BeTrue())
	})

	It("opens all of it behind a mail of the provider", func() {
		w, b, g := invited(func(*v1alpha1.HostingBackend) {})
		Expect(w.Provider.AcceptInvitation(w.Ctx, linkIn(w.Mails.Mails()[0].Text))).To(Succeed())
		active(w, b, g)
		Expect(w.Holds(partner, newcomer, "Billing")).To(BeTrue())
	})
})
