package controllers_test

import (
	"regexp"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// landlord makes many backends in one namespace, at a provider where reads of a path hang. It
// has a row for some people.
func landlord(path *regexp.Regexp, many int, people ...string) (*world.World, []*v1alpha1.HostingBackend, *hanging) {
	GinkgoHelper()
	w, reads := world.New(k8s), hangs(path)
	for _, email := range people {
		w.Has(reference.Row{Email: email, Overall: []string{"ServerTechnical"}})
	}
	endpoint, bundle := w.ThroughProxy(world.Proxy{Before: reads.before})
	DeferCleanup(func() {
		Expect(k8s.DeleteAllOf(w.Ctx, &v1alpha1.HostingBackend{}, client.InNamespace(w.Namespace))).To(Succeed())
		reads.release()
	})
	w.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "key"}, Type: v1alpha1.SecretTypeCredentials,
		StringData: map[string]string{"token": world.Token, "url": endpoint},
	})
	backends := make([]*v1alpha1.HostingBackend, many)
	for i := range backends {
		backends[i] = &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Name: world.Name("b", i)}, Spec: v1alpha1.HostingBackendSpec{
			Endpoint:  v1alpha1.Endpoint{URL: endpoint, CABundle: bundle, CredentialsSecretRef: v1alpha1.LocalReference{Name: "key"}},
			Interval:  metav1.Duration{Duration: 10 * time.Minute},
			Mode:      v1alpha1.ModeEnforce,
			RateLimit: v1alpha1.RateLimit{ReadsPerMinute: 60000, WritesPerMinute: 60000},
		}}
		w.Create(backends[i])
	}
	return w, backends, reads
}

var _ = Describe("Many backends of one namespace that hang hold up no other namespace (I10)", func() {
	const (
		call  = 30 * time.Second // may take so long
		seize = 32               // calls, and the workers of a kind are 64
	)
	// A call that ends before the spec has looked would free its worker, and prove nothing.
	BeforeEach(func() { restartPatiently(call) })
	soon := func(w *world.World, o client.Object, want string) {
		GinkgoHelper()
		Eventually(func() map[string]string { return w.Conditions(o) }, call/2).Should(HaveKeyWithValue("Ready", want))
	}

	It("by the rows of people", func() {
		w, backends, reads := landlord(oneRow, 32, "ann@acme.example", "bob@acme.example")
		for _, b := range backends {
			g := world.Overall(world.GrantFor(b.Name, "ann@acme.example", "bob@acme.example"), "Billing")
			g.Spec.BackendRef.Name = v1alpha1.ObjectName(b.Name)
			w.Create(g)
		}
		Eventually(reads.waits.Load).Should(BeNumerically(">=", seize))
		other := world.New(k8s, "ann@acme.example")
		other.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		other.Create(g)
		soon(other, g, "True/AsDeclared")

		By("and once they answer, everybody gets their turn")
		reads.release()
		Eventually(func(g Gomega) {
			records := &v1alpha1.AccessRecordList{}
			g.Expect(k8s.List(w.Ctx, records, client.InNamespace(w.Namespace))).To(Succeed())
			asked := 0
			for _, r := range records.Items {
				if ready := readyReason(&r); ready == v1alpha1.ReasonAsDeclared || ready == v1alpha1.ReasonOwnedElsewhere {
					asked++
				}
			}
			g.Expect(asked).To(Equal(2 * len(backends)))
		}, 2*call).Should(Succeed())
	})

	It("by their lists", func() {
		_, _, reads := landlord(regexp.MustCompile(`/permission/$`), 70)
		Eventually(reads.waits.Load).Should(BeNumerically(">=", seize))
		other := world.New(k8s, "ann@acme.example")
		soon(other, other.Backend(), "True/Listed")
	})

	It("by what their profile holds elsewhere", func() {
		w, backends, reads := landlord(regexp.MustCompile(`/my_permission/$`), 70)
		for _, b := range backends {
			w.Create(&v1alpha1.Relinquishment{ObjectMeta: metav1.ObjectMeta{Name: b.Name}, Spec: v1alpha1.RelinquishmentSpec{
				BackendRef: v1alpha1.LocalReference{Name: v1alpha1.ObjectName(b.Name)},
			}})
		}
		Eventually(reads.waits.Load).Should(BeNumerically(">=", seize))
		other := world.New(k8s)
		other.Backend()
		soon(other, other.Relinquishment("r"), "True/NothingHeld")
	})
})

// readyReason is the reason of an object's Ready condition.
func readyReason(r *v1alpha1.AccessRecord) string {
	for _, c := range r.Status.Conditions {
		if c.Type == v1alpha1.ConditionReady {
			return c.Reason
		}
	}
	return ""
}
