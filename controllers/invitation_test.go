package controllers_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

var _ = Describe("An invitation through SMTP (I7)", func() {
	smtp := func(w *world) func(*v1alpha1.HostingBackend) {
		return func(b *v1alpha1.HostingBackend) {
			b.Spec.Invitations = v1alpha1.Invitations{Sender: v1alpha1.SenderSMTP, SMTP: &v1alpha1.SMTP{
				Host: w.mails.Host(), Port: w.mails.Port(), TLS: v1alpha1.SMTPStartTLS, From: "hosting@acme.example", CABundle: w.mails.CABundle(),
			}}
		}
	}
	invitation := func(w *world) func() v1alpha1.InvitationState {
		return func() v1alpha1.InvitationState {
			r := w.record("new@acme.example")
			if r == nil || r.Status.Invitation == nil {
				return ""
			}
			return r.Status.Invitation.State
		}
	}

	It("is sent once, with a link that works, and accepted", func() {
		w := newWorld()
		b := w.backend(smtp(w))
		w.create(&v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "new"}, Spec: v1alpha1.ProfileSpec{Email: "new@acme.example", DisplayName: "Zoë", Language: "fr"}})
		g := overall(grantFor("new"), "Billing")
		g.Spec.Subjects = []v1alpha1.Subject{{ProfileRef: &v1alpha1.LocalReference{Name: "new"}}}
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		Eventually(invitation(w)).Should(Equal(v1alpha1.InvitationSent))
		Expect(w.mails.Mails()).To(HaveLen(1), "the provider itself did not mail")
		mail := w.mails.Mails()[0]
		Expect(mail.From).To(Equal("hosting@acme.example"))
		Expect(mail.Text).To(ContainSubstring("Zoë"))
		Expect(mail.MessageID).To(Equal(w.record("new@acme.example").Status.Invitation.MessageID))
		at := strings.Index(mail.Text, "https://")
		Expect(w.provider.AcceptInvitation(w.ctx, strings.Fields(mail.Text[at:])[0])).To(Succeed())
		w.rereads(b)
		Eventually(invitation(w)).Should(Equal(v1alpha1.InvitationAccepted))
		w.reaches(g, "True/AsDeclared")
		Eventually(func() map[string]string { return w.conditions(g) }).Should(HaveKeyWithValue("AllActive", "True/Active"))
		Expect(w.mails.Mails()).To(HaveLen(1))
	})

	It("is tried again where the mail server puts it off, and told where it refuses", func() {
		w := newWorld()
		w.mails.RefuseRecipients(450)
		w.backend(smtp(w))
		g := overall(grantFor("new", "new@acme.example"), "Billing")
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		Eventually(invitation(w)).Should(Equal(v1alpha1.InvitationDeferred))
		Expect(w.mails.Mails()).To(BeEmpty())
		w.mails.RefuseRecipients(0)
		Eventually(invitation(w)).Should(Equal(v1alpha1.InvitationSent))
		Expect(w.mails.Mails()).To(HaveLen(1))

		w.mails.RefuseRecipients(550)
		late := overall(grantFor("late", "late@acme.example"), "Billing")
		w.create(late)
		w.reaches(late, "True/AsDeclared")
		Eventually(func() map[string]string { return w.conditions(w.record("late@acme.example")) }).Should(HaveKeyWithValue("Active", "False/InvitationRefused"))
	})

	It("counts as sent where the answer was lost", func() {
		w := newWorld()
		w.mails.CutAfterData(true)
		w.backend(smtp(w))
		g := overall(grantFor("new", "new@acme.example"), "Billing")
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		Eventually(invitation(w)).Should(Equal(v1alpha1.InvitationUnknown))
		w.mails.CutAfterData(false)
		update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Overall = append(g.Spec.Overall, "AccountManagement") })
		w.reaches(g, "True/AsDeclared")
		Expect(w.mails.Mails()).To(HaveLen(1), "what arrived is not sent again")
	})

	It("reads an address from a Secret that opted in, and from no other", func() {
		w := newWorld("ann@acme.example")
		w.backend()
		w.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, StringData: map[string]string{"email": "ann@acme.example"}})
		p := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Spec: v1alpha1.ProfileSpec{EmailFrom: &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "ann", Key: "email"}}}}
		w.create(p)
		w.reaches(p, "False/AddressNotFound")
		Expect(k8s.Delete(w.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "ann"}})).To(Succeed())
		w.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Type: v1alpha1.SecretTypeAddress, StringData: map[string]string{"email": " Ann@acme.example"}})
		w.reaches(p, "True/AsDeclared")
		g := overall(grantFor("ann"), "Billing")
		g.Spec.Subjects = []v1alpha1.Subject{{ProfileRef: &v1alpha1.LocalReference{Name: "ann"}}}
		w.create(g)
		w.reaches(g, "True/AsDeclared")
		Expect(w.rows()).To(ConsistOf("ann@acme.example: Billing"))
		Eventually(func() []v1alpha1.ProfileAccess {
			w.reaches(p, "True/AsDeclared")
			return p.Status.Access
		}).Should(HaveLen(1))
	})
})
