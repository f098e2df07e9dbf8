package controllers_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

const newcomer = "new@acme.example"

// told counts the events of a reason in a world.
func told(w *world.World, reason string) func() int {
	return func() int {
		list := &eventsv1.EventList{}
		if err := w.K8s.List(w.Ctx, list, client.InNamespace(w.Namespace)); err != nil {
			return -1
		}
		count := 0
		for _, e := range list.Items {
			if e.Reason == reason {
				count++
				if e.Series != nil {
					count += int(e.Series.Count) - 1
				}
			}
		}
		return count
	}
}

// resend annotates a grant.
func resend(w *world.World, g *v1alpha1.PermissionGrant, value string) {
	GinkgoHelper()
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) {
		g.Annotations = map[string]string{v1alpha1.AnnotationResendInvitation: value}
	})
}

// inState waits for what a record says of the invitation.
func inState(w *world.World, email string, state v1alpha1.InvitationState) {
	GinkgoHelper()
	Eventually(w.Invitation).WithArguments(email).Should(Equal(state), func() string { return w.Describe() })
}

// mailed waits for so many mails, and until the record says that the last of them was sent: it is sent when that is
// known, so time passes only then.
func mailed(w *world.World, mails int) {
	GinkgoHelper()
	Eventually(w.Mailed).WithArguments(newcomer).Should(Equal(mails))
	inState(w, newcomer, v1alpha1.InvitationSent)
}

// stays checks that nobody is mailed although everybody is looked at again.
func stays(w *world.World, mails int) {
	GinkgoHelper()
	w.ExpectUnchanged(func() int { return w.Mailed(newcomer) }, Equal(mails))
}

// after lets time pass, and has the provider looked at.
func after(w *world.World, b *v1alpha1.HostingBackend, d time.Duration) {
	GinkgoHelper()
	ahead.shift(d)
	w.RefreshTable(b)
}

// lastLink is the link in the last mail.
func lastLink(w *world.World) string {
	GinkgoHelper()
	mails := w.Mails.Mails()
	Expect(mails).NotTo(BeEmpty())
	return linkIn(mails[len(mails)-1].Text)
}

func week(b *v1alpha1.HostingBackend) {
	b.Spec.Invitations.MaxSends, b.Spec.Invitations.ResendAfter = 2, &metav1.Duration{Duration: 200 * time.Hour}
}

// senders are those who may mail.
var senders = map[string]func(*world.World) func(*v1alpha1.HostingBackend){
	"by the provider": func(*world.World) func(*v1alpha1.HostingBackend) { return func(*v1alpha1.HostingBackend) {} },
	"by SMTP":         func(w *world.World) func(*v1alpha1.HostingBackend) { return w.BySMTP },
}

var _ = Describe("An invitation that nobody answers (I7)", func() {
	for name, sender := range senders {
		It("ends, is sent again, is left alone, and goes out when somebody asks: "+name, func() {
			w := world.NewAt(ahead, k8s)
			b := w.Backend(sender(w), week)
			g := world.Overall(world.GrantFor("a", newcomer), "Billing")
			w.Create(g)
			w.ExpectReady(g, "True/AsDeclared")
			inState(w, newcomer, v1alpha1.InvitationSent)
			Eventually(w.Mailed).WithArguments(newcomer).Should(Equal(1))
			first := lastLink(w)
			Expect(w.Record(newcomer).Status.Invitation.ExpiresAt.Time).To(BeTemporally("~", ahead.Now().Add(reference.InvitationLife), time.Minute))

			By("letting the link end")
			after(w, b, 169*time.Hour)
			inState(w, newcomer, v1alpha1.InvitationExpired)
			Expect(w.Conditions(w.Record(newcomer))).To(HaveKeyWithValue("Active", "False/InvitationExpired"))
			w.ExpectReady(g, "True/AsDeclared")
			Eventually(func() []v1alpha1.GrantIssue { _ = w.Conditions(g); return g.Status.Issues }).Should(ContainElement(HaveField("Reason", "InvitationExpired")))
			Eventually(told(w, "InvitationExpired")).Should(Equal(1))
			stays(w, 1)

			By("the next mail falling due")
			after(w, b, 32*time.Hour)
			mailed(w, 2)
			Expect(w.Record(newcomer).Status.Invitation.Ordinal).To(BeEquivalentTo(2))
			Expect(lastLink(w)).NotTo(Equal(first))
			Expect(w.Mails.Mails()[0].MessageID).NotTo(Equal(w.Mails.Mails()[1].MessageID))
			stays(w, 2)

			By("nobody answering that one either")
			after(w, b, 169*time.Hour)
			inState(w, newcomer, v1alpha1.InvitationUnanswered)
			Eventually(func() map[string]string { return w.Conditions(g) }).Should(And(
				HaveKeyWithValue("AllActive", "False/InvitationUnanswered"), HaveKeyWithValue("Ready", "True/AsDeclared")))
			Eventually(told(w, "InvitationUnanswered")).Should(Equal(1))
			Expect(told(w, "InvitationExpired")()).To(Equal(1), "each is told once")
			after(w, b, 1000*time.Hour)
			stays(w, 2)

			By("somebody asking for another")
			resend(w, g, "please")
			mailed(w, 3)
			stays(w, 3)
			resend(w, g, "once more")
			stays(w, 3)
			Expect(w.Record(newcomer).Status.Conditions).To(ContainElement(HaveField("Message", ContainSubstring("another mail was asked for"))))
			after(w, b, 61*time.Minute)
			mailed(w, 4)
			after(w, b, 2*time.Hour)
			stays(w, 4)

			By("the person coming, and somebody asking all the same")
			Expect(w.Provider.AcceptInvitation(w.Ctx, first)).NotTo(Succeed())
			Expect(w.Provider.AcceptInvitation(w.Ctx, lastLink(w))).To(Succeed())
			w.RefreshTable(b)
			inState(w, newcomer, v1alpha1.InvitationAccepted)
			resend(w, g, "and now")
			Eventually(told(w, "ResendIgnored")).Should(Equal(1))
			after(w, b, 1000*time.Hour)
			stays(w, 4)
			w.ExpectReady(g, "True/AsDeclared")
			Eventually(func() map[string]string { return w.Conditions(g) }).Should(HaveKeyWithValue("AllActive", "True/Active"))
		})
	}

	It("is noticed although the manager was down when the link ended", func() {
		w := world.NewAt(ahead, k8s)
		w.Backend(w.BySMTP, week)
		g := world.Overall(world.GrantFor("a", newcomer), "Billing")
		w.Create(g)
		inState(w, newcomer, v1alpha1.InvitationSent)
		stopManager()
		ahead.shift(169 * time.Hour)
		stopManager = startManager()
		inState(w, newcomer, v1alpha1.InvitationExpired)
		Eventually(told(w, "InvitationExpired")).Should(Equal(1))
		for range 3 {
			stopManager()
			stopManager = startManager()
			w.ExpectReady(g, "True/AsDeclared")
		}
		stays(w, 1)
	})
})
