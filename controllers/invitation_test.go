package controllers_test

import (
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// linkIn is the link to initialise a profile in a mail.
func linkIn(text string) string {
	_, rest, _ := strings.Cut(text, "https://")
	return "https://" + strings.Fields(rest)[0]
}

var _ = Describe("An invitation through SMTP (I7)", func() {
	It("is sent once, with a link that works, and accepted", func() {
		w := world.New(k8s)
		b := w.Backend(w.BySMTP)
		w.Create(&v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "new"}, Spec: v1alpha1.ProfileSpec{Email: "new@acme.example", DisplayName: "Zoë", Language: "fr"}})
		g := world.Overall(world.GrantFor("new"), "Billing")
		g.Spec.Subjects = []v1alpha1.Subject{{ProfileRef: &v1alpha1.LocalReference{Name: "new"}}}
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationSent))
		Expect(w.Mails.Mails()).To(HaveLen(1), "the provider itself did not mail")
		mail := w.Mails.Mails()[0]
		Expect(mail.From).To(Equal("hosting@acme.example"))
		Expect(mail.Text).To(ContainSubstring("Zoë"))
		Expect(mail.MessageID).To(Equal(w.Record("new@acme.example").Status.Invitation.MessageID))
		Expect(w.Provider.AcceptInvitation(w.Ctx, linkIn(mail.Text))).To(Succeed())
		w.RefreshTable(b)
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationAccepted))
		w.ExpectReady(g, "True/AsDeclared")
		Eventually(func() map[string]string { return w.Conditions(g) }).Should(HaveKeyWithValue("AllActive", "True/Active"))
		Expect(w.Mails.Mails()).To(HaveLen(1))
	})

	It("keeps how it ended although the record changes meanwhile", func() {
		w := world.New(k8s)
		asked, answer := make(chan struct{}), make(chan struct{})
		var once sync.Once
		w.Mails.Reject(func(stage, _, _ string) (refusal error) {
			if stage == mailsink.StageRcpt {
				once.Do(func() {
					close(asked)
					<-answer
					refusal = mailsink.Reply(450, "greylisted")
				})
			}
			return refusal
		})
		w.Backend(w.BySMTP)
		w.Create(world.Overall(world.GrantFor("a", "new@acme.example"), "Billing"))
		Eventually(asked).Should(BeClosed())
		more := world.OnAccount(world.GrantFor("b", "new@acme.example"), "shop", "Sites")
		w.Create(more)
		Eventually(func() []v1alpha1.Contribution { return w.Record("new@acme.example").Spec.Contributions }).Should(HaveLen(2))
		close(answer)
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationSent))
		Expect(w.Mails.Mails()).To(HaveLen(1))
		w.ExpectReady(more, "True/AsDeclared")
	})

	It("is made anew for a row that we took away and make again", func() {
		w := world.New(k8s)
		w.Backend()
		g := world.OnAccount(world.GrantFor("a", "new@acme.example"), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Eventually(w.Mails.Mails).Should(HaveLen(1))
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Accounts[0].Names[0] = "shpo" })
		w.ExpectReady(g, "False/PlaceUnknown")
		Expect(w.Rows()).To(BeEmpty())
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Accounts[0].Names[0] = "shop" })
		w.ExpectReady(g, "True/AsDeclared")
		Eventually(w.Mails.Mails).Should(HaveLen(2))
		Expect(w.Provider.AcceptInvitation(w.Ctx, linkIn(w.Mails.Mails()[1].Text))).To(Succeed())
	})

	It("is tried again where the mail server puts it off, and told where it refuses", func() {
		w := world.New(k8s)
		w.Mails.RefuseRecipients(450)
		w.Backend(w.BySMTP)
		g := world.Overall(world.GrantFor("new", "new@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationDeferred))
		Expect(w.Mails.Mails()).To(BeEmpty())
		w.Mails.RefuseRecipients(0)
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationSent))
		Expect(w.Mails.Mails()).To(HaveLen(1))

		w.Mails.RefuseRecipients(550)
		late := world.Overall(world.GrantFor("late", "late@acme.example"), "Billing")
		w.Create(late)
		w.ExpectReady(late, "True/AsDeclared")
		Eventually(func() map[string]string { return w.Conditions(w.Record("late@acme.example")) }).Should(HaveKeyWithValue("Active", "False/InvitationRefused"))
	})

	It("counts as sent where the answer was lost", func() {
		w := world.New(k8s)
		w.Mails.CutAfterData(true)
		w.Backend(w.BySMTP)
		g := world.Overall(world.GrantFor("new", "new@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationUnknown))
		w.Mails.CutAfterData(false)
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Overall = append(g.Spec.Overall, "AccountManagement") })
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Mails.Mails()).To(HaveLen(1), "what arrived is not sent again")
	})

	It("reads an address from a Secret that opted in, and from no other", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, StringData: map[string]string{"email": "ann@acme.example"}})
		p := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Spec: v1alpha1.ProfileSpec{EmailFrom: &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "ann", Key: "email"}}}}
		w.Create(p)
		w.ExpectReady(p, "False/AddressNotFound")
		Expect(k8s.Delete(w.Ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "ann"}})).To(Succeed())
		w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Type: v1alpha1.SecretTypeAddress, StringData: map[string]string{"email": " Ann@acme.example"}})
		w.ExpectReady(p, "True/AsDeclared")
		g := world.Overall(world.GrantFor("ann"), "Billing")
		g.Spec.Subjects = []v1alpha1.Subject{{ProfileRef: &v1alpha1.LocalReference{Name: "ann"}}}
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing"))
		Eventually(func() []v1alpha1.ProfileAccess {
			w.ExpectReady(p, "True/AsDeclared")
			return p.Status.Access
		}).Should(HaveLen(1))
	})
})
