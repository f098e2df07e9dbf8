package scenarios_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("S36 giving up all one has (I11)", func(ctx SpecContext) {
	w := begin(ann, bob)
	w.Backend()
	w.Has(reference.Row{Email: "eve@acme.example", Overall: []string{"Billing"}})
	a, other := billing("a", ann), world.OnAccount(world.GrantFor("b", ann, bob), "shop", "Sites")
	for _, g := range []*v1alpha1.PermissionGrant{a, other} {
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
	}
	Expect(w.Provider.RemoveRow(w.Ctx, world.Owner, ann)).To(Succeed())
	w.TriggerRefresh()
	w.ExpectReady(a, "False/Relinquished")
	w.ExpectReady(other, "False/Relinquished")
	w.ExpectReady(w.Record(ann), "False/Relinquished")
	Eventually(func() (string, error) {
		return testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), "events", "--namespace", w.Namespace, "--for", "accessrecord/"+w.Record(ann).Name)
	}).Should(ContainSubstring(v1alpha1.EventRelinquished), "it is told")
	for range 2 {
		w.TriggerRefresh()
	}
	Expect(w.Rows()).To(ConsistOf("bob@acme.example: shop/Sites", "eve@acme.example: Billing"))

	By("a change of one grant")
	world.Update(w, a, func(g *v1alpha1.PermissionGrant) { g.Spec.Overall = []v1alpha1.OverallPermission{"AccountManagement"} })
	w.ExpectReady(a, "True/AsDeclared")
	Expect(w.Rows()).To(ConsistOf("ann@acme.example: AccountManagement", "bob@acme.example: shop/Sites", "eve@acme.example: Billing"))
	w.ExpectReady(other, "False/Relinquished")

	By("asking again")
	world.Update(w, other, func(g *v1alpha1.PermissionGrant) {
		g.Annotations = map[string]string{v1alpha1.AnnotationAskAgain: "2026-06-01, by phone"}
	})
	w.ExpectReady(other, "True/AsDeclared")
	Expect(w.Rows()).To(ContainElement("ann@acme.example: AccountManagement shop/Sites"))
})

var _ = It("S30 the grace", func() {
	w := begin(ann)
	w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.DriftGrace = &metav1.Duration{Duration: 10 * time.Second} })
	g := world.Overall(world.GrantFor("a", ann), "Billing", "AccountManagement")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	w.Edits(ann, func(r *reference.Row) { r.Overall = []string{"AccountManagement"} })
	w.TriggerRefresh()
	w.ExpectReady(g, "False/Drifted")
	By("what is new is given meanwhile")
	late := world.OnAccount(world.GrantFor("b", ann), "shop", "Sites")
	w.Create(late)
	w.ExpectReady(late, "True/AsDeclared")
	Expect(w.Rows()).To(ConsistOf("ann@acme.example: AccountManagement shop/Sites"))
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Rows()).To(ConsistOf("ann@acme.example: AccountManagement Billing shop/Sites"))
	Expect(w.Record(ann).Status.History[0].Kind).To(Equal(v1alpha1.ChangeDriftCorrected))
})

var _ = It("S11 what never takes effect", func() {
	w := begin(ann)
	w.Backend()
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	// The provider answers that all is well, and changes nothing.
	w.Fails(faults.Fault{Kind: faults.Ignore, Method: http.MethodPatch})
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) {
		g.Spec.Overall = []v1alpha1.OverallPermission{"AccountManagement", "Billing"}
	})
	Eventually(func() map[string]string { return w.Conditions(g) }, 90*time.Second).Should(HaveKeyWithValue("Ready", "False/NotConverging"))
	w.Kstatus(g)
	reads, writes := w.Provider.Counters().Reads, w.Writes()
	Consistently(func() bool { return w.Provider.Counters().Reads <= reads+4 }, 5*time.Second).Should(BeTrue(), "at most a list meanwhile")
	w.ExpectUnchanged(w.Writes, Equal(writes), "it is not tried again")
	w.Fails()
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Overall = []v1alpha1.OverallPermission{"AccountManagement"} })
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Rows()).To(ConsistOf("ann@acme.example: AccountManagement"))
})

