package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/argocd"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// The script of docs/gitops/argocd over objects as they are at the API server.
var _ = It("is shown by Argo CD as healthy, progressing, degraded, suspended or held", func() {
	w := world.New(k8s)
	shows := func(o client.Object, want string) {
		GinkgoHelper()
		Eventually(func() (string, error) {
			if err := k8s.Get(w.Ctx, client.ObjectKeyFromObject(o), o); err != nil {
				return "", err
			}
			return w.Health(o)
		}).Should(Equal(want), w.Describe)
	}

	By("a grant before its backend is there")
	first := world.Overall(world.GrantFor("a", "a@acme.example"), "Billing")
	w.Create(first)
	shows(first, argocd.Progressing)
	set := &v1alpha1.PermissionSet{ObjectMeta: metav1.ObjectMeta{Name: "watcher"}, Spec: v1alpha1.PermissionSetSpec{PerAccount: []v1alpha1.AccountPermission{"Usage"}}}
	w.Create(set)
	shows(set, argocd.Healthy)

	By("a backend that only observes")
	b := w.Backend(func(b *v1alpha1.HostingBackend) {
		b.Spec.Mode = v1alpha1.ModeObserve
		b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Settle: &metav1.Duration{Duration: 3 * time.Second}}
	})
	shows(b, argocd.Healthy)
	shows(first, argocd.Suspended)

	By("one that enforces")
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
	shows(first, argocd.Healthy)
	second := world.Overall(world.GrantFor("b", "b@acme.example"), "Billing")
	w.Create(second)
	shows(second, argocd.Healthy)
	shows(w.Record("a@acme.example"), argocd.Healthy)

	By("a name that the provider does not have")
	world.Update(w, second, func(g *v1alpha1.PermissionGrant) { world.OnAccount(g, "shpo", "Sites") })
	shows(second, argocd.Degraded)

	By("a grant that is suspended")
	world.Update(w, second, func(g *v1alpha1.PermissionGrant) { g.Spec.Suspend = true })
	shows(second, argocd.Suspended)

	By("everything that is deleted at once, and so held")
	for _, g := range []client.Object{first, second} {
		w.Delete(g)
	}
	for _, g := range []client.Object{first, second} {
		w.ExpectDeleted(g)
	}
	shows(b, argocd.Suspended)
	shows(w.Record("a@acme.example"), argocd.Suspended)
	Expect(w.Conditions(b)).To(HaveKeyWithValue("Ready", "True/Listed"))

	By("a key that is refused, which is worse than what is held")
	Expect(w.Provider.RotateToken(w.Ctx, world.Owner, "another")).To(Succeed())
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = true })
	shows(b, argocd.Suspended)
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = false })
	shows(b, argocd.Degraded)
})
