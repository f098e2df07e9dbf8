package scenarios_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("S01 invited, run out, active", func() {
	clock := clocktesting.NewFakeClock(time.Now())
	w := enterAt(clock)
	start()
	b, g := w.Backend(), billing("a", nobody)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	Eventually(w.Mailed).WithArguments(nobody).Should(Equal(1))
	invited := func() {
		GinkgoHelper()
		Expect(w.Rows()).To(ConsistOf(nobody + ": Billing"))
		Expect(w.Opens(nobody, "Billing")).To(BeFalse(), "a row is no access")
		Expect(w.Person(nobody)).To(Equal(v1alpha1.PersonInvited))
		Expect(w.Conditions(g)).To(HaveKeyWithValue("AllActive", "False/Invited"))
		Expect(g.Status.Subjects.Invited).To(BeEquivalentTo(1))
	}
	invited()

	By("letting the invitation run out")
	clock.Step(reference.InvitationLife + time.Hour)
	Expect(w.Provider.AcceptInvitation(w.Ctx, nobody)).NotTo(Succeed())
	w.RefreshTable(b)
	Eventually(w.Invitation).WithArguments(nobody).Should(Equal(v1alpha1.InvitationExpired))
	Expect(w.Conditions(w.Record(nobody))).To(HaveKeyWithValue("Active", "False/InvitationExpired"))
	invited()

	By("the person making a profile by themselves")
	Expect(w.Provider.Seed(w.Ctx, reference.Seed{Profiles: []reference.SeedProfile{{Email: nobody}}})).To(Succeed())
	w.RefreshTable(b)
	Eventually(w.Person).WithArguments(nobody).Should(Equal(v1alpha1.PersonActive))
	Eventually(func() map[string]string { return w.Conditions(g) }).Should(HaveKeyWithValue("AllActive", "True/Active"))
	Expect(w.Opens(nobody, "Billing")).To(BeTrue())
	Expect(w.Mailed(nobody)).To(Equal(1))
})

var _ = It("S03 acceptance", func() {
	w := begin()
	b, g := w.Backend(), billing("a", nobody)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	Eventually(w.Invitation).WithArguments(nobody).Should(Equal(v1alpha1.InvitationSent))
	Eventually(w.Mailed).WithArguments(nobody).Should(Equal(1))
	record, before := w.Record(nobody), w.Writes()
	Expect(w.Provider.AcceptInvitation(w.Ctx, nobody)).To(Succeed())
	w.RefreshTable(b)
	Eventually(w.Person).WithArguments(nobody).Should(Equal(v1alpha1.PersonActive))
	Eventually(func() map[string]string { return w.Conditions(g) }).Should(HaveKeyWithValue("AllActive", "True/Active"))
	w.RefreshTable(b)
	Expect(w.Opens(nobody, "Billing")).To(BeTrue())
	now := w.Record(nobody)
	Expect([]any{now.UID, now.Spec, now.Status.RowID}).To(Equal([]any{record.UID, record.Spec, record.Status.RowID}))
	Expect(g.Generation).To(BeEquivalentTo(1))
	Expect(w.Writes()).To(Equal(before))
	Expect(w.Mailed(nobody)).To(Equal(1))
})

var _ = It("S05 deleting at every cluster of an invitation", func() {
	clock := clocktesting.NewFakeClock(time.Now())
	pending, refused, expired, gone, queued := enter(), enter(), enterAt(clock), enter(), enter()
	refused.Mails.RefuseRecipients(550)
	all := []*world.World{pending, refused, expired, gone}
	start()
	grants, backends := map[*world.World]*v1alpha1.PermissionGrant{}, map[*world.World]*v1alpha1.HostingBackend{}
	for _, w := range all {
		grants[w] = billing("a", nobody)
		if w == refused {
			backends[w] = w.Backend(w.BySMTP)
		} else {
			backends[w] = w.Backend()
		}
		w.Create(grants[w])
	}
	for _, w := range all {
		w.ExpectReady(grants[w], "True/AsDeclared")
	}
	Eventually(refused.Invitation).WithArguments(nobody).Should(Equal(v1alpha1.InvitationRefused))
	clock.Step(reference.InvitationLife + time.Hour)
	expired.RefreshTable(backends[expired])
	Expect(gone.Provider.RemoveRow(gone.Ctx, world.Owner, nobody)).To(Succeed())
	queue := func(b *v1alpha1.HostingBackend) { b.Spec.Invitations.PerMinute = 1 }
	queued.Backend(queue)
	queued.Create(billing("first", "first@acme.example"))
	Eventually(queued.Mailed).WithArguments("first@acme.example").Should(Equal(1))
	grants[queued] = billing("a", nobody)
	queued.Create(grants[queued])
	queued.ExpectReady(grants[queued], "False/MailQueued")
	Eventually(expired.Invitation).WithArguments(nobody).Should(Equal(v1alpha1.InvitationExpired))
	queued.Delete(grants[queued])
	queued.ExpectDeleted(grants[queued])
	Eventually(queued.NothingLeft).WithArguments(nobody).Should(BeTrue())
	for _, w := range all {
		w.Delete(grants[w])
	}
	for _, w := range all {
		w.ExpectDeleted(grants[w])
		Expect(w.Rows()).To(BeEmpty())
		Eventually(w.NothingLeft).WithArguments(nobody).Should(BeTrue())
	}
})

