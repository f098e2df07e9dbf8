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
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("S19 S20 those whom the backend protects", func() {
	w := begin("boss@xn--caf-dma.example", ann)
	w.Has(reference.Row{Email: "boss@xn--caf-dma.example", Overall: []string{"AccountManagement"}})
	w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.ProtectedEmails = []v1alpha1.Email{"Boss@CAFÉ.example", ann} })
	g := world.Overall(world.GrantFor("boss", "boss@café.example"), "AccountManagement", "Billing")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Rows()).To(ConsistOf("boss@xn--caf-dma.example: AccountManagement Billing"))

	By("asking for a second factor")
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.RequireTwoFactor = true })
	w.ExpectReady(g, "False/Protected")
	Expect(w.Rows()).To(ConsistOf("boss@xn--caf-dma.example: AccountManagement Billing"))

	By("asking for one of somebody who has no row yet")
	first := world.Overall(world.GrantFor("first", ann), "Billing")
	first.Spec.RequireTwoFactor = true
	w.Create(first)
	w.ExpectReady(first, "False/Protected")
	Expect(w.Rows()).NotTo(ContainElement(HaveSuffix("2FA")))
	w.Delete(first)
	w.ExpectDeleted(first)

	By("taking everything away")
	w.Delete(g)
	w.ExpectDeleted(g)
	r := w.Record("boss@xn--caf-dma.example")
	w.ExpectReady(r, "False/Protected")
	Expect(w.Conditions(r)).To(HaveKeyWithValue("RemovalHeld", "True/Protected"))
	writes := w.Provider.Counters().Writes
	w.ExpectUnchanged(w.Rows, ContainElement("boss@xn--caf-dma.example: AccountManagement Billing"))
	Expect(w.Provider.Counters().Writes).To(Equal(writes))
})

var _ = It("S19 S20 the profile that the key belongs to", func() {
	w := begin()
	Expect(w.Provider.Seed(w.Ctx, reference.Seed{Owners: []reference.SeedOwner{{Email: "agent@agency.example", Token: "agent-key"}}})).To(Succeed())
	w.Has(reference.Row{Email: "agent@agency.example", Overall: []string{"AccountManagement"}})
	b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.Customer = world.Owner })
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "acme-key"}}
	world.Update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"token": "agent-key"} })
	w.ExpectReady(b, "True/Listed")
	Eventually(func() string { w.Conditions(b); return b.Status.Identity.Holder }).Should(Equal("agent@agency.example"))
	g := world.Overall(world.GrantFor("agent", "agent@agency.example"), "AccountManagement", "Billing")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	w.Delete(g)
	w.ExpectDeleted(g)
	w.ExpectReady(w.Record("agent@agency.example"), "False/Protected")
	Expect(w.Rows()).To(ConsistOf("agent@agency.example: AccountManagement Billing"))
})

var _ = It("S52 a table that cannot be true", func() {
	w := begin(ann, bob, "cyd@acme.example", "new@acme.example")
	b := w.Backend(carefully)
	g := world.Overall(world.GrantFor("all", ann, bob, "cyd@acme.example"), "Billing")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	w.Has(reference.Row{Email: "eve@acme.example", Overall: []string{"Billing"}})

	reread := func() { w.TriggerRefresh(); w.Conditions(b) }

	By("an empty list")
	w.Fails(faults.Fault{Kind: faults.Empty, Method: http.MethodGet, Path: permissions})
	late := world.Overall(world.GrantFor("late", "new@acme.example"), "Billing")
	w.Create(late)
	w.ExpectReady(late, "True/AsDeclared")
	writes := w.Provider.Counters().Writes
	reread()
	w.ExpectReady(b, "True/Listed") // verified within two intervals
	Expect(b.Status.TableDoubt.Seen).To(BeEquivalentTo(1))
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Overall = []v1alpha1.OverallPermission{"AccountManagement"} })
	Consistently(func() int { return int(w.Provider.Counters().Writes) }, 3*time.Second).Should(BeEquivalentTo(writes)) // another reading would be another sighting
	w.Fails()
	reread()
	w.ExpectReady(g, "True/AsDeclared")
	Expect(b.Status.TableDoubt).To(BeNil())

	By("three of four really removed")
	for _, email := range []string{ann, bob, "cyd@acme.example"} {
		Expect(w.Provider.RemoveRow(w.Ctx, world.Owner, email)).To(Succeed())
	}
	writes = w.Provider.Counters().Writes
	for seen := range 3 {
		reread()
		Expect(b.Status.TableDoubt.Seen).To(BeEquivalentTo(seen + 1))
	}
	w.ExpectReady(b, "False/TableUnconfirmed")
	w.ExpectReady(g, "False/TableUnconfirmed")
	Expect(w.Provider.Counters().Writes).To(Equal(writes))
	world.Update(w, b, func(b *v1alpha1.HostingBackend) {
		b.Annotations = map[string]string{v1alpha1.AnnotationAcceptTable: b.Status.TableDoubt.Digest}
	})
	w.ExpectReady(b, "True/Listed")
	Eventually(func() bool { w.Conditions(b); return b.Status.TableDoubt == nil || b.Status.TableDoubt.Accepted }).Should(BeTrue())
	w.ExpectReady(g, "False/Relinquished") // the owner's decision, and respected
	w.ExpectUnchanged(w.Rows, ConsistOf("new@acme.example: Billing", "eve@acme.example: Billing"))
	Expect(w.Provider.Counters().Writes).To(Equal(writes))
})

