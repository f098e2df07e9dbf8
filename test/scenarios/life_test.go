package scenarios_test

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// resendAfter lets another mail leave so long after the last one. It is long enough to see what is
// told meanwhile.
func resendAfter(d time.Duration) func(*v1alpha1.HostingBackend) {
	return func(b *v1alpha1.HostingBackend) {
		b.Spec.Invitations.MaxSends, b.Spec.Invitations.ResendAfter = 2, &metav1.Duration{Duration: d}
	}
}

// again annotates a grant, so that its people are mailed once more.
func again(w *world.World, g *v1alpha1.PermissionGrant, value string) {
	GinkgoHelper()
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) {
		g.Annotations = map[string]string{v1alpha1.AnnotationResendInvitation: value}
	})
}

// events counts those of a reason in a world.
func events(w *world.World, reason string) int {
	list := &eventsv1.EventList{}
	if err := w.K8s.List(w.Ctx, list, client.InNamespace(w.Namespace)); err != nil {
		return -1
	}
	return len(slices.DeleteFunc(list.Items, func(e eventsv1.Event) bool { return e.Reason != reason }))
}

// nobodyComes lets the link in the last mail end.
func nobodyComes(w *world.World, b *v1alpha1.HostingBackend, clock *clocktesting.FakeClock, state v1alpha1.InvitationState) {
	GinkgoHelper()
	clock.Step(reference.InvitationLife + time.Hour)
	w.RefreshTable(b)
	Eventually(w.Invitation).WithArguments(nobody).Should(Equal(state))
}

var _ = It("S02 nobody answers", func() {
	clock := clocktesting.NewFakeClock(time.Now())
	byProvider, bySMTP := enterAt(clock), enterAt(clock)
	manager := start()
	soon := resendAfter(15 * time.Second)
	worlds := map[*world.World]*v1alpha1.HostingBackend{byProvider: byProvider.Backend(soon), bySMTP: bySMTP.Backend(soon, bySMTP.BySMTP)}
	grants := map[*world.World]*v1alpha1.PermissionGrant{}
	for w := range worlds {
		grants[w] = billing("a", nobody)
		w.Create(grants[w])
	}
	for w, b := range worlds {
		Eventually(w.Mailed).WithArguments(nobody).Should(Equal(1))
		Eventually(w.Invitation).WithArguments(nobody).Should(Equal(v1alpha1.InvitationSent))
		nobodyComes(w, b, clock, v1alpha1.InvitationExpired)
	}
	for w, b := range worlds {
		Eventually(w.Mailed, 90*time.Second).WithArguments(nobody).Should(Equal(2), "by itself, when resendAfter has passed")
		Eventually(w.Invitation).WithArguments(nobody).Should(Equal(v1alpha1.InvitationSent))
		nobodyComes(w, b, clock, v1alpha1.InvitationUnanswered)
		w.ExpectReady(grants[w], "True/AsDeclared")
		Eventually(func() map[string]string { return w.Conditions(grants[w]) }).Should(HaveKeyWithValue("AllActive", "False/InvitationUnanswered"))
	}

	By("starting again and again")
	for range 3 {
		manager.Kill()
		manager = start()
		for w, b := range worlds {
			w.RefreshTable(b)
		}
	}
	for w := range worlds {
		w.ExpectUnchanged(func() int { return w.Mailed(nobody) }, Equal(2))
		again(w, grants[w], "please")
		Eventually(w.Mailed).WithArguments(nobody).Should(Equal(3))
		Eventually(w.Invitation).WithArguments(nobody).Should(Equal(v1alpha1.InvitationSent))
	}
	manager.Kill()
	start()
	for w, b := range worlds {
		again(w, grants[w], "please")
		w.RefreshTable(b)
		again(w, grants[w], "and once more")
		w.RefreshTable(b)
		w.ExpectUnchanged(func() int { return w.Mailed(nobody) }, Equal(3), "one for each request, and one an hour")
		Expect(w.Rows()).To(ConsistOf(nobody + ": Billing"))
	}
})

