package controllers_test

import (
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// invitePath is that of the call that invites again.
const invitePath = "/v1/permission/*/invite/"

var _ = Describe("Asking for another mail", func() {
	It("is no matter of values that were there before, nor of what is given", func() {
		w := world.NewAt(ahead, k8s)
		b := w.Backend(week)
		g := world.OnAccount(world.GrantFor("a", newcomer), "shop", "Sites")
		g.Annotations = map[string]string{v1alpha1.AnnotationResendInvitation: "from the template"}
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Eventually(w.Mailed).WithArguments(newcomer).Should(Equal(1))

		By("another grant with an old value")
		other := world.OnAccount(world.GrantFor("b", newcomer), "blog", "Sites")
		other.Annotations = map[string]string{v1alpha1.AnnotationResendInvitation: "of last year"}
		w.Create(other)
		w.ExpectReady(other, "True/AsDeclared")
		stays(w, 1)

		By("a new value")
		digest := w.Record(newcomer).Spec.Contributions[0].Digest
		resend(w, g, "now")
		mailed(w, 2)
		Expect(w.Record(newcomer).Spec.Contributions[0].Digest).To(Equal(digest), "nothing else changes")
		after(w, b, 2*time.Hour)

		By("taking it away, and putting it back")
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Annotations = nil })
		w.RefreshTable(b)
		resend(w, g, "now")
		stays(w, 2)

		By("taking the row away, and making it again")
		w.Delete(other)
		w.ExpectDeleted(other)
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Accounts[0].Names[0] = "shpo" })
		w.ExpectReady(g, "False/PlaceUnknown")
		Eventually(w.Rows).Should(BeEmpty())
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Accounts[0].Names[0] = "shop" })
		w.ExpectReady(g, "True/AsDeclared")
		mailed(w, 3)
		after(w, b, 2*time.Hour)
		stays(w, 3)
	})

	It("mails once where the provider's answer is lost, and nothing where it cannot", func() {
		w := world.NewAt(ahead, k8s)
		b := w.Backend(week)
		g := world.Overall(world.GrantFor("a", newcomer), "Billing")
		w.Create(g)
		inState(w, newcomer, v1alpha1.InvitationSent)
		Eventually(w.Mailed).WithArguments(newcomer).Should(Equal(1))
		w.Fails(faults.Fault{Kind: faults.LoseAnswer, Method: http.MethodPost, Path: invitePath, Times: 1})
		resend(w, g, "one")
		mailed(w, 2)
		w.ExpectReady(g, "True/AsDeclared")
		stays(w, 2)

		after(w, b, 2*time.Hour)
		w.Fails(faults.Fault{Kind: faults.Refuse, Status: http.StatusServiceUnavailable, Method: http.MethodPost, Path: invitePath, Times: 2})
		resend(w, g, "two")
		mailed(w, 3) // refused for the moment, and then done

		after(w, b, 2*time.Hour)
		w.Fails(faults.Fault{Kind: faults.Refuse, Status: http.StatusMethodNotAllowed, Method: http.MethodPost, Path: invitePath})
		resend(w, g, "three")
		inState(w, newcomer, v1alpha1.InvitationUnsupported)
		Expect(w.Conditions(w.Record(newcomer))).To(HaveKeyWithValue("Active", "False/InvitationUnsupported"))
		w.ExpectReady(g, "True/AsDeclared")
		w.Fails()
		stays(w, 3)
	})

	for name, sender := range senders {
		It("mails once though the manager ends while the provider is asked: "+name, func() {
			w := world.NewAt(ahead, k8s)
			b := w.Backend(sender(w), week)
			g := world.Overall(world.GrantFor("a", newcomer), "Billing")
			w.Create(g)
			inState(w, newcomer, v1alpha1.InvitationSent)
			Eventually(w.Mailed).WithArguments(newcomer).Should(Equal(1))
			after(w, b, 169*time.Hour)
			inState(w, newcomer, v1alpha1.InvitationExpired)
			w.Fails(faults.Fault{Kind: faults.Hang, Method: http.MethodPost, Path: invitePath, Times: 1})
			writes := w.Writes()
			resend(w, g, "please")
			Eventually(w.Writes).Should(BeNumerically(">", writes)) // else the call that hangs is the next manager's
			Expect(w.Invitation(newcomer)).To(BeElementOf(v1alpha1.InvitationIntended, v1alpha1.InvitationRenewing))
			stopManager()
			Expect(w.Mailed(newcomer)).To(Equal(1))
			stopManager = startManager()
			mailed(w, 2)
			after(w, b, 2*time.Hour)
			stays(w, 2)
			Expect(w.Record(newcomer).Status.Invitation.Ordinal).To(BeEquivalentTo(2))
		})
	}

	It("asks once where the provider says yes and does nothing", func() {
		w := world.NewAt(ahead, k8s)
		b := w.Backend(week)
		g := world.Overall(world.GrantFor("a", newcomer), "Billing")
		w.Create(g)
		inState(w, newcomer, v1alpha1.InvitationSent)
		w.Fails(faults.Fault{Kind: faults.Ignore, Method: http.MethodPost, Path: invitePath})
		resend(w, g, "please")
		inState(w, newcomer, v1alpha1.InvitationUnknown)
		ordinal := w.Record(newcomer).Status.Invitation.Ordinal
		after(w, b, 2*time.Hour)
		stays(w, 1)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Record(newcomer).Status.Invitation.Ordinal).To(Equal(ordinal))
	})

	It("is dismissed, and said so, where the provider tells nothing of invitations", func() {
		w := world.NewAt(ahead, k8s)
		endpoint, bundle := w.ThroughProxy(world.Proxy{After: withoutExtensions})
		b := w.Backend(week, func(b *v1alpha1.HostingBackend) { b.Spec.Endpoint.URL, b.Spec.Endpoint.CABundle = endpoint, bundle })
		g := world.Overall(world.GrantFor("a", newcomer), "Billing")
		w.Create(g)
		inState(w, newcomer, v1alpha1.InvitationSent)
		Eventually(w.Mailed).WithArguments(newcomer).Should(Equal(1))
		resend(w, g, "please")
		Eventually(told(w, "ResendIgnored")).Should(Equal(1))
		after(w, b, 199*time.Hour)
		inState(w, newcomer, v1alpha1.InvitationSent)
		after(w, b, 2*time.Hour)
		inState(w, newcomer, v1alpha1.InvitationUnsupported)
		w.ExpectReady(g, "True/AsDeclared")
		stays(w, 1)
	})
})

// withoutExtensions takes what is optional out of a provider's answers.
func withoutExtensions(answer *http.Response) error {
	if answer.Request.Method == http.MethodPost && strings.HasSuffix(answer.Request.URL.Path, "/invite/") {
		answer.StatusCode = http.StatusNotFound
		return nil
	}
	return rewriteRows(answer, func(row map[string]any) {
		delete(row, "invitation")
		delete(row, "two_factor")
	})
}
