package controllers_test

import (
	"net/http"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/admission"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// asUser is a client of somebody who has a ClusterRole in a namespace, and nothing else.
func asUser(w *world.World, name, role string) client.Client {
	GinkgoHelper()
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "role-"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
	}
	w.Create(binding)
	user := rest.CopyConfig(config)
	user.Impersonate = rest.ImpersonationConfig{UserName: name}
	c, err := client.New(user, client.Options{Scheme: controllers.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	// A binding takes effect some moments after it was stored.
	Eventually(func() error { return c.List(w.Ctx, &v1alpha1.HostingBackendList{}, client.InNamespace(w.Namespace)) }).Should(Succeed())
	return c
}

var _ = Describe("A RemovalApproval", func() {
	const approver, applier = "system:serviceaccount:board:ann", "system:serviceaccount:flux-system:kustomize-controller"
	const settle = 3 * time.Second // all of a grant's people are seen within it
	var (
		w        *world.World
		b        *v1alpha1.HostingBackend
		everyone = []string{"p-000@acme.example", "p-001@acme.example", "p-002@acme.example", "p-003@acme.example", "p-004@acme.example"}
	)
	grant := func(name string, people ...string) *v1alpha1.PermissionGrant {
		GinkgoHelper()
		g := world.OnAccount(world.GrantFor(name, people...), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		return g
	}
	batch := func() v1alpha1.HeldRemoval {
		GinkgoHelper()
		Eventually(func() []v1alpha1.HeldRemoval { w.Conditions(b); return b.Status.HeldRemovals }).Should(HaveLen(1), w.Describe)
		return b.Status.HeldRemovals[0]
	}
	mode := func(mode v1alpha1.BackendMode) {
		GinkgoHelper()
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = mode })
	}
	// loses deletes the one grant of everybody, and returns the batch that this is held in.
	loses := func() v1alpha1.HeldRemoval {
		GinkgoHelper()
		w.Delete(grant("all", everyone...))
		return batch()
	}

	BeforeEach(func() {
		w = world.New(k8s, everyone...)
		b = w.Backend(func(b *v1alpha1.HostingBackend) {
			b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Settle: &metav1.Duration{Duration: settle}}
		})
	})

	It("is made by an approver who can do nothing else, releases one batch, and says what became of it", func() {
		held := loses()
		Expect(held.People).To(BeEquivalentTo(5))
		user := asUser(w, approver, "hostgrant-removal-approver")

		By("looking at whom it is of, and what they would lose")
		seen := &v1alpha1.HostingBackend{}
		Expect(user.Get(w.Ctx, client.ObjectKeyFromObject(b), seen)).To(Succeed())
		first := seen.Status.HeldRemovals[0].Records
		Expect(first).To(HaveLen(5))
		Expect(first).To(HaveEach(HaveField("Loses", ConsistOf("account shop: Sites"))))
		Expect(string(first[0].Name)).NotTo(ContainSubstring("@"))
		record := &v1alpha1.AccessRecord{}
		Expect(user.Get(w.Ctx, client.ObjectKey{Namespace: w.Namespace, Name: string(first[0].Name)}, record)).To(Succeed())

		By("trying what only others may")
		for _, patch := range []string{`{"spec":{"mode":"Observe"}}`, `{"spec":{"endpoint":{"url":"https://evil.example/"}}}`, `{"metadata":{"annotations":{"a":"b"}}}`} {
			Expect(apierrors.IsForbidden(user.Patch(w.Ctx, seen, client.RawPatch(types.MergePatchType, []byte(patch))))).To(BeTrue(), patch)
		}
		mine := world.GrantFor("mine", everyone[0])
		mine.Namespace = w.Namespace
		Expect(apierrors.IsForbidden(user.Create(w.Ctx, mine))).To(BeTrue())
		Expect(user.Create(w.Ctx, w.ApprovalBy("director@acme.example", held.Digest))).To(MatchError(ContainSubstring("spec.approvedBy must be your own user name, " + approver)))
		forged := w.ApprovalBy("director@acme.example", held.Digest)
		forged.Spec.StatedBy = approver
		Expect(user.Create(w.Ctx, forged)).To(MatchError(ContainSubstring("must list it")))
		w.ExpectUnchanged(w.Rows, HaveLen(5))

		By("approving it while nothing is written, and declaring one person again")
		mode(v1alpha1.ModeObserve)
		meant := w.ApprovalBy(approver, held.Digest)
		Expect(user.Create(w.Ctx, meant)).To(Succeed())
		w.ExpectReady(meant, "False/ObserveOnly")
		Expect(meant.Status.People).To(BeEquivalentTo(5))
		w.Create(world.OnAccount(world.GrantFor("back", everyone[4]), "shop", "Sites"))
		Eventually(func() v1alpha1.HeldRemoval { return batch() }).Should(And(HaveField("People", BeEquivalentTo(4)), HaveField("Released", true)))
		mode(v1alpha1.ModeEnforce)
		Eventually(w.Rows).Should(ConsistOf(everyone[4] + ": shop/Sites"))
		w.ExpectReady(meant, "True/Approved")
		Expect(meant.Status.Removed).To(Equal(&v1alpha1.ApprovalResult{People: 4, Records: names(w, everyone[:4]...)}))
		Expect(meant.Status.Spared).To(Equal(&v1alpha1.ApprovalResult{People: 1, Records: names(w, everyone[4])}))
		Expect(w.Record(everyone[0]).Status.History[0]).To(And(
			HaveField("Kind", v1alpha1.ChangeRevoked), HaveField("ApprovedBy", approver), HaveField("Batch", held.Digest)))
		Expect(user.Patch(w.Ctx, meant.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`)))).NotTo(Succeed())

		By("starting again: what is complete stays so")
		completed := meant.Status.CompletedAt
		stopManager()
		stopManager = startManager()
		w.ExpectReady(b, "True/Listed")
		w.ExpectReady(meant, "True/Approved")
		Expect(meant.Status.CompletedAt).To(Equal(completed))
	})

	It("is withdrawn by deleting it, and outlives the manager", func() {
		held := loses()
		mode(v1alpha1.ModeObserve)
		first := w.Approve(held.Digest)
		w.ExpectReady(first, "False/ObserveOnly")
		Eventually(batch).Should(HaveField("Released", true))
		w.Delete(first)
		Eventually(batch).Should(HaveField("Released", false))
		mode(v1alpha1.ModeEnforce)
		w.ExpectReady(b, "True/Listed")
		w.ExpectUnchanged(w.Rows, HaveLen(5))
		w.ExpectReady(w.Record(everyone[0]), "False/RemovalLimit")

		By("approving it again, while the manager is stopped")
		stopManager()
		second := w.Approve(held.Digest)
		stopManager = startManager()
		Eventually(w.Rows).Should(BeEmpty())
		w.ExpectReady(second, "True/Approved")
		Expect(second.Status.Removed.People).To(BeEquivalentTo(5))
	})

	It("counts and tells whom it took access from, though no removal was answered", func() {
		held := loses()
		writes := w.Writes()
		w.Fails(faults.Fault{Kind: faults.Late, Method: http.MethodDelete, Times: len(everyone)}, faults.Fault{Kind: faults.Refuse, Status: 403, Method: http.MethodDelete})
		approved := w.Approve(held.Digest)
		Eventually(w.Writes).Should(BeNumerically(">=", int(writes)+len(everyone)))
		Expect(w.Rows()).To(HaveLen(5))
		w.Fails() // they are done now
		Expect(w.Rows()).To(BeEmpty())
		w.RefreshTable(b)
		w.ExpectReady(approved, "True/Approved")
		Expect(w.Rows()).To(BeEmpty())
		Expect(approved.Status.Removed).To(Equal(&v1alpha1.ApprovalResult{People: 5, Records: names(w, everyone...)}))
		Expect(approved.Status.Spared.People).To(BeZero())
		for _, email := range everyone {
			Expect(w.Record(email).Status.History[0]).To(And(
				HaveField("Kind", v1alpha1.ChangeRevoked), HaveField("ApprovedBy", string(approved.Spec.ApprovedBy)), HaveField("Batch", held.Digest)), email)
		}
	})

	It("is refused where it names no batch", func() {
		held := loses()
		unknown := w.Approve("abc123")
		w.ExpectReady(unknown, "False/BatchUnknown")
		Expect(readyMessage(w, unknown)).To(And(ContainSubstring("no batch with digest abc123"), ContainSubstring("held there now: "+held.Digest)))
		w.ExpectUnchanged(w.Rows, HaveLen(5))
	})

	It("may be stated by an applier that the installation lists, and is recorded as such", func() {
		held := loses()
		list := func(appliers string) {
			GinkgoHelper()
			m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "hostgrant-system", Name: "hostgrant-removal-appliers"}}
			patch := client.RawPatch(types.MergePatchType, []byte(`{"data":{"appliers":"`+appliers+`"}}`))
			Expect(k8s.Patch(w.Ctx, m, patch)).To(Succeed())
		}
		user := asUser(w, applier, "hostgrant-removal-approver")
		stated := w.ApprovalBy("ann@acme.example", held.Digest)
		stated.Spec.StatedBy = applier
		Expect(user.Create(w.Ctx, stated.DeepCopy())).To(MatchError(ContainSubstring("must list it")))
		DeferCleanup(list, "")
		list(`# GitOps\n ` + applier + `\n`)
		Eventually(func() error { return user.Create(w.Ctx, stated.DeepCopy(), client.DryRunAll) }).Should(Succeed())
		another := stated.DeepCopy()
		another.Spec.StatedBy = approver
		Expect(user.Create(w.Ctx, another)).To(MatchError(ContainSubstring("must be the user name of who creates this")))
		Expect(user.Create(w.Ctx, stated)).To(Succeed())
		w.ExpectReady(stated, "True/Approved")
		Expect(w.Rows()).To(BeEmpty())
		Expect(w.Record(everyone[0]).Status.History[0].ApprovedBy).To(Equal("ann@acme.example, stated by " + applier))
	})

	// Last: an API server may follow the ConfigMap no longer once the binding was away.
	It("is refused while nothing proves who made it, also once that is mended", func() {
		held := loses()
		binding := &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: admission.Policy}}
		DeferCleanup(func(ctx SpecContext) { installApprovals(ctx) })
		Expect(k8s.Delete(w.Ctx, binding)).To(Succeed())
		forged := w.ApprovalBy("director@acme.example", held.Digest)
		Eventually(func() error { forged.ResourceVersion = ""; return k8s.Create(w.Ctx, forged) }).Should(Succeed(), "nobody checks it now")
		w.ExpectReady(forged, "False/ApprovalUnverified")
		Expect(readyMessage(w, forged)).To(And(ContainSubstring("ValidatingAdmissionPolicyBinding of "+admission.Policy+" is missing"), ContainSubstring("-k config/admission")))

		installApprovals(w.Ctx)
		Eventually(func() error {
			return k8s.Create(w.Ctx, w.ApprovalBy("director@acme.example", held.Digest), client.DryRunAll)
		}).ShouldNot(Succeed())
		Expect(k8s.Get(w.Ctx, client.ObjectKeyFromObject(binding), binding)).To(Succeed())
		Eventually(func() time.Duration { return time.Since(binding.CreationTimestamp.Time) }).Should(BeNumerically(">", 2*testkit.Fast.PolicyLag+time.Second))
		w.Approve("abc123") // has the others looked at again
		Eventually(func() string { return readyMessage(w, forged) }).Should(ContainSubstring("installed or changed after this approval"))
		w.ExpectUnchanged(w.Rows, HaveLen(5))
		w.ExpectReady(w.Approve(held.Digest), "True/Approved")
		Expect(w.Rows()).To(BeEmpty())
	})
})

// names are those of people's records, in order.
func names(w *world.World, people ...string) (list []v1alpha1.ObjectName) {
	for _, email := range people {
		list = append(list, v1alpha1.ObjectName(w.Record(email).Name))
	}
	slices.Sort(list)
	return list
}

// readyMessage is the message of an approval's condition Ready.
func readyMessage(w *world.World, a *v1alpha1.RemovalApproval) string {
	w.Conditions(a)
	if ready := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Message
	}
	return ""
}
