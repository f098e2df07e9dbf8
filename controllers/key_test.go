package controllers_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// finalizerTimeout is more than a deleted grant waits for a debt that cannot be paid.
const finalizerTimeout = 31 * time.Second

// withoutKey takes the Secret of the world's backend away.
func withoutKey(w *world.World, b *v1alpha1.HostingBackend) {
	GinkgoHelper()
	w.Delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "acme-key"}})
	w.ExpectReady(b, "False/CredentialsNotFound")
}

// withKey puts it back.
func withKey(w *world.World, b *v1alpha1.HostingBackend) {
	GinkgoHelper()
	w.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "acme-key"}, Type: v1alpha1.SecretTypeCredentials,
		StringData: map[string]string{"token": world.Token, "url": b.Spec.Endpoint.URL},
	})
}

// staff is people with a grant each, and the table these make.
func staff(w *world.World, emails ...string) (grants []*v1alpha1.PermissionGrant, table []string) {
	GinkgoHelper()
	for i, email := range emails {
		grants = append(grants, world.Overall(world.GrantFor(world.Name("g", i), email), "Billing"))
		table = append(table, email+": Billing")
		w.Create(grants[i])
	}
	for _, g := range grants {
		w.ExpectReady(g, "True/AsDeclared")
	}
	return grants, table
}

// owes says whether a record tells of something that is still to be taken away.
func owes(w *world.World, email string) func() bool {
	return func() bool { r := w.Record(email); return r != nil && len(r.Status.Owed) > 0 }
}

var _ = Describe("Without a key nothing is written (I14)", func() {
	people := []string{"a@acme.example", "b@acme.example", "c@acme.example", "d@acme.example", "e@acme.example"}
	// leave deletes grants, and sees them go while everybody keeps what they have.
	leave := func(w *world.World, grants []*v1alpha1.PermissionGrant, table []string) {
		GinkgoHelper()
		writes := w.Writes()
		for _, g := range grants {
			w.Delete(g)
		}
		for _, email := range people[:len(grants)] {
			Eventually(func() bool { r := w.Record(email); return r == nil || len(r.Status.Contributions) == 0 }).Should(BeTrue())
			Expect(w.Rows()).To(ConsistOf(table), "nobody loses anything")
			Expect(owes(w, email)()).To(BeTrue())
		}
		ahead.shift(finalizerTimeout)
		for _, g := range grants {
			w.ExpectDeleted(g)
		}
		Expect(w.Rows()).To(ConsistOf(table))
		Expect(w.Writes()).To(Equal(writes))
	}
	paid := func(w *world.World) {
		GinkgoHelper()
		Eventually(w.Rows).Should(BeEmpty())
		for _, email := range people {
			Eventually(w.NothingLeft).WithArguments(email).Should(BeTrue())
		}
	}

	// rereads has the table read, whatever comes of it.
	rereads := func(w *world.World, b *v1alpha1.HostingBackend) {
		GinkgoHelper()
		before := w.Lists()
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Interval.Duration += time.Second })
		Eventually(w.Lists).Should(BeNumerically(">", before))
	}
	empty := faults.Fault{Kind: faults.Empty, Method: http.MethodGet, Path: permissionList}
	doubted := func(times int) func(*world.World, *v1alpha1.HostingBackend) {
		return func(w *world.World, b *v1alpha1.HostingBackend) {
			GinkgoHelper()
			w.Fails(empty)
			for seen := range times {
				rereads(w, b)
				Eventually(func() int32 {
					w.Conditions(b)
					if b.Status.TableDoubt == nil {
						return 0
					}
					return b.Status.TableDoubt.Seen
				}).Should(BeEquivalentTo(seen + 1))
			}
		}
	}
	for state, c := range map[string]struct {
		begin, end func(*world.World, *v1alpha1.HostingBackend)
	}{
		"OwnedElsewhere": {
			func(w *world.World, b *v1alpha1.HostingBackend) {
				w.Edits(people[0], func(r *reference.Row) { r.Annotation = "[hostgrant:another-cluster]" })
				rereads(w, b)
				w.ExpectReady(b, "False/OwnedElsewhere")
			},
			func(w *world.World, _ *v1alpha1.HostingBackend) {
				w.Edits(people[0], func(r *reference.Row) { r.Annotation = "" })
			},
		},
		"TableImplausible": {doubted(1), func(w *world.World, _ *v1alpha1.HostingBackend) { w.Fails() }},
		"TableUnconfirmed": {
			func(w *world.World, b *v1alpha1.HostingBackend) {
				doubted(3)(w, b)
				w.ExpectReady(b, "False/TableUnconfirmed")
			},
			func(w *world.World, _ *v1alpha1.HostingBackend) { w.Fails() },
		},
	} {
		It("in a backend that must not write: "+state, func() {
			w := world.NewAt(ahead, k8s, people...)
			b := w.Backend()
			grants, table := staff(w, people...)
			c.begin(w, b)
			withoutKey(w, b)
			leave(w, grants, table)

			By("the key is back, and what forbade writing still does")
			withKey(w, b)
			Eventually(func() string { return w.Conditions(b)["Ready"] }).ShouldNot(Equal("False/CredentialsNotFound"))
			Expect(w.Rows()).To(ConsistOf(table))

			By("nothing forbids it any more")
			c.end(w, b)
			rereads(w, b)
			paid(w)
		})
	}

	It("nor is what waits for its turn at the provider", func() {
		w := world.New(k8s, people...)
		b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.RateLimit.WritesPerMinute = 15 })
		w.Create(world.Overall(world.GrantFor("g", people[:2]...), "Billing"))
		Eventually(w.Rows).Should(HaveLen(1)) // the other one's turn is four seconds later
		withoutKey(w, b)
		for _, email := range people[:2] {
			Eventually(func() string { return w.Conditions(w.Record(email))["Ready"] }).Should(Equal("False/BackendNotReady"))
		}
		Expect(w.Rows()).To(HaveLen(1))
		Expect(w.Writes()).To(BeEquivalentTo(1))
	})

	It("in a healthy one: the grant goes, the debt stays and is paid with the next key", func() {
		w := world.NewAt(ahead, k8s, people...)
		b := w.Backend()
		grants, table := staff(w, people...)
		withoutKey(w, b)
		leave(w, grants[:2], table)

		By("nor does a manager need it that never had the key")
		stopManager()
		stopManager = startManager()
		w.ExpectReady(w.Record(people[2]), "False/BackendNotReady")
		for _, g := range grants[2:] {
			w.Delete(g)
		}
		for _, email := range people {
			Eventually(owes(w, email)).Should(BeTrue())
		}
		ahead.shift(finalizerTimeout)
		for _, g := range grants[2:] {
			w.ExpectDeleted(g)
		}
		Expect(w.Rows()).To(ConsistOf(table))
		withKey(w, b)
		paid(w)
	})
})
