package e2e_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = Describe("A tenant who tries to harm others (S37, S43, S49, S50)", Ordered, func() {
	var t *tenancy
	BeforeAll(func() { t = newTenancy() })
	unharmed := []any{director + ": Billing", shared + ": Billing", former + ": shop/Sites"}

	It("21 cannot take away what a person already held", func() {
		_, err := t.Provider.AddRow(t.Ctx, world.Owner, reference.Row{Email: former, Accounts: map[string][]string{"shop": {"Sites"}}}, false)
		Expect(err).NotTo(HaveOccurred())
		g := t.grant("adopting", former)
		t.try(g)
		t.tenant.ExpectReady(g, "True/AsDeclared")
		Expect(t.rights.Delete(t.Ctx, g)).To(Succeed())
		Eventually(func() error { return cluster.K8s.Get(t.Ctx, client.ObjectKeyFromObject(g), g) }).ShouldNot(Succeed())
		Consistently(t.Rows, 2*time.Second).Should(ConsistOf(unharmed...))
	})

	It("22 cannot take away what another namespace gives as well", func() {
		own := world.OnAccount(world.GrantFor("own-sites", shared), "shop", "Sites")
		t.Create(own)
		t.ExpectReady(own, "True/AsDeclared")
		g := t.grant("same", shared)
		t.try(g)
		t.tenant.ExpectReady(g, "True/AsDeclared")
		Expect(t.rights.Delete(t.Ctx, g)).To(Succeed())
		Eventually(func() error { return cluster.K8s.Get(t.Ctx, client.ObjectKeyFromObject(g), g) }).ShouldNot(Succeed())
		Expect(t.Allowed(shared, "Account", "shop", "Sites", false)).To(BeTrue())
		Expect(cluster.K8s.Delete(t.Ctx, own)).To(Succeed())
		Eventually(t.Rows).Should(ConsistOf(unharmed...))
	})

	It("23 cannot lock somebody behind a second factor who holds things of others", func() {
		g := t.grant("locking", shared)
		g.Spec.RequireTwoFactor = true
		t.try(g)
		t.tenant.ExpectReady(g, "False/ForeignPermissions")
		Expect(t.Allowed(shared, "Overall", "", "Billing", false)).To(BeTrue())
		Expect(t.rights.Delete(t.Ctx, g)).To(Succeed())
		Eventually(t.Rows).Should(ConsistOf(unharmed...))
	})

	It("32 cannot keep by retaining it what has to end", func() {
		g := t.grant("retaining", helper)
		g.Spec.DeletionPolicy = v1alpha1.DeletionRetain
		t.refused(g, "must not set deletionPolicy: Retain")
		late := t.grant("retaining-late", helper)
		t.try(late)
		t.tenant.ExpectReady(late, "True/AsDeclared")
		world.Update(t.tenant, late, func(g *v1alpha1.PermissionGrant) { g.Spec.DeletionPolicy = v1alpha1.DeletionRetain })
		Expect(t.rights.Delete(t.Ctx, late)).To(Succeed())
		t.tenant.ExpectDeleted(late)
		Eventually(t.Rows).Should(ConsistOf(unharmed...))
	})

	It("33 cannot keep by retaining it what a rule takes back", func() {
		b := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: t.Namespace, Name: "acme"}}
		var before v1alpha1.GrantRule
		world.Update(t.World, b, func(b *v1alpha1.HostingBackend) {
			before = *b.Spec.GrantRules[1].DeepCopy()
			b.Spec.GrantRules[1].MaxDuration = nil
		})
		g := t.grant("retaining-more", helper)
		g.Spec.DeletionPolicy = v1alpha1.DeletionRetain
		t.try(g)
		t.tenant.ExpectReady(g, "True/AsDeclared")
		world.Update(t.World, b, func(b *v1alpha1.HostingBackend) {
			b.Spec.GrantRules[1].Permissions.PerAccount = []v1alpha1.AccountPermission{"Usage"}
		})
		Eventually(t.Rows).Should(ConsistOf(unharmed...))
		Expect(t.rights.Delete(t.Ctx, g)).To(Succeed())
		world.Update(t.World, b, func(b *v1alpha1.HostingBackend) { b.Spec.GrantRules[1] = before })
	})

	It("24 cannot suspend a stranger, nor end their access, and is told nothing of them", func() {
		p := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "director"}, Spec: v1alpha1.ProfileSpec{
			Email: director, State: v1alpha1.ProfileSuspended, ExpiresAt: &metav1.Time{Time: time.Now().Add(-48 * time.Hour)},
		}}
		t.try(p)
		t.tenant.ExpectReady(p, "True/AsDeclared")
		Expect(p.Status.Access).To(BeEmpty())
		Expect(t.tenant.Conditions(p)).NotTo(HaveKey("ResidualAccess"))
		Consistently(func() bool { return t.Allowed(director, "Overall", "", "Billing", false) }, 2*time.Second).Should(BeTrue())
		Expect(t.rights.Delete(t.Ctx, p)).To(Succeed())
	})

	It("25 cannot fill a person's record until others fail", func() {
		for i := range 17 {
			t.try(t.grant(world.Name("fill", i), helper))
		}
		Eventually(func() int {
			full := 0
			grants := &v1alpha1.PermissionGrantList{}
			Expect(cluster.K8s.List(t.Ctx, grants, client.InNamespace(t.tenant.Namespace))).To(Succeed())
			for i := range grants.Items {
				if t.tenant.Conditions(&grants.Items[i])["Ready"] == "False/RecordFull" {
					full++
				}
			}
			return full
		}).Should(Equal(1))
		own := world.Overall(world.GrantFor("helper", helper), "AccountManagement")
		t.Create(own)
		t.ExpectReady(own, "True/AsDeclared")
		Expect(cluster.K8s.Delete(t.Ctx, own)).To(Succeed())
		Expect(t.rights.DeleteAllOf(t.Ctx, &v1alpha1.PermissionGrant{}, client.InNamespace(t.tenant.Namespace))).To(Succeed())
		Eventually(t.Rows, 2*time.Minute).Should(ConsistOf(unharmed...))
	})

	It("26 cannot write, take over or delete records, nor say what is in them", func() {
		name := access.RecordName("acme", helper)
		forged := &v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Namespace: t.tenant.Namespace, Name: name}, Spec: v1alpha1.AccessRecordSpec{
			BackendRef: v1alpha1.LocalReference{Name: "acme"}, Email: helper,
		}}
		Expect(t.rights.Create(t.Ctx, forged)).To(MatchError(ContainSubstring("AccessRecords are written by the Hostgrant manager alone")))
		theirs := t.Record(director)
		for _, act := range []func() error{
			func() error { return t.rights.Delete(t.Ctx, theirs) },
			func() error {
				return t.rights.Patch(t.Ctx, theirs, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"contributions":[]}}`)))
			},
			func() error {
				return t.rights.Status().Patch(t.Ctx, theirs, client.RawPatch(types.MergePatchType, []byte(`{"status":{"owed":[]}}`)))
			},
		} {
			Expect(apierrors.IsForbidden(act())).To(BeTrue())
		}
	})

	It("27 cannot name a Secret of others, nor one that has not opted in", func() {
		t.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "password"}, StringData: map[string]string{"email": "s3cret"}})
		t.try(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "opaque"}, StringData: map[string]string{"email": "s3cret"}})
		for _, secret := range []v1alpha1.ObjectName{"password", "opaque", "acme-key"} {
			p := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "from-" + string(secret)}, Spec: v1alpha1.ProfileSpec{
				EmailFrom: &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: secret, Key: "email"}},
			}}
			t.try(p)
			t.tenant.ExpectReady(p, "False/AddressNotFound")
			Expect(p.Status.Conditions[0].Message).NotTo(ContainSubstring("s3cret"))
		}
	})

	It("28 cannot reach the provider with a backend of their own: they have no key", func() {
		reads := t.Provider.Counters()
		own := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Name: "mine"}, Spec: v1alpha1.HostingBackendSpec{Mode: v1alpha1.ModeEnforce, Interval: metav1.Duration{Duration: time.Minute}, Endpoint: v1alpha1.Endpoint{
			URL: t.Provider.URL(), CABundle: t.Provider.CABundle(), CredentialsSecretRef: v1alpha1.LocalReference{Name: "acme-key"},
		}}}
		t.try(own)
		t.tenant.ExpectReady(own, "False/CredentialsNotFound")
		t.try(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "acme-key"}, Type: v1alpha1.SecretTypeCredentials, StringData: map[string]string{"token": "guess", "url": t.Provider.URL()}})
		t.tenant.ExpectReady(own, "False/CredentialsRejected")
		Expect(t.Provider.Counters().Writes).To(Equal(reads.Writes))
		Expect(t.rights.Delete(t.Ctx, own)).To(Succeed())
	})

	It("29 cannot change the rules, the labels they go by, or name a batch", func() {
		b := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: t.Namespace, Name: "acme"}}
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: t.tenant.Namespace}}
		for o, patch := range map[client.Object]string{
			b: `{"spec":{"grantRules":null}}`, ns: `{"metadata":{"labels":{"vip":"true"}}}`,
		} {
			Expect(apierrors.IsForbidden(t.rights.Patch(t.Ctx, o, client.RawPatch(types.MergePatchType, []byte(patch))))).To(BeTrue())
		}
		Expect(apierrors.IsForbidden(t.rights.Create(t.Ctx, t.ApprovalBy("tenant-"+t.tenant.Namespace, "abc123")))).To(BeTrue())
	})

	It("30 gains nothing by writing a grant's status or dropping its finalizer", func() {
		g := t.grant("forged", helper)
		t.try(g)
		t.tenant.ExpectReady(g, "True/AsDeclared")
		Eventually(func() error {
			if err := t.rights.Get(t.Ctx, client.ObjectKeyFromObject(g), g); err != nil {
				return err
			}
			g.Finalizers = nil
			return t.rights.Update(t.Ctx, g)
		}).Should(Succeed())
		Expect(client.IgnoreNotFound(t.rights.Delete(t.Ctx, g))).To(Succeed())
		Eventually(t.Rows).Should(ConsistOf(unharmed...))
		late := t.grant("claims", "eve@evil.example")
		t.try(late)
		t.tenant.ExpectReady(late, "False/RefusedByRule")
		Expect(t.rights.Status().Patch(t.Ctx, late, client.RawPatch(types.MergePatchType, []byte(
			`{"status":{"observedGeneration":99,"subjects":{"total":1,"effective":1,"invited":0,"failed":0},"lostReferences":[{"kind":"Team","name":"x","since":"2099-01-01T00:00:00Z"}]}}`)))).To(Succeed())
		Consistently(t.Rows, 2*time.Second).Should(ConsistOf(unharmed...))
	})

	It("31 cannot make anybody lose what is protected, in whatever letters", func() {
		b := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: t.Namespace, Name: "acme"}}
		world.Update(t.World, b, func(b *v1alpha1.HostingBackend) {
			b.Spec.GrantRules[1].EmailDomains = append(b.Spec.GrantRules[1].EmailDomains, "acme.example")
			adopt := true
			b.Spec.GrantRules[1].Adopt = &adopt
		})
		Expect(t.Provider.EditRow(t.Ctx, world.Owner, director, addSites)).To(Succeed())
		g := t.grant("director", "DIRECTOR@Acme.Example")
		g.Spec.RequireTwoFactor = true
		t.try(g)
		t.tenant.ExpectReady(g, "False/Protected")
		Expect(t.rights.Delete(t.Ctx, g)).To(Succeed())
		Eventually(func() error { return cluster.K8s.Get(t.Ctx, client.ObjectKeyFromObject(g), g) }).ShouldNot(Succeed())
		Consistently(t.Rows, 2*time.Second).Should(ContainElement(director + ": Billing shop/Sites"))
	})
})
