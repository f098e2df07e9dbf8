package e2e_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// tenancy is a backend that lets a namespace give one account permission to people of one
// domain, and somebody who may do in that namespace whatever they like.
type tenancy struct {
	*world.World               // of those who own the backend
	tenant       *world.World  // the same provider, seen from the tenant's namespace
	rights       client.Client // the tenant's
}

const (
	director = "director@acme.example"
	helper   = "helper@agency.example"
	shared   = "shared@agency.example"
	former   = "former@agency.example"
)

func newTenancy() *tenancy {
	GinkgoHelper()
	owner := cluster.New(director, helper, shared, former)
	t := &tenancy{World: owner}
	tenant := *owner
	tenant.Namespace = owner.Sibling("tenant")
	t.tenant, t.rights = &tenant, asTenant(tenant.Namespace)
	owner.Backend(func(b *v1alpha1.HostingBackend) {
		b.Spec.GrantRules = []v1alpha1.GrantRule{
			world.Rule("own", v1alpha1.NamespacesSame),
			{
				Name:         "tenant",
				Namespaces:   v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesSelector, Selector: &v1alpha1.RuleSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tenant": "true"}}},
				Permissions:  v1alpha1.RulePermissions{PerAccount: []v1alpha1.AccountPermission{"Sites"}},
				EmailDomains: []v1alpha1.DomainName{"agency.example"}, MaxDuration: &metav1.Duration{Duration: 90 * 24 * time.Hour},
			},
		}
		b.Spec.GrantRules[0].Offboarding = true
		b.Spec.ProtectedEmails = []v1alpha1.Email{director}
	})
	cluster.StartManager(world.NoLeaderElection)
	for i, email := range []string{director, shared} {
		g := world.Overall(world.GrantFor(world.Name("own", i), email), "Billing")
		owner.Create(g)
		owner.ExpectReady(g, "True/AsDeclared")
	}
	return t
}

