package e2e_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = Describe("A thousand grants", longest, func() {
	const grants, people, together = 1000, 20, 16
	rights := []v1alpha1.AccountPermission{"Sites", "Databases", "FTP", "SSH"}

	It("cost one list an interval while nothing changes, and no write anywhere (I1, I9)", func(ctx SpecContext) {
		emails := make([]string, people)
		for i := range emails {
			emails[i] = world.Name("p", i) + "@acme.example"
		}
		w := cluster.New(emails...)
		w.Backend()
		manager := cluster.StartManager(world.NoLeaderElection)

		By("creating them while the manager runs")
		creators, _ := errgroup.WithContext(ctx)
		for worker := range together {
			creators.Go(func() (err error) {
				for i := worker; i < grants && err == nil; i += together {
					g := world.OnAccount(world.GrantFor(world.Name("g", i), emails[i%people]), "shop", rights[i/people%len(rights)])
					g.Namespace = w.Namespace
					err = cluster.K8s.Create(ctx, g)
				}
				return err
			})
		}
		Expect(creators.Wait()).To(Succeed())
		Eventually(w.Ready, 5*time.Minute, time.Second).Should(Equal(grants))
		Expect(w.Rows()).To(HaveLen(people))
		Expect(w.Rows()).To(HaveEach(HaveSuffix(": shop/Databases shop/FTP shop/Sites shop/SSH")))

		By("waiting until the last ripple is gone")
		settled(w)

		By("watching three intervals, each begun by a list")
		writes, before := cluster.KubernetesWrites(ctx), w.Provider.Counters()
		for range 3 {
			nextList(w)
		}
		after := w.Provider.Counters()
		Expect(after.Operations["ListPermissions"] - before.Operations["ListPermissions"]).To(BeEquivalentTo(3))
		Expect(after.Writes).To(Equal(before.Writes), "writes to the provider")
		Expect(cluster.KubernetesWrites(ctx)).To(Equal(writes), "writes to the Kubernetes API")
		GinkgoWriter.Printf("set up with %d provider writes, %d reads; three idle intervals: %d reads\n",
			before.Writes, before.Reads, after.Reads-before.Reads)
		Expect(manager.Ended).NotTo(BeClosed())
	})
})

// interval of the worlds' backends.
const interval = 30 * time.Second

func lists(w *world.World) int64 { return w.Provider.Counters().Operations["ListPermissions"] }

// nextList waits until the table was read once more.
func nextList(w *world.World) {
	GinkgoHelper()
	before := lists(w)
	Eventually(lists, 2*interval, 20*time.Millisecond).WithArguments(w).Should(BeNumerically(">", before))
}

// settled waits until the last ripple of a change is gone.
func settled(w *world.World) {
	GinkgoHelper()
	nextList(w)
	nextList(w)
}
