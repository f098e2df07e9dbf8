package world

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// backendName names the only HostingBackend of a world.
const backendName = "acme"

// Backend applies the HostingBackend "acme" with its Secret.
func (w *World) Backend(change ...func(*v1alpha1.HostingBackend)) *v1alpha1.HostingBackend {
	GinkgoHelper()
	backend := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Name: backendName}, Spec: v1alpha1.HostingBackendSpec{
		Endpoint: v1alpha1.Endpoint{URL: w.Provider.URL(), CredentialsSecretRef: v1alpha1.LocalReference{Name: "acme-key"}, CABundle: w.Provider.CABundle()},
		Interval: metav1.Duration{Duration: 30 * time.Second}, Mode: v1alpha1.ModeEnforce,
		RateLimit: v1alpha1.RateLimit{ReadsPerMinute: 60000, WritesPerMinute: 60000},
		// Most specs are about something else than the removal limit, or the pace of mails.
		RemovalLimit: v1alpha1.RemovalLimit{Percent: 100, Settle: &metav1.Duration{}},
		Invitations:  v1alpha1.Invitations{PerMinute: 60000},
	}}
	for _, c := range change {
		c(backend)
	}
	w.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "acme-key"}, Type: v1alpha1.SecretTypeCredentials,
		StringData: map[string]string{"token": Token, "url": backend.Spec.Endpoint.URL},
	})
	w.Create(backend)
	return backend
}

// Often has the provider's table read as often as lowered floors let it.
func Often(b *v1alpha1.HostingBackend) { b.Spec.Interval.Duration = time.Second }

// Create creates an object in the world's namespace.
func (w *World) Create(o client.Object) {
	GinkgoHelper()
	o.SetNamespace(w.Namespace)
	Expect(w.K8s.Create(w.Ctx, o)).To(Succeed())
}

// Update changes an object as it is now at the API server.
func Update[T client.Object](w *World, o T, change func(T)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := w.K8s.Get(w.Ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		change(o)
		return w.K8s.Update(w.Ctx, o)
	}).Should(Succeed())
}

// GrantFor makes a PermissionGrant on "acme" for some addresses.
func GrantFor(name string, emails ...string) *v1alpha1.PermissionGrant {
	g := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.PermissionGrantSpec{
		BackendRef: v1alpha1.BackendReference{Name: backendName}, DeletionPolicy: v1alpha1.DeletionRevoke,
	}}
	for _, email := range emails {
		g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{Email: v1alpha1.Email(email)})
	}
	return g
}

// OnAccount adds permissions on an account to a grant.
func OnAccount(g *v1alpha1.PermissionGrant, name string, permissions ...v1alpha1.AccountPermission) *v1alpha1.PermissionGrant {
	g.Spec.Accounts = append(g.Spec.Accounts, v1alpha1.AccountPermissions{Names: []v1alpha1.PlaceName{v1alpha1.PlaceName(name)}, Permissions: permissions})
	return g
}

// OnServer adds permissions on a server to a grant.
func OnServer(g *v1alpha1.PermissionGrant, name string, permissions ...v1alpha1.ServerPermission) *v1alpha1.PermissionGrant {
	g.Spec.Servers = append(g.Spec.Servers, v1alpha1.ServerPermissions{Names: []v1alpha1.PlaceName{v1alpha1.PlaceName(name)}, Permissions: permissions})
	return g
}

// Overall adds overall permissions to a grant.
func Overall(g *v1alpha1.PermissionGrant, permissions ...v1alpha1.OverallPermission) *v1alpha1.PermissionGrant {
	g.Spec.Overall = append(g.Spec.Overall, permissions...)
	return g
}

// Rule is one that allows everything to grants of some namespaces.
func Rule(name string, from v1alpha1.NamespacesFrom) v1alpha1.GrantRule {
	return v1alpha1.GrantRule{
		Name: name, Namespaces: v1alpha1.RuleNamespaces{From: from},
		Permissions: v1alpha1.RulePermissions{All: new(true)}, EmailDomains: []v1alpha1.DomainName{v1alpha1.AnyDomain},
	}
}

// Name is a name with a number that sorts.
func Name(prefix string, i int) string { return fmt.Sprintf("%s-%03d", prefix, i) }

// RefreshTable has the provider's table read now.
func (w *World) RefreshTable(b *v1alpha1.HostingBackend) {
	GinkgoHelper()
	for _, suspend := range []bool{true, false} {
		Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = suspend })
		want := "False/Suspended"
		if !suspend {
			want = "True/Listed"
		}
		w.ExpectReady(b, want)
	}
}

// TriggerRefresh has the provider's table read now, whatever comes of it.
func (w *World) TriggerRefresh() {
	GinkgoHelper()
	b := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: backendName}}
	for _, suspend := range []bool{true, false} {
		before := w.Provider.Counters().Reads
		Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = suspend })
		Eventually(func(g Gomega) {
			g.Expect(w.K8s.Get(w.Ctx, client.ObjectKeyFromObject(b), b)).To(Succeed())
			g.Expect(b.Status.ObservedGeneration).To(Equal(b.Generation))
			g.Expect(suspend || w.Provider.Counters().Reads > before).To(BeTrue())
		}).Should(Succeed())
	}
}

// ExpectUnchanged checks that something stays as it is while everybody is looked at twice more: what was
// on its way has come by then.
func (w *World) ExpectUnchanged(actual any, matcher types.GomegaMatcher, description ...any) {
	GinkgoHelper()
	for range 2 {
		w.TriggerRefresh()
		Consistently(actual, 100*time.Millisecond).Should(matcher, description...)
	}
}

// BySMTP has a backend's invitations sent by the controller, through the world's mail server.
func (w *World) BySMTP(b *v1alpha1.HostingBackend) {
	b.Spec.Invitations.Sender, b.Spec.Invitations.SMTP = v1alpha1.SenderSMTP, &v1alpha1.SMTP{
		Host: w.Mails.Host(), Port: w.Mails.Port(), TLS: v1alpha1.SMTPStartTLS, From: "hosting@acme.example", CABundle: w.Mails.CABundle(),
	}
}
