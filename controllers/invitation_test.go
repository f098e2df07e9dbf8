package controllers_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = Describe("An invitation through SMTP (I7)", func() {
	It("is sent once, with a link that works, and accepted", func() {
		w := world.New(k8s)
		b := w.Backend(w.BySMTP)
		w.Create(&v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "new"}, Spec: v1alpha1.ProfileSpec{Email: "new@acme.example", DisplayName: "Zoë", Language: "fr"}})
		g := world.Overall(world.GrantFor("new"), "Billing")
		g.Spec.Subjects = []v1alpha1.Subject{{ProfileRef: &v1alpha1.LocalReference{Name: "new"}}}
		w.Create(g)
		w.Reaches(g, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationSent))
		Expect(w.Mails.Mails()).To(HaveLen(1), "the provider itself did not mail")
		mail := w.Mails.Mails()[0]
		Expect(mail.From).To(Equal("hosting@acme.example"))
		Expect(mail.Text).To(ContainSubstring("Zoë"))
		Expect(mail.MessageID).To(Equal(w.Record("new@acme.example").Status.Invitation.MessageID))
		at := strings.Index(mail.Text, "https://")
		Expect(w.Provider.AcceptInvitation(w.Ctx, strings.Fields(mail.Text[at:])[0])).To(Succeed())
		w.Rereads(b)
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationAccepted))
		w.Reaches(g, "True/AsDeclared")
		Eventually(func() map[string]string { return w.Conditions(g) }).Should(HaveKeyWithValue("AllActive", "True/Active"))
		Expect(w.Mails.Mails()).To(HaveLen(1))
	})

	It("is tried again where the mail server puts it off, and told where it refuses", func() {
		w := world.New(k8s)
		w.Mails.RefuseRecipients(450)
		w.Backend(w.BySMTP)
		g := world.Overall(world.GrantFor("new", "new@acme.example"), "Billing")
		w.Create(g)
		w.Reaches(g, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationDeferred))
		Expect(w.Mails.Mails()).To(BeEmpty())
		w.Mails.RefuseRecipients(0)
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationSent))
		Expect(w.Mails.Mails()).To(HaveLen(1))

		w.Mails.RefuseRecipients(550)
		late := world.Overall(world.GrantFor("late", "late@acme.example"), "Billing")
		w.Create(late)
		w.Reaches(late, "True/AsDeclared")
		Eventually(func() map[string]string { return w.Conditions(w.Record("late@acme.example")) }).Should(HaveKeyWithValue("Active", "False/InvitationRefused"))
	})

	It("counts as sent where the answer was lost", func() {
		w := world.New(k8s)
		w.Mails.CutAfterData(true)
		w.Backend(w.BySMTP)
		g := world.Overall(world.GrantFor("new", "new@acme.example"), "Billing")
		w.Create(g)
		w.Reaches(g, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationUnknown))
		w.Mails.CutAfterData(false)
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Overall = append(g.Spec.Overall, "AccountManagement") })
		w.Reaches(g, "True/AsDeclared")
		Expect(w.Mails.Mails()).To(HaveLen(1), "what arrived is not sent again")
	})

	It("reads an address from a Secret that opted in, and from no other", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, StringData: map[string]string{"email": "ann@acme.example"}})
		p := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Spec: v1alpha1.ProfileSpec{EmailFrom: &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "ann", Key: "email"}}}}
		w.Create(p)
		w.Reaches(p, "False/AddressNotFound")
		Expect(k8s.Delete(w.Ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "ann"}})).To(Succeed())
		w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Type: v1alpha1.SecretTypeAddress, StringData: map[string]string{"email": " Ann@acme.example"}})
		w.Reaches(p, "True/AsDeclared")
		g := world.Overall(world.GrantFor("ann"), "Billing")
		g.Spec.Subjects = []v1alpha1.Subject{{ProfileRef: &v1alpha1.LocalReference{Name: "ann"}}}
		w.Create(g)
		w.Reaches(g, "True/AsDeclared")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing"))
		Eventually(func() []v1alpha1.ProfileAccess {
			w.Reaches(p, "True/AsDeclared")
			return p.Status.Access
		}).Should(HaveLen(1))
	})
})
