package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// tenantNamespace makes a namespace for grants.
func tenantNamespace(w *world.World, name string) *corev1.Namespace {
	GinkgoHelper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	Expect(w.K8s.Create(w.Ctx, ns)).To(Succeed())
	return ns
}

// garden is a namespace full of grants on a backend that lives elsewhere.
type garden struct {
	*world.World
	name string
	size int
}

func (g *garden) person(i int) string { return world.Name("p", i) + "@acme.example" }

// grow applies the manifests.
func (g *garden) grow() {
	GinkgoHelper()
	tenantNamespace(g.World, g.name)
	for i := range g.size {
		grant := world.Overall(world.GrantFor(world.Name("g", i), g.person(i)), "Billing")
		grant.Namespace, grant.Spec.BackendRef.Namespace = g.name, g.Namespace
		Expect(g.K8s.Create(g.Ctx, grant)).To(Succeed())
	}
}

// ready counts the grants that are.
func (g *garden) ready() int {
	GinkgoHelper()
	elsewhere := *g.World
	elsewhere.Namespace = g.name
	return elsewhere.Ready()
}

// records counts those with a Ready reason, each with one contribution only.
func (g *garden) records(reason string) int {
	GinkgoHelper()
	list := &v1alpha1.AccessRecordList{}
	Expect(g.K8s.List(g.Ctx, list, client.InNamespace(g.Namespace))).To(Succeed())
	count := 0
	for i := range list.Items {
		record := &list.Items[i]
		for _, c := range record.Status.Conditions {
			if c.Type == v1alpha1.ConditionReady && c.Reason == reason && len(record.Spec.Contributions) == 1 && len(record.Status.Owed) == 0 {
				count++
			}
		}
	}
	return count
}

var _ = Describe("A namespace with 200 grants, and the backend in another (I13)", func() {
	It("goes in bounded time, takes nothing with it, and finds everything again (S04, S48)", func(ctx SpecContext) {
		controllers, err := testkit.StartControllerManager(cluster.File("admin.kubeconfig"), filepath.Join(GinkgoT().TempDir(), "controllers.log"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(controllers.Kill)
		cluster.StartManager(world.NoLeaderElection)
		g := &garden{World: cluster.New(), size: 200}
		g.name = g.Namespace + "-tenant"
		g.Backend(func(b *v1alpha1.HostingBackend) {
			b.Spec.GrantRules = []v1alpha1.GrantRule{world.Rule("all", v1alpha1.NamespacesAll)}
			b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Settle: &metav1.Duration{Duration: time.Second}}
		})
		g.grow()
		Eventually(g.ready, 4*time.Minute).Should(Equal(g.size))
		Eventually(g.Mails.Mails, 2*time.Minute).Should(HaveLen(g.size), "everybody was mailed")
		writes := g.Writes()

		By("deleting the namespace")
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: g.name}}
		Expect(g.K8s.Delete(ctx, ns)).To(Succeed())
		since := time.Now()
		Eventually(func() bool { return apierrors.IsNotFound(g.K8s.Get(ctx, client.ObjectKeyFromObject(ns), ns)) }, 2*time.Minute).Should(BeTrue(), func() string {
			said, _ := os.ReadFile(controllers.Log)
			return fmt.Sprintf("%+v\n%s", ns.Status, said)
		})
		AddReportEntry("the namespace was gone", time.Since(since).Round(time.Second).String())
		Eventually(g.records).WithArguments(v1alpha1.ReasonGrantLost).Should(Equal(g.size), "every record says what it keeps, and why")
		Expect(g.Rows()).To(HaveLen(g.size))
		Expect(g.Writes()).To(Equal(writes))

		By("applying everything again")
		g.grow()
		Eventually(g.ready, 4*time.Minute).Should(Equal(g.size))
		Eventually(g.records).WithArguments(v1alpha1.ReasonAsDeclared).Should(Equal(g.size), "nothing of the old grants is left")
		Expect(g.Rows()).To(HaveLen(g.size))
		Expect(g.Writes()).To(Equal(writes), "the provider was not written to in between")
		Expect(g.Mails.Mails()).To(HaveLen(g.size), "nobody was mailed again")
	})
})
