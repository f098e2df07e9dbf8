package controllers_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// oneInterval is how long a spec waits for something that the next reading brings.
const oneInterval = 45 * time.Second

var _ = Describe("When something fails", func() {
	// tooOld has lists fail in a way, and the clock go on by more than two intervals while one of them lasts.
	tooOld := func(w *world.World, f faults.Fault) {
		GinkgoHelper()
		readings := asked(w, "ListServers") // which comes before the list
		f.Method, f.Path = http.MethodGet, "/v1/permission/"
		w.Fails(f)
		Eventually(asked).WithArguments(w, "ListServers").Should(BeNumerically(">", readings))
		ahead.shift(3 * time.Second)
	}

	It("a wrong key stalls, and a right one is used at once (S42)", func() {
		w := world.New(k8s, "ann@acme.example")
		b := w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "acme-key"}}

		By("rotating the key at the provider: the old one is refused")
		Expect(w.Provider.RotateToken(w.Ctx, world.Owner, "another")).To(Succeed())
		world.Update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"token": "wrong"} })
		w.ExpectReady(b, "False/CredentialsRejected")
		w.ExpectReady(g, "False/CredentialsRejected")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing"))

		By("putting the new one into the Secret, with the line end a file brings along")
		world.Update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"token": "another\n"} })
		w.ExpectReady(b, "True/Listed")
		w.ExpectReady(g, "True/AsDeclared")
	})

	It("refuses a Secret that has not opted in or is bound to another address (S50)", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "plain"}, StringData: map[string]string{"token": world.Token, "url": w.Provider.URL()}})
		w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "elsewhere"}, Type: v1alpha1.SecretTypeCredentials,
			StringData: map[string]string{"token": world.Token, "url": "https://somewhere.example/v1/"}})
		b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.CredentialsSecretRef.Name = "plain" })
		w.ExpectReady(b, "False/CredentialsNotFound")
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "False/BackendNotReady") // the provider was not asked, so it refused no key
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.CredentialsSecretRef.Name = "elsewhere" })
		w.ExpectReady(b, "False/CredentialsRefused")
		counters := w.Provider.Counters()
		Expect(counters.Reads+counters.BadKeys).To(BeZero(), "nothing was sent anywhere")
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.CredentialsSecretRef.Name = "acme-key" })
		w.ExpectReady(b, "True/Listed")
	})

	It("a provider without a permission resource stalls and comes back", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Provider.SetPermissionAPI(false)
		b := w.Backend(world.Often)
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(b, "False/PermissionAPIUnavailable")
		w.ExpectReady(g, "False/PermissionAPIUnavailable")
		w.Provider.SetPermissionAPI(true)
		Eventually(func() map[string]string { return w.Conditions(g) }, oneInterval).Should(HaveKeyWithValue("Ready", "True/AsDeclared"))
		w.ExpectReady(b, "True/Listed")
		w.ExpectReady(g, "True/AsDeclared")
	})

	It("a provider that is down: what stands stands, what is new waits, deletion is bounded, debts are paid", func() {
		quickly := testkit.Fast
		quickly.FinalizerTimeout = time.Second
		restartManager(quickly)
		w := world.New(k8s, "ann@acme.example", "bob@acme.example")
		b := w.Backend(world.Often)
		old := world.Overall(world.GrantFor("old", "ann@acme.example"), "Billing")
		gone := world.OnAccount(world.GrantFor("gone", "ann@acme.example"), "shop", "Sites")
		w.Create(old)
		w.Create(gone)
		w.ExpectReady(old, "True/AsDeclared")
		w.ExpectReady(gone, "True/AsDeclared")
		Expect(w.Provider.Stop(w.Ctx)).To(Succeed())

		By("granting and deleting meanwhile")
		late := world.Overall(world.GrantFor("late", "bob@acme.example"), "Billing")
		w.Create(late)
		Expect(k8s.Delete(w.Ctx, gone)).To(Succeed())
		Eventually(func() []v1alpha1.OwedRights { return w.Record("ann@acme.example").Status.Owed }).Should(HaveLen(1))
		w.ExpectReady(late, "Unknown/ProviderUnavailable")
		Eventually(func() error { return k8s.Get(w.Ctx, client.ObjectKeyFromObject(gone), gone) }, oneInterval).Should(MatchError(ContainSubstring("not found")), "the deletion is bounded")
		Expect(w.Record("ann@acme.example").Status.Owed).To(HaveLen(1), "the debt is still on the record")

		By("letting two intervals pass: nobody knows any more")
		Eventually(func() map[string]string { return w.Conditions(old) }, 3*oneInterval).Should(HaveKeyWithValue("Ready", "Unknown/ProviderUnavailable"))
		w.ExpectReady(b, "Unknown/ProviderUnavailable")

		By("coming back")
		Expect(w.Provider.Start(w.Ctx)).To(Succeed())
		Eventually(w.Rows, 2*oneInterval).Should(ConsistOf("ann@acme.example: Billing", "bob@acme.example: Billing"))
		Eventually(func() map[string]string { return w.Conditions(late) }).Should(HaveKeyWithValue("Ready", "True/AsDeclared"))
		w.ExpectReady(old, "True/AsDeclared")
		w.ExpectReady(b, "True/Listed")
		Eventually(func() []v1alpha1.OwedRights { return w.Record("ann@acme.example").Status.Owed }).Should(BeEmpty())
	})

	It("a list that takes longer than two intervals: whoever is written to meanwhile is Ready", func() {
		restartPatiently(time.Minute)
		w := world.New(k8s, "ann@acme.example")
		w.Backend(world.Often)
		before := world.Overall(world.GrantFor("before", "ann@acme.example"), "Billing")
		w.Create(before)
		w.ExpectReady(before, "True/AsDeclared")
		tooOld(w, faults.Fault{Kind: faults.Hang})
		meanwhile := world.OnAccount(world.GrantFor("meanwhile", "ann@acme.example"), "shop", "Sites")
		w.Create(meanwhile)
		w.ExpectReady(meanwhile, "True/AsDeclared")
	})

	It("a list that takes longer than two intervals: what is put off meanwhile is reported when it ends", func() {
		restartPatiently(time.Minute)
		w := world.New(k8s, "ann@acme.example")
		b := w.Backend(world.Often)
		profile := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Spec: v1alpha1.ProfileSpec{Email: "ann@acme.example"}}
		w.Create(profile)
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeObserve })
		w.ExpectReady(b, "True/Listed")
		w.ExpectReady(w.Record("ann@acme.example"), "True/AsDeclared")
		tooOld(w, faults.Fault{Kind: faults.Delay, For: 10 * time.Second})
		world.Update(w, profile, func(p *v1alpha1.Profile) { p.Spec.State = v1alpha1.ProfileSuspended })
		w.ExpectReady(w.Record("ann@acme.example"), "False/ObserveOnly")
	})

	It("puts a change behind our back right at the next reading, and leaves what is not ours", func() {
		w := world.New(k8s, "ann@acme.example", "bob@acme.example")
		w.Backend(world.Often)
		g := world.OnAccount(world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing"), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Provider.EditRow(w.Ctx, world.Owner, "ann@acme.example", func(r *reference.Row) {
			r.Overall = []string{"AccountManagement"}
		})).To(Succeed())
		_, err := w.Provider.AddRow(w.Ctx, world.Owner, reference.Row{Email: "bob@acme.example", Overall: []string{"Billing"}}, false)
		Expect(err).NotTo(HaveOccurred())
		Eventually(w.Rows, oneInterval).Should(ConsistOf("ann@acme.example: AccountManagement Billing shop/Sites", "bob@acme.example: Billing"))
		w.ExpectReady(g, "True/AsDeclared")
	})

	It("observes without writing, and acts when told to (I15)", func() {
		w := world.New(k8s, "ann@acme.example")
		b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeObserve })
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "False/ObserveOnly")
		w.ExpectReady(b, "True/Listed")
		Expect(w.Provider.Counters().Writes).To(BeZero())
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing"))
	})

	It("does nothing while suspended, and everything after", func() {
		w := world.New(k8s, "ann@acme.example", "bob@acme.example")
		b := w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) {
			g.Spec.Suspend, g.Spec.Overall = true, []v1alpha1.OverallPermission{"AccountManagement"}
		})
		w.ExpectReady(g, "False/Suspended")
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = true })
		w.ExpectReady(b, "False/Suspended")
		other := world.Overall(world.GrantFor("b", "bob@acme.example"), "Billing")
		w.Create(other)
		w.ExpectReady(other, "False/Suspended")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing"))
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = false })
		w.ExpectReady(other, "True/AsDeclared")
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Suspend = false })
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: AccountManagement", "bob@acme.example: Billing"))
		Expect(k8s.Delete(w.Ctx, g)).To(Succeed())
		Eventually(w.Rows).Should(ConsistOf("bob@acme.example: Billing"))
	})

	It("tells of places that appear later, and gives 'all' on them", func() {
		w := world.New(k8s, "ann@acme.example")
		b := w.Backend()
		g := world.GrantFor("a", "ann@acme.example")
		all := true
		g.Spec.Accounts = []v1alpha1.AccountPermissions{{All: &all, Permissions: []v1alpha1.AccountPermission{"Usage"}}}
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: blog/Usage intranet/Usage shop/Usage"))
		Expect(w.Provider.Seed(w.Ctx, reference.Seed{Owners: []reference.SeedOwner{{Email: world.Owner, Accounts: []reference.SeedAccount{{Name: "forum"}}}}})).To(Succeed())
		w.RefreshTable(b)
		Eventually(func() bool { return w.Allowed("ann@acme.example", "Account", "forum", "Usage", false) }).Should(BeTrue())
		w.ExpectReady(g, "True/AsDeclared")
	})
})