var _ = It("S18 the second of two managers on one owner", func() {
	w := begin(ann, bob)
	b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.OwnerMarker = "first" })
	_, err := w.Provider.AddRow(w.Ctx, world.Owner, reference.Row{Email: ann, Annotation: "our accountant"}, false)
	Expect(err).NotTo(HaveOccurred())
	g := world.Overall(world.GrantFor("ann", ann), "Billing")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	annotation := func() string { return row(w, ann).Annotation }
	Expect(annotation()).To(Equal("our accountant [hostgrant:first]"))

	By("a second installation")
	second := *w
	second.Namespace = w.Sibling()
	b2 := second.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.OwnerMarker = "second" })
	other := world.Overall(world.GrantFor("bob", bob), "Billing")
	second.Create(other)
	second.ExpectReady(b2, "False/OwnedElsewhere")
	second.ExpectReady(other, "False/OwnedElsewhere")
	Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing"))
	w.ExpectReady(b, "True/Listed")

	By("taking over")
	world.Update(&second, b2, func(b *v1alpha1.HostingBackend) { b.Spec.TakeOverFrom = []v1alpha1.OwnerMark{"first"} })
	second.ExpectReady(other, "True/AsDeclared")
	w.TriggerRefresh()
	w.ExpectReady(b, "False/OwnedElsewhere")
})

var _ = It("S18 a mark goes with the last permission that is ours", func() {
	w := begin(ann)
	b := w.Backend()
	_, err := w.Provider.AddRow(w.Ctx, world.Owner, reference.Row{Email: ann, Annotation: "our accountant", Overall: []string{"AccountManagement"}}, false)
	Expect(err).NotTo(HaveOccurred())
	g := world.Overall(world.GrantFor("ann", ann), "Billing")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	w.ExpectReady(b, "True/Listed")
	Expect(row(w, ann).Annotation).To(Equal("our accountant [hostgrant:" + string(b.Status.OwnerMarker) + "]"))
	w.Delete(g)
	Eventually(w.Rows).Should(ConsistOf("ann@acme.example: AccountManagement"))
	Expect(row(w, ann).Annotation).To(Equal("our accountant"))
})

var _ = It("S18 a key of another owner", func() {
	w := begin(ann)
	Expect(w.Provider.Seed(w.Ctx, reference.Seed{Owners: []reference.SeedOwner{{Email: "stranger@other.example", Token: "stranger"}}})).To(Succeed())
	b := w.Backend()
	g := world.Overall(world.GrantFor("ann", ann), "Billing")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	w.ExpectReady(b, "True/Listed")
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "acme-key"}}
	world.Update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"token": "stranger"} })
	w.ExpectReady(b, "False/IdentityChanged")
	w.ExpectReady(g, "False/IdentityChanged")
	rows, err := w.Provider.Rows(w.Ctx, "stranger@other.example")
	Expect(err).NotTo(HaveOccurred())
	Expect(rows).To(BeEmpty())
	world.Update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"token": world.Token} })
	w.ExpectReady(b, "True/Listed")
	w.ExpectReady(g, "True/AsDeclared")
})

var _ = It("S12 renamed", func() {
	w := begin(ann)
	w.Backend()
	w.Has(reference.Row{Email: "eve@acme.example", Overall: []string{"Billing"}})
	g := world.Overall(world.GrantFor("ann", ann), "Billing")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Provider.Rename(w.Ctx, ann, "ann.lee@acme.example")).To(Succeed())
	w.TriggerRefresh()
	w.ExpectReady(g, "False/IdentityChanged")
	Expect(w.Rows()).To(ConsistOf("ann.lee@acme.example: Billing", "eve@acme.example: Billing"))
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Subjects[0].Email = "ann.lee@acme.example" })
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Rows()).To(ConsistOf("ann.lee@acme.example: Billing", "eve@acme.example: Billing"))
})
