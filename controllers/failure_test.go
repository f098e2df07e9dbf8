package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// oneInterval is how long a spec waits for something that the next reading brings.
const oneInterval = 45 * time.Second

var _ = Describe("When something fails", func() {
	It("a wrong key stalls, and a right one is used at once (S42)", func() {
		w := newWorld("ann@acme.example")
		b := w.backend()
		g := overall(grantFor("a", "ann@acme.example"), "Billing")
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "acme-key"}}

		By("rotating the key at the provider: the old one is refused")
		Expect(w.provider.RotateToken(w.ctx, owner, "another")).To(Succeed())
		update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"token": "wrong"} })
		w.reaches(b, "False/CredentialsRejected")
		w.reaches(g, "False/CredentialsRejected")
		Expect(w.rows()).To(ConsistOf("ann@acme.example: Billing"))

		By("putting the new one into the Secret, with the line end a file brings along")
		update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"token": "another\n"} })
		w.reaches(b, "True/Listed")
		w.reaches(g, "True/AsDeclared")
	})

	It("refuses a Secret that has not opted in or is bound to another address (S50)", func() {
		w := newWorld("ann@acme.example")
		w.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "plain"}, StringData: map[string]string{"token": token, "url": w.provider.URL()}})
		w.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "elsewhere"}, Type: v1alpha1.SecretTypeCredentials,
			StringData: map[string]string{"token": token, "url": "https://somewhere.example/v1/"}})
		b := w.backend(func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.CredentialsSecretRef.Name = "plain" })
		w.reaches(b, "False/CredentialsNotFound")
		update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.CredentialsSecretRef.Name = "elsewhere" })
		w.reaches(b, "False/CredentialsRefused")
		counters := w.provider.Counters()
		Expect(counters.Reads+counters.BadKeys).To(BeZero(), "nothing was sent anywhere")
		update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.CredentialsSecretRef.Name = "acme-key" })
		w.reaches(b, "True/Listed")
	})

	It("a provider without a permission resource stalls and comes back", func() {
		w := newWorld("ann@acme.example")
		w.provider.SetPermissionAPI(false)
		b := w.backend()
		g := overall(grantFor("a", "ann@acme.example"), "Billing")
		w.create(g)
		w.reaches(b, "False/PermissionAPIUnavailable")
		w.reaches(g, "False/PermissionAPIUnavailable")
		w.provider.SetPermissionAPI(true)
		Eventually(func() map[string]string { return w.conditions(g) }, oneInterval).Should(HaveKeyWithValue("Ready", "True/AsDeclared"))
		w.reaches(b, "True/Listed")
		w.reaches(g, "True/AsDeclared")
	})

	It("a provider that is down: what stands stands, what is new waits, deletion is bounded, debts are paid", func() {
		w := newWorld("ann@acme.example", "bob@acme.example")
		b := w.backend()
		old := overall(grantFor("old", "ann@acme.example"), "Billing")
		gone := onAccount(grantFor("gone", "ann@acme.example"), "shop", "Sites")
		w.create(old)
		w.create(gone)
		w.reaches(old, "True/AsDeclared")
		w.reaches(gone, "True/AsDeclared")
		Expect(w.provider.Stop(w.ctx)).To(Succeed())

		By("granting and deleting meanwhile")
		late := overall(grantFor("late", "bob@acme.example"), "Billing")
		w.create(late)
		Expect(k8s.Delete(w.ctx, gone)).To(Succeed())
		Eventually(func() []v1alpha1.OwedRights { return w.record("ann@acme.example").Status.Owed }).Should(HaveLen(1))
		w.reaches(late, "Unknown/ProviderUnavailable")
		Eventually(func() error { return k8s.Get(w.ctx, client.ObjectKeyFromObject(gone), gone) }, oneInterval).Should(MatchError(ContainSubstring("not found")), "the deletion is bounded")
		Expect(w.record("ann@acme.example").Status.Owed).To(HaveLen(1), "the debt is still on the record")

		By("letting two intervals pass: nobody knows any more")
		Eventually(func() map[string]string { return w.conditions(old) }, 3*oneInterval).Should(HaveKeyWithValue("Ready", "Unknown/ProviderUnavailable"))
		w.reaches(b, "Unknown/ProviderUnavailable")

		By("coming back")
		Expect(w.provider.Start(w.ctx)).To(Succeed())
		Eventually(w.rows, 2*oneInterval).Should(ConsistOf("ann@acme.example: Billing", "bob@acme.example: Billing"))
		Eventually(func() map[string]string { return w.conditions(late) }).Should(HaveKeyWithValue("Ready", "True/AsDeclared"))
		w.reaches(old, "True/AsDeclared")
		w.reaches(b, "True/Listed")
		Eventually(func() []v1alpha1.OwedRights { return w.record("ann@acme.example").Status.Owed }).Should(BeEmpty())
	})

	It("puts a change behind our back right at the next reading, and leaves what is not ours", func() {
		w := newWorld("ann@acme.example", "bob@acme.example")
		w.backend()
		g := onAccount(overall(grantFor("a", "ann@acme.example"), "Billing"), "shop", "Sites")
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		Expect(w.provider.EditRow(w.ctx, owner, "ann@acme.example", func(r *reference.Row) {
			r.Overall = []string{"AccountManagement"}
		})).To(Succeed())
		_, err := w.provider.AddRow(w.ctx, owner, reference.Row{Email: "bob@acme.example", Overall: []string{"Billing"}}, false)
		Expect(err).NotTo(HaveOccurred())
		Eventually(w.rows, oneInterval).Should(ConsistOf("ann@acme.example: AccountManagement Billing shop/Sites", "bob@acme.example: Billing"))
		w.reaches(g, "True/AsDeclared")
	})

	It("observes without writing, and acts when told to (I15)", func() {
		w := newWorld("ann@acme.example")
		b := w.backend(func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeObserve })
		g := overall(grantFor("a", "ann@acme.example"), "Billing")
		w.create(g)
		w.reaches(g, "False/ObserveOnly")
		w.reaches(b, "True/Listed")
		Expect(w.provider.Counters().Writes).To(BeZero())
		update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
		w.reaches(g, "True/AsDeclared")
		Expect(w.rows()).To(ConsistOf("ann@acme.example: Billing"))
	})

	It("does nothing while suspended, and everything after", func() {
		w := newWorld("ann@acme.example", "bob@acme.example")
		b := w.backend()
		g := overall(grantFor("a", "ann@acme.example"), "Billing")
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		update(w, g, func(g *v1alpha1.PermissionGrant) {
			g.Spec.Suspend, g.Spec.Overall = true, []v1alpha1.OverallPermission{"AccountManagement"}
		})
		w.reaches(g, "False/Suspended")
		update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = true })
		w.reaches(b, "False/Suspended")
		other := overall(grantFor("b", "bob@acme.example"), "Billing")
		w.create(other)
		w.reaches(other, "False/Suspended")
		Expect(w.rows()).To(ConsistOf("ann@acme.example: Billing"))
		update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = false })
		w.reaches(other, "True/AsDeclared")
		update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Suspend = false })
		w.reaches(g, "True/AsDeclared")
		Expect(w.rows()).To(ConsistOf("ann@acme.example: AccountManagement", "bob@acme.example: Billing"))
		Expect(k8s.Delete(w.ctx, g)).To(Succeed())
		Eventually(w.rows).Should(ConsistOf("bob@acme.example: Billing"))
	})

	It("tells of places that appear later, and gives 'all' on them", func() {
		w := newWorld("ann@acme.example")
		b := w.backend()
		g := grantFor("a", "ann@acme.example")
		all := true
		g.Spec.Accounts = []v1alpha1.AccountPermissions{{All: &all, Permissions: []v1alpha1.AccountPermission{"Usage"}}}
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		Expect(w.rows()).To(ConsistOf("ann@acme.example: blog/Usage intranet/Usage shop/Usage"))
		Expect(w.provider.Seed(w.ctx, reference.Seed{Owners: []reference.SeedOwner{{Email: owner, Accounts: []reference.SeedAccount{{Name: "forum"}}}}})).To(Succeed())
		w.rereads(b)
		Eventually(func() bool { return w.allowed("ann@acme.example", "Account", "forum", "Usage", false) }).Should(BeTrue())
		w.reaches(g, "True/AsDeclared")
	})
})