var _ = It("S14 Authoritative", func() {
	w := begin(ann, bob, "cyd@acme.example", "dan@acme.example")
	for _, email := range []string{ann, bob, "cyd@acme.example", "dan@acme.example"} {
		w.Has(reference.Row{Email: email, Overall: []string{"ServerTechnical"}})
	}
	w.Edits("dan@acme.example", func(r *reference.Row) { r.RequireTwoFactor = true })
	b := w.Backend(carefully, func(b *v1alpha1.HostingBackend) {
		b.Spec.Mode, b.Spec.Authority = v1alpha1.ModeObserve, v1alpha1.AuthorityAuthoritative
		b.Spec.ProtectedEmails = []v1alpha1.Email{bob}
	})
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "False/ObserveOnly")
	Eventually(func() *v1alpha1.AccessRecord { return w.Record("cyd@acme.example") }).Should(HaveField("Status.Owed", ConsistOf(HaveField("Cause", v1alpha1.CauseUndeclared))))
	Expect(w.Provider.Counters().Writes).To(BeZero())

	By("enforcing it: three of four would lose something")
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
	w.ExpectReady(g, "True/AsDeclared")
	Eventually(func() []v1alpha1.HeldRemoval { w.Conditions(b); return b.Status.HeldRemovals }).Should(ConsistOf(HaveField("People", BeEquivalentTo(3))))
	Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing ServerTechnical", "bob@acme.example: ServerTechnical", "cyd@acme.example: ServerTechnical", "dan@acme.example: ServerTechnical 2FA"))
	w.ExpectReady(w.Record(bob), "False/Protected")

	By("saying that it is meant")
	w.Approve(b.Status.HeldRemovals[0].Digest)
	Eventually(w.Rows).Should(ConsistOf("ann@acme.example: Billing", "bob@acme.example: ServerTechnical", "dan@acme.example: 2FA"))
})

var _ = It("S40 the Secret goes first (I14)", func(ctx SpecContext) {
	w := begin(ann, bob)
	b := w.Backend()
	g, other := billing("a", ann), billing("b", bob)
	for _, one := range []*v1alpha1.PermissionGrant{g, other} {
		w.Create(one)
		w.ExpectReady(one, "True/AsDeclared")
	}
	keyless := func() {
		GinkgoHelper()
		w.Delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "acme-key"}})
		w.ExpectReady(b, "False/CredentialsNotFound")
	}
	leaves := func(g *v1alpha1.PermissionGrant, email string) {
		GinkgoHelper()
		writes := w.Writes()
		w.Delete(g)
		w.ExpectDeleted(g)
		Expect(w.Opens(email, "Billing")).To(BeTrue(), "nothing is written without a key")
		Expect(w.Writes()).To(Equal(writes))
		Expect(w.Record(email).Status.Owed).To(HaveLen(1))
	}
	keyless()
	late := world.OnAccount(world.GrantFor("late", bob), "shop", "Sites")
	w.Create(late)
	w.ExpectReady(late, "False/BackendNotReady")
	leaves(g, ann)

	By("putting the key back: the debt is paid")
	w.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "acme-key"}, Type: v1alpha1.SecretTypeCredentials,
		StringData: map[string]string{"token": world.Token, "url": w.Provider.URL()},
	})
	Eventually(w.Rows).Should(ConsistOf(bob + ": Billing shop/Sites"))
	w.ExpectReady(late, "True/AsDeclared")

	By("deleting the backend instead: it says what is left")
	keyless()
	leaves(other, bob)
	w.Delete(b)
	w.ExpectDeleted(b)
	Eventually(func() (string, error) {
		return testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), "get", "events", "-n", w.Namespace, "-o", `jsonpath={.items[?(@.reason=="Abandoned")].message}`)
	}).Should(ContainSubstring("Due to be taken away: " + w.Record(bob).Name))
	Expect(w.Rows()).To(ConsistOf(bob + ": Billing shop/Sites"))
})
