package mta_test

import (
	"context"
	"os"
	"regexp"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// cluster is only opened for the specs that act on the whole.
var cluster = world.Cluster{Fast: true}

func TestThroughEverything(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(time.Minute)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	RunSpecs(t, "Mail through everything")
}

var _ = cluster.Register(controllers.Scheme())

// mailing has a backend's invitations sent through a mail server, with a log-in.
func mailing(w *world.World, address string, mode v1alpha1.SMTPTLSMode, authority []byte) func(*v1alpha1.HostingBackend) {
	GinkgoHelper()
	c := through(address, mode)
	w.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "acme-smtp"}, Type: v1alpha1.SecretTypeCredentials,
		StringData: map[string]string{"host": c.Host, "username": username, "password": password + "\n"},
	})
	return func(b *v1alpha1.HostingBackend) {
		b.Spec.Invitations.Sender, b.Spec.Invitations.SMTP = v1alpha1.SenderSMTP, &v1alpha1.SMTP{
			Host: c.Host, Port: c.Port, TLS: mode, From: "hosting@acme.example", CABundle: authority,
			CredentialsSecretRef: &v1alpha1.LocalReference{Name: "acme-smtp"},
		}
	}
}

// inMailbox are the mails that arrived for somebody.
func inMailbox(email string) []arrived { return server.sentTo(NewGomega(Fail), email) }

// start starts a manager, whose log must not hold the mail server's password.
func start() *testkit.Process {
	GinkgoHelper()
	return cluster.StartManager(world.NoLeaderElection)
}

var link = regexp.MustCompile(`https://\S+/initialise/\S+`)

