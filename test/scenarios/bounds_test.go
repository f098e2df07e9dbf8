package scenarios_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// agency lets the namespaces labelled so give Sites on any account to people of the agency.
func agency(b *v1alpha1.HostingBackend) {
	b.Spec.GrantRules = []v1alpha1.GrantRule{
		world.Rule("own", v1alpha1.NamespacesSame),
		{
			Name:         "agency",
			Namespaces:   v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesSelector, Selector: &v1alpha1.RuleSelector{MatchLabels: map[string]v1alpha1.LabelValue{"agency": "true"}}},
			Permissions:  v1alpha1.RulePermissions{PerAccount: []v1alpha1.AccountPermission{"Sites"}},
			EmailDomains: []v1alpha1.DomainName{"agency.example"},
		},
	}
}

// beside is a world in another namespace, labelled, with the same provider.
func beside(w *world.World, labels ...string) *world.World {
	GinkgoHelper()
	other := *w
	other.Namespace = w.Sibling(labels...)
	return &other
}

// across makes a grant name the backend of another namespace.
func across(g *v1alpha1.PermissionGrant, w *world.World) *v1alpha1.PermissionGrant {
	g.Spec.BackendRef.Namespace = w.Namespace
	return g
}

const web = "web@agency.example"

var _ = It("S43 the rules of a backend", func() {
	w := begin(web, ann)
	w.Backend(agency)
	tenant, stranger := beside(w, "agency"), beside(w)
	for name, c := range map[string]struct {
		of    *world.World
		grant *v1alpha1.PermissionGrant
		ready string
	}{
		"what the rule allows": {tenant, world.OnAccount(world.GrantFor("a", web), "shop", "Sites"), "True/AsDeclared"},
		"another permission":   {tenant, world.OnAccount(world.GrantFor("b", web), "shop", "SSH"), "False/RefusedByRule"},
		"an overall one":       {tenant, billing("c", web), "False/RefusedByRule"},
		"somebody else":        {tenant, world.OnAccount(world.GrantFor("d", ann), "shop", "Sites"), "False/RefusedByRule"},
		"another namespace":    {stranger, world.OnAccount(world.GrantFor("a", web), "shop", "Sites"), "False/RefusedByRule"},
	} {
		By(name)
		c.of.Create(across(c.grant, w))
		c.of.ExpectReady(c.grant, c.ready)
	}
	Expect(w.Rows()).To(ConsistOf(web + ": shop/Sites"))
})

var _ = It("S49 what a person already holds", func() {
	w := begin(web)
	w.Has(reference.Row{Email: web, Accounts: map[string][]string{"shop": {"Sites"}}})
	w.Backend(agency)
	tenant := beside(w, "agency")
	g := across(world.OnAccount(world.GrantFor("a", web), "shop", "Sites"), w)
	tenant.Create(g)
	tenant.ExpectReady(g, "True/AsDeclared")

	By("demanding a second factor")
	world.Update(tenant, g, func(g *v1alpha1.PermissionGrant) { g.Spec.RequireTwoFactor = true })
	tenant.ExpectReady(g, "False/ForeignPermissions")
	Expect(w.Opens(web, "shop/Sites")).To(BeTrue())

	By("deleting the grant")
	tenant.Delete(g)
	tenant.ExpectDeleted(g)
	w.ExpectUnchanged(w.Rows, ConsistOf(web+": shop/Sites"))
})

var _ = It("S50 Secrets that have not opted in, or are bound to another address", func() {
	w := begin(ann)
	secret := func(name string, kind corev1.SecretType, values map[string]string) {
		w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Type: kind, StringData: values})
	}
	secret("plain", "", map[string]string{"token": world.Token, "url": w.Provider.URL(), "email": ann})
	secret("elsewhere", v1alpha1.SecretTypeCredentials, map[string]string{"token": world.Token, "url": "https://somewhere.example/v1/"})
	b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.CredentialsSecretRef.Name = "plain" })
	w.ExpectReady(b, "False/CredentialsNotFound")
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.CredentialsSecretRef.Name = "elsewhere" })
	w.ExpectReady(b, "False/CredentialsRefused")
	counters := w.Provider.Counters()
	Expect(counters.Reads+counters.BadKeys).To(BeZero(), "nothing was sent anywhere")

	By("an address out of such a Secret")
	p := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Spec: v1alpha1.ProfileSpec{
		EmailFrom: &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "plain", Key: "email"}},
	}}
	w.Create(p)
	w.ExpectReady(p, "False/AddressNotFound")
	for _, o := range []any{b.Status, p.Status} {
		Expect(fmt.Sprintf("%+v", o)).NotTo(Or(ContainSubstring(world.Token), ContainSubstring(ann)))
	}
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.CredentialsSecretRef.Name = "acme-key" })
	w.ExpectReady(b, "True/Listed")
})

var _ = It("S24 why each removal happened", func() {
	w := begin(ann, bob)
	w.Backend()
	profile := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Spec: v1alpha1.ProfileSpec{Email: ann}}
	w.Create(profile)
	g := world.Overall(billing("edited", ann), "AccountTechnical")
	gone, ends, leaves := world.OnAccount(world.GrantFor("gone", ann), "shop", "Sites"), world.OnAccount(world.GrantFor("ends", ann), "shop", "FTP"), world.OnAccount(world.GrantFor("leaves", ann), "shop", "SSH")
	for _, g := range []*v1alpha1.PermissionGrant{g, gone, ends, leaves} {
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
	}
	cause := func(email string) func() string {
		return func() string {
			last := w.Record(email).Status.History[0]
			return fmt.Sprint(last.Kind, " ", last.Causes, " ", last.Grants)
		}
	}
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Overall = g.Spec.Overall[:1] })
	Eventually(cause(ann)).Should(Equal("Revoked [ContributionChanged] " + w.Namespace + "/edited"))
	w.Delete(gone)
	Eventually(cause(ann)).Should(Equal("Revoked [ContributionRemoved] " + w.Namespace + "/gone"))
	world.Update(w, ends, func(g *v1alpha1.PermissionGrant) { g.Spec.ExpiresAt = in(10 * time.Second) }) // a change and an end seen at once are a change
	Eventually(cause(ann)).Should(Equal("Revoked [EndedAtOnce] " + w.Namespace + "/ends"))
	w.Edits(ann, withoutBilling)
	w.RefreshTable(&v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "acme"}})
	Eventually(cause(ann)).Should(HavePrefix("DriftCorrected"))
	world.Update(w, profile, func(p *v1alpha1.Profile) { p.Spec.State = v1alpha1.ProfileSuspended })
	Eventually(cause(ann)).Should(HavePrefix("Revoked [PersonSuspended]"))
	Expect(w.Rows()).To(BeEmpty())
})