// asTenant is somebody with every right over Hostgrant's objects, Secrets and the like in a
// namespace, and none elsewhere. The namespace's own labels are not theirs: rules go by them.
func asTenant(namespace string) client.Client {
	GinkgoHelper()
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "tenant"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{v1alpha1.SchemeGroupVersion.Group}, Resources: []string{"*"}, Verbs: []string{"*"}},
		{APIGroups: []string{""}, Resources: []string{"secrets", "configmaps", "serviceaccounts"}, Verbs: []string{"*"}},
	}}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "tenant"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "tenant"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "tenant-" + namespace}},
	}
	Expect(cluster.K8s.Create(GinkgoT().Context(), role)).To(Succeed())
	Expect(cluster.K8s.Create(GinkgoT().Context(), binding)).To(Succeed())
	config := rest.CopyConfig(cluster.Admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: "tenant-" + namespace}
	c, err := client.New(config, client.Options{Scheme: controllers.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	return c
}

// try creates something as the tenant, in the tenant's namespace.
func (t *tenancy) try(o client.Object) {
	GinkgoHelper()
	o.SetNamespace(t.tenant.Namespace)
	Eventually(func() error { return t.rights.Create(t.Ctx, o) }).Should(Succeed())
}

// grant is what the tenant may give, to be changed into what it may not.
func (t *tenancy) grant(name string, emails ...string) *v1alpha1.PermissionGrant {
	g := world.OnAccount(world.GrantFor(name, emails...), "shop", "Sites")
	g.Spec.BackendRef.Namespace = t.Namespace
	g.Spec.ExpiresAt = ptr.To(metav1.NewTime(time.Now().Add(24 * time.Hour).Truncate(time.Second)))
	return g
}

// refused applies a grant that must come to nothing, and looks whether it said why.
func (t *tenancy) refused(g *v1alpha1.PermissionGrant, message string) {
	GinkgoHelper()
	before := t.Rows()
	t.try(g)
	t.tenant.ExpectReady(g, "False/RefusedByRule")
	Expect(g.Status.Issues[0].Message).To(ContainSubstring(message))
	Consistently(t.Rows, time.Second).Should(ConsistOf(before))
	Expect(t.rights.Delete(t.Ctx, g)).To(Succeed())
}

var _ = Describe("A tenant who tries to gain more than the rules allow (S43, S49, S50)", Ordered, func() {
	var t *tenancy
	BeforeAll(func() { t = newTenancy() })
	unharmed := []any{director + ": Billing", shared + ": Billing"}

	It("01 may give what the rule allows, and only that", func() {
		g := t.grant("fine", helper)
		t.try(g)
		t.tenant.ExpectReady(g, "True/AsDeclared")
		Expect(t.Allowed(helper, "Account", "shop", "Sites", false)).To(BeTrue())
		Expect(t.rights.Delete(t.Ctx, g)).To(Succeed())
		Eventually(t.Rows).Should(ConsistOf(unharmed...))
	})

	for i, c := range []struct {
		name, message string
		change        func(*v1alpha1.PermissionGrant)
	}{
		{"an overall permission", "does not allow overall permission Billing", func(g *v1alpha1.PermissionGrant) { world.Overall(g, "Billing") }},
		{"another account permission", "does not allow perAccount permission SSH", func(g *v1alpha1.PermissionGrant) { world.OnAccount(g, "blog", "SSH") }},
		{"another account permission everywhere", "does not allow perAccount permission SSH", func(g *v1alpha1.PermissionGrant) {
			g.Spec.Accounts = append(g.Spec.Accounts, v1alpha1.AccountPermissions{All: ptr.To(true), Permissions: []v1alpha1.AccountPermission{"SSH"}})
		}},
		{"a server permission", "does not allow perServer permission SSHUsers", func(g *v1alpha1.PermissionGrant) {
			g.Spec.Servers = []v1alpha1.ServerPermissions{{All: ptr.To(true), Permissions: []v1alpha1.ServerPermission{"SSHUsers"}}}
		}},
		{"somebody of another domain", "addresses of this domain", func(g *v1alpha1.PermissionGrant) { g.Spec.Subjects[0].Email = "eve@evil.example" }},
		{"a domain that ends in the right one", "addresses of this domain", func(g *v1alpha1.PermissionGrant) { g.Spec.Subjects[0].Email = "eve@evilagency.example" }},
		{"a subdomain", "addresses of this domain", func(g *v1alpha1.PermissionGrant) { g.Spec.Subjects[0].Email = "eve@evil.agency.example" }},
		{"a domain that looks like it", "addresses of this domain", func(g *v1alpha1.PermissionGrant) { g.Spec.Subjects[0].Email = "eve@аgency.example" }},
		{"the right domain as somebody's name", "addresses of this domain", func(g *v1alpha1.PermissionGrant) { g.Spec.Subjects[0].Email = "agency.example@evil.example" }},
		{"for ever", "must set expiresAt", func(g *v1alpha1.PermissionGrant) { g.Spec.ExpiresAt = nil }},
		{"for too long", "may end at most 2160h0m0s after it begins", func(g *v1alpha1.PermissionGrant) { g.Spec.ExpiresAt.Time = time.Now().Add(91 * 24 * time.Hour) }},
		{"for too long, as if it had begun long ago", "may end at most", func(g *v1alpha1.PermissionGrant) {
			g.Spec.NotBefore = ptr.To(metav1.NewTime(time.Now().Add(-time.Hour)))
			g.Spec.ExpiresAt.Time = time.Now().Add(100 * 24 * time.Hour)
		}},
		{"a review that only warns instead of an end", "must set expiresAt", func(g *v1alpha1.PermissionGrant) {
			g.Spec.ReviewBy, g.Spec.ExpiresAt = g.Spec.ExpiresAt, nil
		}},
		{"more, with what is allowed beside it", "perAccount permission FTP", func(g *v1alpha1.PermissionGrant) {
			g.Spec.Accounts[0].Permissions = []v1alpha1.AccountPermission{"FTP", "Sites"}
		}},
	} {
		It(fmt.Sprintf("%02d cannot give %s", i+2, c.name), func() {
			g := t.grant(world.Name("grant", i), helper)
			c.change(g)
			t.refused(g, c.message)
		})
	}

	It("16 cannot hide it in a PermissionSet", func() {
		t.try(&v1alpha1.PermissionSet{ObjectMeta: metav1.ObjectMeta{Name: "more"}, Spec: v1alpha1.PermissionSetSpec{Overall: []v1alpha1.OverallPermission{"Billing"}}})
		g := t.grant("by-set", helper)
		g.Spec.PermissionSetRefs = []v1alpha1.LocalReference{{Name: "more"}}
		t.refused(g, "overall permission Billing")
	})

	It("17 cannot hide a stranger in a Profile, a Team or a Secret", func() {
		t.try(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "address"}, Type: v1alpha1.SecretTypeAddress, StringData: map[string]string{"email": director}})
		t.try(&v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "boss"}, Spec: v1alpha1.ProfileSpec{EmailFrom: &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "address", Key: "email"}}}})
		t.try(&v1alpha1.Team{ObjectMeta: metav1.ObjectMeta{Name: "us"}, Spec: v1alpha1.TeamSpec{Members: []v1alpha1.TeamMember{{ProfileRef: &v1alpha1.LocalReference{Name: "boss"}}}}})
		for _, s := range []v1alpha1.Subject{{ProfileRef: &v1alpha1.LocalReference{Name: "boss"}}, {TeamRef: &v1alpha1.LocalReference{Name: "us"}}} {
			g := t.grant("hidden")
			g.Spec.Subjects = []v1alpha1.Subject{s}
			t.refused(g, "addresses of this domain")
			Eventually(func() error { return cluster.K8s.Get(t.Ctx, client.ObjectKeyFromObject(g), g) }).ShouldNot(Succeed())
		}
	})

	It("18 cannot use the Teams, Profiles and PermissionSets of others", func() {
		t.Create(&v1alpha1.Team{ObjectMeta: metav1.ObjectMeta{Name: "inner-circle"}, Spec: v1alpha1.TeamSpec{Members: []v1alpha1.TeamMember{{Email: helper}}}})
		g := t.grant("foreign-team")
		g.Spec.Subjects = []v1alpha1.Subject{{TeamRef: &v1alpha1.LocalReference{Name: "inner-circle"}}}
		t.try(g)
		t.tenant.ExpectReady(g, "False/ReferenceNotFound")
		Expect(t.Rows()).To(ConsistOf(unharmed...))
		Expect(t.rights.Delete(t.Ctx, g)).To(Succeed())
	})

	It("19 cannot use a backend that says nothing of others", func() {
		other := cluster.New(helper)
		other.Backend()
		g := t.grant("elsewhere", helper)
		g.Spec.BackendRef.Namespace = other.Namespace
		t.try(g)
		t.tenant.ExpectReady(g, "False/RefusedByRule")
		Expect(g.Status.Issues[0].Message).To(ContainSubstring("takes no grants of namespace " + t.tenant.Namespace))
		Expect(other.Rows()).To(BeEmpty())
		Expect(t.rights.Delete(t.Ctx, g)).To(Succeed())
	})

	It("20 cannot keep by suspending the grant what a rule takes back", func() {
		g := t.grant("clinging", helper)
		t.try(g)
		t.tenant.ExpectReady(g, "True/AsDeclared")
		Expect(t.rights.Get(t.Ctx, client.ObjectKeyFromObject(g), g)).To(Succeed())
		world.Update(t.tenant, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Suspend = true })
		t.tenant.ExpectReady(g, "False/Suspended")
		b := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: t.Namespace, Name: "acme"}}
		var permissions []v1alpha1.AccountPermission
		world.Update(t.World, b, func(b *v1alpha1.HostingBackend) {
			allowed := &b.Spec.GrantRules[1].Permissions
			permissions, allowed.PerAccount = allowed.PerAccount, []v1alpha1.AccountPermission{"Usage"}
		})
		Eventually(t.Rows).Should(ConsistOf(unharmed...))
		world.Update(t.World, b, func(b *v1alpha1.HostingBackend) { b.Spec.GrantRules[1].Permissions.PerAccount = permissions })
		Expect(t.rights.Delete(t.Ctx, g)).To(Succeed())
		Eventually(t.Rows).Should(ConsistOf(unharmed...))
	})
})

func addSites(r *reference.Row) { r.Accounts["shop"] = []string{"Sites"} }
