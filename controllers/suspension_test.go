package controllers_test

import (
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = Describe("Suspending twenty people in one commit (I5)", func() {
	const crowd, more = 20, 2
	var (
		w        *world.World
		b        *v1alpha1.HostingBackend
		profiles []*v1alpha1.Profile
	)
	suspend := func(list ...*v1alpha1.Profile) {
		GinkgoHelper()
		all, ctx := errgroup.WithContext(w.Ctx) // all within the settling of the first
		for _, profile := range list {
			all.Go(func() error {
				return k8s.Patch(ctx, profile, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"state":"Suspended"}}`)))
			})
		}
		Expect(all.Wait()).To(Succeed())
	}
	have := func() int { return len(w.Rows()) }
	held := func() (people int) {
		w.Conditions(b)
		for _, batch := range b.Status.HeldRemovals {
			if !batch.Released {
				people += int(batch.People)
			}
		}
		return people
	}
	// intended counts the people of whom it is written down that they are about to lose access.
	intended := func() (people int) {
		for _, p := range profiles {
			for _, s := range w.Record(string(p.Spec.Email)).Status.Sources {
				if s.Suspended != nil {
					people++
				}
			}
		}
		return people
	}
	// stays looks at everybody again, some times over: so many have access, and so many of them
	// are held.
	stays := func(people, batch int) {
		GinkgoHelper()
		for range 3 {
			w.RefreshTable(b)
			Expect(have()).To(Equal(people))
		}
		Expect(held()).To(Equal(batch))
	}

	BeforeEach(func() {
		var people []string
		for i := range crowd + more {
			people = append(people, world.Name("p", i)+"@acme.example")
		}
		w = world.NewAt(ahead, k8s, people...)
		b = w.Backend(func(b *v1alpha1.HostingBackend) {
			b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Settle: &metav1.Duration{Duration: 2 * time.Second}}
		})
		profiles = nil
		for _, email := range people {
			p := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: strings.TrimSuffix(email, "@acme.example")}, Spec: v1alpha1.ProfileSpec{Email: v1alpha1.Email(email)}}
			w.Create(p)
			profiles = append(profiles, p)
		}
		g := world.Overall(world.GrantFor("a", people...), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
	})

	for when, around := range map[string]func(do func()){
		"while the manager is stopped": func(do func()) {
			stopManager()
			do()
			stopManager = startManager()
		},
		"while it runs": func(do func()) { do() },
		"while it runs, and ends in the middle of the writes": func(do func()) {
			w.Fails(faults.Fault{Kind: faults.Hang, Method: http.MethodDelete})
			do()
			Eventually(intended).Should(BeNumerically(">=", 2), "so many writes are under way at once, or more")
			stopManager()
			Expect(have()).To(Equal(crowd + more))
			w.Fails()
			stopManager = startManager()
		},
	} {
		It("takes from three of them, and holds the others until they are named: "+when, func() {
			around(func() { suspend(profiles[:crowd]...) })
			Eventually(held).Should(Equal(crowd-3), func() string { return w.Describe() })
			Eventually(have).Should(Equal(crowd + more - 3))
			Expect(intended()).To(Equal(3))
			stays(crowd+more-3, crowd-3)

			By("starting again")
			stopManager()
			stopManager = startManager()
			w.ExpectReady(b, "True/Listed")
			stays(crowd+more-3, crowd-3)

			By("an hour later, and one more is suspended")
			after(w, b, 61*time.Minute)
			stays(crowd+more-3, crowd-3)
			suspend(profiles[crowd])
			Eventually(have).Should(Equal(crowd + more - 4))
			Expect(w.Opens(string(profiles[crowd].Spec.Email), "Billing")).To(BeFalse())
			stays(crowd+more-4, crowd-3)

			By("naming what is held")
			for _, batch := range b.Status.HeldRemovals {
				w.Approve(batch.Digest)
			}
			Eventually(w.Rows).Should(ConsistOf(string(profiles[crowd+1].Spec.Email) + ": Billing"))
			Eventually(held).Should(BeZero())
			Expect(intended()).To(Equal(4), "what was named takes no place")
		})
	}

	It("takes along what is held of three of them (S37)", func() {
		kept := world.OnAccount(world.GrantFor("b", string(profiles[crowd].Spec.Email), string(profiles[crowd+1].Spec.Email)), "shop", "Sites")
		w.Create(kept)
		w.ExpectReady(kept, "True/AsDeclared")
		By("deleting the grant of all, which is held")
		g := world.GrantFor("a")
		g.Namespace = w.Namespace
		w.Delete(g)
		Eventually(held).Should(Equal(crowd + more))
		w.ExpectDeleted(g)

		By("suspending five of those who are held")
		for i, p := range profiles[:5] {
			suspend(p)
			Eventually(have).Should(Equal(crowd + more - min(3, i+1)))
		}
		stays(crowd+more-3, crowd+more-3)
		after(w, b, 61*time.Minute)
		stays(crowd+more-3, crowd+more-3)
		suspend(profiles[5])
		Eventually(have).Should(Equal(crowd + more - 4))
	})
})