var _ = It("S04 the link ends while nobody looks", func(ctx SpecContext) {
	// The provider lives a week ago, so that links it gives end in a moment, and are never seen to.
	lag := func(ends time.Duration) time.Time { return time.Now().Add(ends - reference.InvitationLife) }
	early, late := clocktesting.NewFakeClock(lag(0)), clocktesting.NewFakeClock(lag(0))
	watched, asleep := enterAt(early), enterAt(late)
	metrics := freeAddress()
	flags := []string{"--metrics-secure=false", "--metrics-bind-address=" + metrics}
	manager := start(flags...)
	hourly := func(b *v1alpha1.HostingBackend) { b.Spec.Interval.Duration = time.Hour }
	for _, w := range []*world.World{watched, asleep} {
		w.ExpectReady(w.Backend(resendAfter(30*time.Second), hourly), "True/Listed")
	}
	invite := func(w *world.World) {
		g := billing("a", nobody)
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments(nobody).Should(Equal(v1alpha1.InvitationSent))
	}
	early.SetTime(lag(6 * time.Second)) // however long it took until here
	invite(watched)
	lists := watched.Lists()
	late.SetTime(lag(10 * time.Second))
	invite(asleep)
	Eventually(watched.Invitation).WithArguments(nobody).Should(Equal(v1alpha1.InvitationExpired))
	Eventually(events).WithArguments(watched, "InvitationExpired").Should(Equal(1)) // it is told after the status, and a kill loses it
	manager.Kill()
	Expect(watched.Lists()).To(Equal(lists), "by a timer")
	Expect(time.Now()).To(BeTemporally(">=", watched.Record(nobody).Status.Invitation.ExpiresAt.Time))
	Expect(asleep.Invitation(nobody)).To(Equal(v1alpha1.InvitationSent))
	ends := asleep.Record(nobody).Status.Invitation.ExpiresAt.Time
	Eventually(func() bool { return time.Now().After(ends) }).Should(BeTrue())
	start(flags...)
	for _, w := range []*world.World{watched, asleep} {
		Eventually(w.Invitation).WithArguments(nobody).Should(Equal(v1alpha1.InvitationExpired))
		Expect(w.Conditions(w.Record(nobody))).To(HaveKeyWithValue("Active", "False/InvitationExpired"))
		Eventually(events).WithArguments(w, "InvitationExpired").Should(Equal(1))
		Eventually(scraped).WithContext(ctx).WithArguments(metrics).Should(ContainSubstring(
			`hostgrant_backend_invitations{backend="acme",namespace="` + w.Namespace + `",state="Expired"} 1`))
		Expect(w.Mailed(nobody)).To(Equal(1))
	}

	By("a new invitation")
	for _, w := range []*world.World{watched, asleep} {
		Eventually(w.Mailed, 90*time.Second).WithArguments(nobody).Should(Equal(2))
		Expect(w.Rows()).To(ConsistOf(nobody + ": Billing"))
	}
})

var _ = It("S07 more people than may be mailed in a minute", func() {
	const pace, many, window = 4, 9, 15 * time.Second // in the place of a minute
	w, timing := enter(ann), testkit.Fast
	timing.MailWindow = window
	start(testkit.TimingFlag(timing))
	b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Invitations.PerMinute = pace })
	emails, table := crowd(many)
	all := billing("all", emails...)
	w.Create(all)
	Eventually(func() int { return len(w.Mails.Mails()) }).Should(Equal(pace))
	waits := func() (messages []string) {
		records := &v1alpha1.AccessRecordList{}
		Expect(w.K8s.List(w.Ctx, records, client.InNamespace(w.Namespace))).To(Succeed())
		for _, record := range records.Items {
			if c := meta.FindStatusCondition(record.Status.Conditions, v1alpha1.ConditionReady); c != nil && c.Reason == v1alpha1.ReasonMailQueued {
				messages = append(messages, c.Message)
			}
		}
		return messages
	}
	Eventually(waits).Should(HaveLen(many - pace))
	Expect(waits()).To(ContainElements(ContainSubstring("it is next"), ContainSubstring("among the next 5 people")))
	w.ExpectReady(all, "False/MailQueued")

	By("other work meanwhile")
	w.Has(reference.Row{Email: ann, Overall: []string{"ServerTechnical"}})
	w.RefreshTable(b)
	known := billing("known", ann)
	w.Create(known)
	w.ExpectReady(known, "True/AsDeclared")
	Expect(w.Opens(ann, "Billing")).To(BeTrue())
	Expect(len(w.Mails.Mails())).To(BeNumerically("<", many), "before the rest of the queue")

	By("one after the other")
	Eventually(func() int { return len(w.Mails.Mails()) }, 3*time.Minute).Should(Equal(many))
	w.ExpectReady(all, "True/AsDeclared")
	Expect(w.Rows()).To(ConsistOf(append(table, ann+": Billing ServerTechnical")))
	eachMailedOnce(w, emails)
	var times []time.Time
	for _, mail := range w.Mails.Mails() {
		times = append(times, mail.Received)
	}
	for i := pace; i < len(times); i++ {
		Expect(times[i].Sub(times[i-pace])).To(BeNumerically(">", window-2*time.Second), "the pace holds for any window")
	}
})
