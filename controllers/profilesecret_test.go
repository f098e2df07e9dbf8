package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = Describe("A Profile whose address is in a Secret", func() {
	It("suspends whoever the Secret says, as it changes", func() {
		w := world.New(k8s, "ann@acme.example", "bob@acme.example")
		w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example", "bob@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "who"}, Type: v1alpha1.SecretTypeAddress, StringData: map[string]string{"email": "ANN@acme.example"}}
		w.Create(secret)
		profile := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "who"}, Spec: v1alpha1.ProfileSpec{
			EmailFrom: &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "who", Key: "email"}}, State: v1alpha1.ProfileSuspended,
		}}
		w.Create(profile)
		Eventually(w.Rows).Should(ConsistOf("bob@acme.example: Billing"))
		w.ExpectReady(profile, "True/AsDeclared")

		world.Update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"email": "bob@acme.example"} })
		Eventually(w.Rows).Should(ConsistOf("ann@acme.example: Billing"))
		access := func() []v1alpha1.ProfileAccess { _ = w.Conditions(profile); return profile.Status.Access }
		Eventually(access).Should(ConsistOf(HaveField("Permissions", BeZero())), "it shows what bob has left")

		world.Update(w, profile, func(p *v1alpha1.Profile) { p.Spec.State = v1alpha1.ProfileActive })
		Eventually(w.Rows).Should(ConsistOf("ann@acme.example: Billing", "bob@acme.example: Billing"))
		Eventually(access).Should(ConsistOf(HaveField("Permissions", BeEquivalentTo(1))))
		world.Update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"email": "cyd@acme.example"} })
		Eventually(access).Should(BeEmpty())
	})
})
