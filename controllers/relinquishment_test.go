package controllers_test

import (
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// Other owners, whom no HostingBackend acts for.
const ann, bea, cid = "ann@other.example", "bea@other.example", "cid@other.example"

// became reads the results of a Relinquishment as "id: state reason".
func became(w *world.World, rel *v1alpha1.Relinquishment) func() []string {
	return func() []string {
		if err := k8s.Get(w.Ctx, client.ObjectKeyFromObject(rel), rel); err != nil {
			return []string{err.Error()}
		}
		lines := []string{}
		for _, r := range rel.Status.Results {
			lines = append(lines, fmt.Sprintf("%d: %s%s", r.ID, r.State, r.Reason))
		}
		return lines
	}
}

func asked(w *world.World, operation string) int64 {
	return w.Provider.Counters().Operations[operation]
}

func withReason(rel *v1alpha1.Relinquishment) *v1alpha1.Relinquishment {
	rel.Spec.Reason = "another"
	return rel
}

var _ = Describe("A Relinquishment", func() {
	It("lists what our profile holds elsewhere, and gives up, once, exactly what is confirmed", func() {
		w := world.New(k8s)
		b := w.Backend()
		onAnn, onBea, onCid := w.Gives(ann, world.Owner, "Billing", "AccountManagement"), w.Gives(bea, world.Owner, "Billing"), w.Gives(cid, world.Owner, "Billing")
		w.Gives(ann, cid, "Billing")
		rel := w.Relinquishment("old")
		w.ExpectReady(rel, "True/AwaitingConfirmation")
		Expect(rel.Status.Held).To(Equal([]v1alpha1.Holding{
			{ID: onAnn, Owner: ann, OwnerID: rel.Status.Held[0].OwnerID, Permissions: 2},
			{ID: onBea, Owner: bea, OwnerID: rel.Status.Held[1].OwnerID, Permissions: 1},
			{ID: onCid, Owner: cid, OwnerID: rel.Status.Held[2].OwnerID, Permissions: 1},
		}))
		Expect(rel.Status.Holder).To(Equal(world.Owner))
		Expect(rel.Status.Summary).To(Equal(fmt.Sprintf("held on 3 profiles, ids %d, %d, %d", onAnn, onBea, onCid)))
		Expect(w.Conditions(rel)).To(HaveKeyWithValue("Complete", "False/AwaitingConfirmation"))
		Expect(w.Writes()).To(BeZero())

		w.Confirms(rel, onCid, onAnn, 4711)
		w.ExpectReady(rel, "True/Complete")
		Expect(became(w, rel)()).To(ConsistOf(fmt.Sprintf("%d: Dropped", onCid), fmt.Sprintf("%d: Dropped", onAnn), "4711: AlreadyGone"))
		Expect(w.Holds(ann, world.Owner, "Billing")).To(BeFalse())
		Expect(w.Holds(cid, world.Owner, "Billing")).To(BeFalse())
		Expect(w.Holds(bea, world.Owner, "Billing")).To(BeTrue(), "not named")
		Expect(w.Holds(ann, cid, "Billing")).To(BeTrue(), "somebody else's")
		Expect(asked(w, "DeleteMyPermission")).To(BeEquivalentTo(2))
		Expect(w.Writes()).To(BeEquivalentTo(2))
		Expect(w.Conditions(rel)).To(HaveKeyWithValue("Complete", "True/Complete"))

		By("changing, restarting and deleting what it depends on: it never acts again")
		again := w.Gives(ann, world.Owner, "Billing")
		lists := asked(w, "ListMyPermissions")
		Expect(k8s.Update(w.Ctx, withReason(rel.DeepCopy()))).To(MatchError(ContainSubstring("make another Relinquishment")))
		world.Update(w, rel, func(r *v1alpha1.Relinquishment) { r.Annotations = map[string]string{"a": "b"} })
		version := rel.ResourceVersion
		w.RefreshTable(b)
		stopManager()
		stopManager = startManager()
		w.Relists(1)
		w.Delete(b)
		w.ExpectDeleted(b)
		Consistently(func() string { _ = k8s.Get(w.Ctx, client.ObjectKeyFromObject(rel), rel); return rel.ResourceVersion }, "3s").Should(Equal(version))
		Expect(asked(w, "ListMyPermissions")).To(Equal(lists))
		Expect(w.Writes()).To(BeEquivalentTo(2))
		Expect(w.Holds(ann, world.Owner, "Billing")).To(BeTrue(), "given again as %d", again)

		list := &eventsv1.EventList{}
		Expect(k8s.List(w.Ctx, list, client.InNamespace(w.Namespace))).To(Succeed())
		told := 0
		for _, e := range list.Items {
			if e.Regarding.Kind == "Relinquishment" {
				told++
				Expect(e.Reason).To(Equal(v1alpha1.EventRelinquished))
				Expect(e.Note).NotTo(ContainSubstring("@"), "I12")
			}
		}
		Expect(told).To(Equal(2))
		w.Delete(rel)
		w.ExpectDeleted(rel)
	})

	It("costs one list an interval, and writes nothing while nothing changes (I1, I9)", func() {
		w := world.New(k8s)
		w.Backend(world.Often)
		w.Gives(ann, world.Owner, "Billing")
		for i := range 12 {
			rel := w.Relinquishment(world.Name("r", i))
			w.ExpectReady(rel, "True/AwaitingConfirmation")
		}
		w.Relists(2) // all of them ask at the same time, now
		lists, began, versions := asked(w, "ListMyPermissions"), time.Now(), w.Versions()
		w.Relists(4)
		Expect(asked(w, "ListMyPermissions")-lists).To(And(BeNumerically(">=", 2), BeNumerically("<=", int64(time.Since(began)/time.Second)+2)), "one for all of them, once an interval")
		Expect(w.Versions()).To(Equal(versions))
		Expect(w.Writes()).To(BeZero())
	})

	It("asks once for a new one, though a cache may not know yet that it was answered (I1)", func() {
		for range 10 { // each time the HostingBackend has just become ready, which wakes those that refer to it
			w := world.New(k8s)
			w.Backend()
			w.Gives(ann, world.Owner, "Billing")
			w.ExpectReady(w.Relinquishment("r"), "True/AwaitingConfirmation")
			w.ExpectReady(w.Relinquishment("s"), "True/AwaitingConfirmation")
			Expect(asked(w, "ListMyPermissions")).To(BeNumerically("<=", 2))
		}
	})

	It("sees what is held later, and what is nothing", func() {
		w := world.New(k8s)
		w.Backend(world.Often)
		rel := w.Relinquishment("r")
		w.ExpectReady(rel, "True/NothingHeld")
		Expect(rel.Status.Summary).To(Equal("nothing held"))
		w.Gives(ann, world.Owner, "Billing")
		Eventually(func() map[string]string { return w.Conditions(rel) }, oneInterval).Should(HaveKeyWithValue("Ready", "True/AwaitingConfirmation"))
	})

	It("only lists in Observe mode, and acts when told to (I15)", func() {
		w := world.New(k8s)
		b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeObserve })
		id := w.Gives(ann, world.Owner, "Billing")
		rel := w.Relinquishment("r")
		w.ExpectReady(rel, "True/AwaitingConfirmation")
		w.Confirms(rel, id)
		w.ExpectReady(rel, "False/ObserveOnly")
		Expect(became(w, rel)()).To(ConsistOf(fmt.Sprintf("%d: Pending", id)))
		Expect(rel.Status.Held).To(HaveLen(1))
		Expect(w.Writes()).To(BeZero())
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
		w.ExpectReady(rel, "True/Complete")
		Expect(w.Holds(ann, world.Owner, "Billing")).To(BeFalse())
	})

	It("leaves alone what it had not listed when it was confirmed", func() {
		w := world.New(k8s)
		w.Backend()
		id := w.Gives(ann, world.Owner, "Billing")
		rel := w.Relinquishment("r", id, 4711)
		w.ExpectReady(rel, "False/NotListed")
		Expect(became(w, rel)()).To(ConsistOf(fmt.Sprintf("%d: RefusedNotListed", id), "4711: AlreadyGone"))
		Expect(w.Conditions(rel)).To(HaveKeyWithValue("Complete", "True/Complete"))
		Expect(w.Writes()).To(BeZero())
	})

	It("refuses to give up a profile that any HostingBackend acts for (I6)", func() {
		w := world.New(k8s)
		w.Backend()
		const dan = "dan@other.example" // whom no other spec knows: the backend below concerns the whole cluster
		onDan, onBea := w.Gives(dan, world.Owner, "AccountManagement"), w.Gives(bea, world.Owner, "Billing")
		rel := w.Relinquishment("r")
		w.ExpectReady(rel, "True/AwaitingConfirmation")
		Expect(rel.Status.Held).To(HaveEach(HaveField("Protected", false)))
		acting := &v1alpha1.HostingBackend{}
		acting.Name, acting.Namespace = "dan", w.Sibling()
		acting.Spec.Interval.Duration = time.Hour
		acting.Spec.Endpoint = v1alpha1.Endpoint{URL: w.Provider.URL(), Customer: "Dan@other.example", CredentialsSecretRef: v1alpha1.LocalReference{Name: "none"}}
		Expect(k8s.Create(w.Ctx, acting)).To(Succeed())
		DeferCleanup(func() { Expect(k8s.Delete(w.Ctx, acting)).To(Succeed()) })
		w.Confirms(rel, onDan, onBea)
		w.ExpectReady(rel, "False/Protected")
		Expect(became(w, rel)()).To(ConsistOf(fmt.Sprintf("%d: RefusedProtected", onDan), fmt.Sprintf("%d: Dropped", onBea)))
		Expect(w.Holds(dan, world.Owner, "AccountManagement")).To(BeTrue())
		Expect(w.Holds(bea, world.Owner, "Billing")).To(BeFalse())
		second := w.Relinquishment("second")
		w.ExpectReady(second, "True/AwaitingConfirmation")
		Expect(second.Status.Held).To(ConsistOf(HaveField("Protected", true)))
	})

	It("is about the key's own profile, also where the key acts for another owner", func() {
		w := world.New(k8s)
		for agent, key := range map[string]string{"agent@agency.example": "agent-key", "rival@agency.example": "rival-key"} {
			Expect(w.Provider.Seed(w.Ctx, reference.Seed{Owners: []reference.SeedOwner{{Email: agent, Token: key}}})).To(Succeed())
			w.Has(reference.Row{Email: agent, Overall: []string{"AccountManagement"}})
		}
		ofOwner, ofAgent := w.Gives(ann, world.Owner, "Billing"), w.Gives(ann, "agent@agency.example", "Billing")
		ofRival := w.Gives(bea, "rival@agency.example", "Billing")
		b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.Customer = world.Owner })
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "acme-key"}}
		world.Update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"token": "agent-key"} })
		w.ExpectReady(b, "True/Listed")
		rel, other := w.Relinquishment("r"), w.Relinquishment("other")
		w.ExpectReady(rel, "True/AwaitingConfirmation")
		w.ExpectReady(other, "True/AwaitingConfirmation")
		Expect(rel.Status.Holder).To(Equal("agent@agency.example"))
		Expect(rel.Status.Held).To(ConsistOf(
			And(HaveField("Owner", world.Owner), HaveField("Protected", true)), And(HaveField("ID", ofAgent), HaveField("Protected", false))))
		w.Confirms(rel, ofAgent, ofOwner, rel.Status.Held[0].ID)
		w.ExpectReady(rel, "False/Protected")
		Expect(w.Holds(ann, "agent@agency.example", "Billing")).To(BeFalse())
		Expect(w.Holds(ann, world.Owner, "Billing")).To(BeTrue(), "the owner acted for loses nothing")
		Expect(w.Rows()).To(ContainElement("agent@agency.example: AccountManagement"), "the manager is not locked out")

		By("putting a key of another profile between the list and the confirmation")
		writes := w.Writes()
		world.Update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"token": "rival-key"} })
		Eventually(func() string {
			_ = k8s.Get(w.Ctx, client.ObjectKeyFromObject(b), b)
			return b.Status.Identity.Holder
		}).Should(Equal("rival@agency.example"))
		w.Confirms(other, other.Status.Held[0].ID, ofRival)
		w.ExpectReady(other, "False/IdentityChanged")
		Expect(w.Writes()).To(Equal(writes))
		Expect(w.Holds(bea, "rival@agency.example", "Billing")).To(BeTrue())
	})

	It("says where the provider has no such resource, and disturbs nothing else", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Provider.SetOwnPermissionAPI(false)
		b := w.Backend(world.Often)
		rel, confirmed := w.Relinquishment("r"), w.Relinquishment("c", 7)
		w.ExpectReady(rel, "False/RelinquishmentUnsupported")
		w.ExpectReady(confirmed, "False/RelinquishmentUnsupported")
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		w.ExpectReady(b, "True/Listed")
		w.Provider.SetOwnPermissionAPI(true)
		Eventually(func() map[string]string { return w.Conditions(rel) }, oneInterval).Should(HaveKeyWithValue("Ready", "True/NothingHeld"))
	})

	It("waits for its backend: not there, suspended, down", func() {
		w := world.New(k8s)
		id := w.Gives(ann, world.Owner, "Billing")
		rel := w.Relinquishment("r")
		w.ExpectReady(rel, "False/BackendNotFound")
		b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = true })
		w.ExpectReady(rel, "False/Suspended")
		Expect(w.Provider.Counters().Reads).To(BeZero())
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = false })
		w.ExpectReady(rel, "True/AwaitingConfirmation")

		w.Fails(faults.Fault{Kind: faults.Refuse, Status: 503})
		w.Confirms(rel, id)
		w.ExpectReady(rel, "Unknown/ProviderUnavailable")
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = true })
		w.ExpectReady(rel, "False/Suspended")
		w.Fails()
		Consistently(became(w, rel), "2s").Should(BeEmpty())
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = false })
		Eventually(func() map[string]string { return w.Conditions(rel) }, oneInterval).Should(HaveKeyWithValue("Ready", "True/Complete"))
		Expect(w.Holds(ann, world.Owner, "Billing")).To(BeFalse())
	})

	It("can be deleted in every state", func() {
		w := world.New(k8s)
		gone := func(rel *v1alpha1.Relinquishment) {
			GinkgoHelper()
			w.Delete(rel)
			Expect(client.IgnoreNotFound(k8s.Get(w.Ctx, client.ObjectKeyFromObject(rel), rel))).To(Succeed())
			w.ExpectDeleted(rel)
		}
		first := w.Relinquishment("first", 7)
		w.ExpectReady(first, "False/BackendNotFound")
		gone(first)
		id := w.Gives(ann, world.Owner, "Billing")
		w.Backend()
		second := w.Relinquishment("second")
		w.ExpectReady(second, "True/AwaitingConfirmation")
		w.Fails(faults.Fault{Kind: faults.Refuse, Status: 503, Method: http.MethodDelete})
		w.Confirms(second, id)
		Eventually(became(w, second)).Should(ConsistOf(fmt.Sprintf("%d: Intended", id)))
		w.ExpectReady(second, "Unknown/ProviderUnavailable")
		gone(second)
		w.Fails()
		writes := w.Writes()
		w.ExpectUnchanged(w.Writes, Equal(writes), "nothing is given up for what is gone")
		Expect(w.Holds(ann, world.Owner, "Billing")).To(BeTrue())
	})
})