var _ = Describe("A person without a profile", func() {
	var (
		w     *world.World
		grant *v1alpha1.PermissionGrant
		email string
	)
	BeforeEach(func() {
		w, email = cluster.New(), newcomer()
		grant = world.Overall(world.GrantFor("new", email), "Billing")
	})
	asked := func() int { return server.policy.times(atRcpt, email) }
	// reread has the table read now, and the record looked at.
	reread := func(b *v1alpha1.HostingBackend) {
		GinkgoHelper()
		w.RefreshTable(b)
		w.ExpectReady(grant, "True/AsDeclared")
	}

	It("is greylisted, and gets one mail with a link that works, whenever the manager dies", func(ctx SpecContext) {
		server.policy.answer(atRcpt, email, "450 4.2.0 greylisted, come back later")
		b := w.Backend(mailing(w, server.doors[submission], v1alpha1.SMTPStartTLS, server.ca))
		first := start()
		w.Create(grant)
		w.ExpectReady(grant, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments(email).Should(Equal(v1alpha1.InvitationDeferred))
		intent := w.Record(email).Status.Invitation
		Expect(intent.Message).To(And(HavePrefix("RCPT: 450 4.2.0"), ContainSubstring("greylisted"), Not(ContainSubstring("@"))))

		By("killing the manager while it waits, which by now is for seconds")
		Eventually(asked).Should(BeNumerically(">=", 3))
		Eventually(w.Invitation).WithArguments(email).Should(Equal(v1alpha1.InvitationDeferred))
		first.Kill()
		before := asked()
		second := start()
		Eventually(asked).Should(BeNumerically(">", before), "the same intent is tried again")

		By("stopping it while it is being answered")
		reply := server.policy.ponder(atRcpt, email)
		before = asked()
		Eventually(asked).Should(BeNumerically(">", before))
		stopping := make(chan struct{})
		go func() {
			defer GinkgoRecover()
			defer close(stopping)
			world.StopManager(context.WithoutCancel(ctx), second)
		}()
		Eventually(func() (string, error) {
			said, err := os.ReadFile(second.Log)
			return string(said), err
		}).Should(ContainSubstring("Shutdown signal received"))
		reply("450 4.2.0 still greylisted")
		Eventually(stopping).Should(BeClosed())
		Expect(w.Invitation(email)).To(Equal(v1alpha1.InvitationDeferred), "it ended its attempt and wrote down how")
		Expect(inMailbox(email)).To(BeEmpty())

		By("taking it")
		server.policy.answer(atRcpt, email, "")
		start()
		Eventually(w.Invitation).WithArguments(email).Should(Equal(v1alpha1.InvitationSent))
		mails := inMailbox(email)
		Expect(mails).To(HaveLen(1))
		now := w.Record(email).Status.Invitation
		Expect([]any{now.MessageID, now.Ordinal}).To(Equal([]any{intent.MessageID, intent.Ordinal}))
		Expect(mails[0].header.Get("Message-Id")).To(Equal(now.MessageID))
		Expect(mails[0].received()).To(MatchRegexp(`using TLSv1\.[23] .* with ESMTPSA id`))

		By("following the link")
		found := link.FindString(mails[0].leaves(NewGomega(Fail))[0].text)
		Expect(w.Opens(email, "Billing")).To(BeFalse())
		Expect(w.Provider.AcceptInvitation(ctx, found)).To(Succeed())
		reread(b)
		Eventually(w.Person).WithArguments(email).Should(Equal(v1alpha1.PersonActive))
		Expect(w.Opens(email, "Billing")).To(BeTrue())
		Expect(inMailbox(email)).To(HaveLen(1))
	})

	It("is unknown to the mail server: told, and not tried again", func() {
		server.policy.answer(atRcpt, email, "550 5.1.1 no such user here")
		b := w.Backend(mailing(w, server.doors[submission], v1alpha1.SMTPStartTLS, server.ca))
		first := start()
		w.Create(grant)
		w.ExpectReady(grant, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments(email).Should(Equal(v1alpha1.InvitationRefused))
		Eventually(func() map[string]string { return w.Conditions(w.Record(email)) }).Should(HaveKeyWithValue("Active", "False/InvitationRefused"))
		reread(b)
		first.Kill()
		start()
		reread(b)
		Expect(asked()).To(Equal(1))
		Expect(w.Invitation(email)).To(Equal(v1alpha1.InvitationRefused))
		Expect(inMailbox(email)).To(BeEmpty())
	})

	It("gets one mail where the server's answer was lost, and that it is not known is told", func() {
		own, authority, err := mailsink.SelfSigned(time.Now())
		Expect(err).NotTo(HaveOccurred())
		line := tap(GinkgoTB(), "127.0.0.1", server.doors[careless], own)
		line.cutAt(beforeAnswer, nil)
		b := w.Backend(mailing(w, line.address(), v1alpha1.SMTPImplicitTLS, authority))
		first := start()
		w.Create(grant)
		w.ExpectReady(grant, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments(email).Should(Equal(v1alpha1.InvitationUnknown))
		Expect(w.Record(email).Status.Invitation.Message).To(HavePrefix("end of DATA: "))
		Expect(inMailbox(email)).To(HaveLen(1))
		line.cutAt("", nil)
		reread(b)
		first.Kill()
		start()
		reread(b)
		Expect(w.Invitation(email)).To(Equal(v1alpha1.InvitationUnknown))
		Expect(inMailbox(email)).To(HaveLen(1))
	})

	It("gets no mail while the password is wrong, and one when it is right", func() {
		b := w.Backend(mailing(w, server.doors[submission], v1alpha1.SMTPStartTLS, server.ca))
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "acme-smtp"}}
		world.Update(w, secret, func(s *corev1.Secret) { s.Data["password"] = []byte("guess-work") })
		start()
		w.Create(grant)
		w.ExpectReady(grant, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments(email).Should(Equal(v1alpha1.InvitationDeferred))
		Expect(w.Record(email).Status.Invitation.Message).To(And(HavePrefix("connect: 535"), Not(ContainSubstring(username))))
		Expect(inMailbox(email)).To(BeEmpty())
		world.Update(w, secret, func(s *corev1.Secret) { s.Data["password"] = []byte(password) })
		Eventually(w.Invitation, 2*time.Minute).WithArguments(email).Should(Equal(v1alpha1.InvitationSent))
		reread(b)
		Expect(inMailbox(email)).To(HaveLen(1))
	})
})