var _ = It("S06 no write and no mail without a list", func() {
	type failing struct {
		*world.World
		fault faults.Fault
		b     *v1alpha1.HostingBackend
		grant *v1alpha1.PermissionGrant
	}
	var all []failing
	start()
	for _, fault := range []faults.Fault{{Kind: faults.Refuse, Status: 503}, {Kind: faults.Truncate}, {Kind: faults.Page}, {Kind: faults.Cut}} {
		fault.Method, fault.Path = http.MethodGet, permissions
		f := failing{World: enter(), fault: fault, grant: world.OnAccount(world.GrantFor("late", "old@acme.example", nobody), "shop", "Sites")}
		f.b = f.Backend(f.BySMTP)
		f.Create(billing("early", "old@acme.example"))
		all = append(all, f)
	}
	for _, f := range all {
		Eventually(f.Invitation).WithArguments("old@acme.example").Should(Equal(v1alpha1.InvitationSent))
		world.Update(f.World, f.b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = true })
		f.ExpectReady(f.b, "False/Suspended")
		f.Fails(f.fault)
		f.Create(f.grant)
		world.Update(f.World, f.b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = false })
	}
	for _, f := range all {
		// What was read before stands for two intervals, so the backend is still Ready.
		reads := f.Provider.Counters().Reads
		Eventually(func() int64 { return f.Provider.Counters().Reads - reads }, 2*time.Minute).Should(BeNumerically(">", 2), "it is read again and again")
		Expect(f.Writes()).To(BeEquivalentTo(1), "the row that was there before: %+v", f.fault)
		Expect(f.Mails.Mails()).To(HaveLen(1))
		f.Fails()
	}
	for _, f := range all {
		f.ExpectReady(f.grant, "True/AsDeclared")
		Eventually(f.Mailed).WithArguments(nobody).Should(Equal(1))
		Expect(f.Mailed("old@acme.example")).To(Equal(1))
		Expect(f.Rows()).To(ConsistOf("old@acme.example: Billing shop/Sites", nobody+": shop/Sites"))
	}
})

var _ = It("S09 a manifest applied again after acceptance", func(ctx SpecContext) {
	w := begin()
	b := w.Backend()
	manifest := filepath.Join(GinkgoT().TempDir(), "grant.yaml")
	Expect(os.WriteFile(manifest, []byte(`{apiVersion: hostgrant.io/v1alpha1, kind: PermissionGrant, metadata: {name: a},
  spec: {backendRef: {name: acme}, subjects: [{email: `+nobody+`}], overall: [Billing]}}`), 0o600)).To(Succeed())
	apply := func() {
		GinkgoHelper()
		_, err := testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), "apply", "--server-side", "--namespace", w.Namespace, "--filename", manifest)
		Expect(err).NotTo(HaveOccurred())
	}
	apply()
	g := billing("a", nobody)
	g.Namespace = w.Namespace
	w.ExpectReady(g, "True/AsDeclared")
	Eventually(w.Mailed).WithArguments(nobody).Should(Equal(1))
	Expect(w.Provider.AcceptInvitation(ctx, nobody)).To(Succeed())
	w.RefreshTable(b)
	Eventually(w.Person).WithArguments(nobody).Should(Equal(v1alpha1.PersonActive))
	generation, writes := g.Generation, w.Writes()
	apply()
	w.RefreshTable(b)
	w.ExpectReady(g, "True/AsDeclared")
	Expect(g.Generation).To(Equal(generation))
	Expect(w.Writes()).To(Equal(writes))
	Expect(w.Mailed(nobody)).To(Equal(1))
	Expect(w.Opens(nobody, "Billing")).To(BeTrue())

	By("looking for such a field in any spec")
	crds := &apiextensionsv1.CustomResourceDefinitionList{}
	Expect(cluster.K8s.List(ctx, crds)).To(Succeed())
	Expect(crds.Items).NotTo(BeEmpty())
	for _, crd := range crds.Items {
		for _, version := range crd.Spec.Versions {
			Expect(fields(version.Schema.OpenAPIV3Schema.Properties["spec"])).NotTo(ContainElement(MatchRegexp(providers.String())), crd.Name)
		}
	}
})

// providers are names of fields that only a provider can know.
var providers = regexp.MustCompile(`(?i)^(pending|accepted|invited|confirmed|activated|initialised|expired|rowID|profileID|link)$`)

// fields lists the names of all fields below a schema.
func fields(schema apiextensionsv1.JSONSchemaProps) []string {
	var names []string
	for name, property := range schema.Properties {
		names = append(append(names, name), fields(property)...)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		names = append(names, fields(*schema.Items.Schema)...)
	}
	return names
}
