package controllers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// kostas is somebody whose address another letter case changes for good: the last letter of
// his name comes back as another one.
const kostas = "κώστας@acme.example"

var _ = Describe("A record that has its person's earlier name", func() {
	var (
		w   *world.World
		b   *v1alpha1.HostingBackend
		old *v1alpha1.AccessRecord
	)
	billing := hosting.NewRights(hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"})

	// as an earlier manager left it: somebody has Billing, by what grants gave.
	BeforeEach(func() {
		w = world.New(k8s, kostas)
		b = w.Backend()
		w.ExpectReady(b, "True/Listed")
		w.Has(reference.Row{Email: kostas, Overall: []string{"Billing"}})
		stopManager()
		replaceManagerAfterwards()
		sum := sha256.Sum256([]byte(kostas))
		old = contribute.NewRecord(b, kostas)
		old.Name = "acme-" + hex.EncodeToString(sum[:16])
		Expect(k8s.Create(w.Ctx, old)).To(Succeed())
	})
	remembers := func(memory access.Memory, c *v1alpha1.Contribution) {
		GinkgoHelper()
		if c != nil {
			Expect(contribute.Apply(w.Ctx, k8s, old, c.UID, c)).To(Succeed())
		}
		Expect(k8s.Get(w.Ctx, client.ObjectKeyFromObject(old), old)).To(Succeed())
		rows, err := w.Provider.Rows(w.Ctx, world.Owner)
		Expect(err).NotTo(HaveOccurred())
		now := metav1.NewTime(time.Now().Truncate(time.Second))
		old.Status = v1alpha1.AccessRecordStatus{
			ObservedGeneration: old.Generation, Person: v1alpha1.PersonActive, RowID: rows[0].ID, Permissions: 1, Live: access.Names{}.Live(billing),
			Sources: []v1alpha1.SourceNamespace{{Namespace: w.Namespace, Since: now}},
		}
		if c != nil {
			old.Status.Contributions = []v1alpha1.ContributionStatus{{UID: c.UID, Grant: &c.Grant, Digest: c.Digest, State: v1alpha1.ContributionLive}}
		}
		memory.Store(&old.Status)
		Expect(k8s.Status().Update(w.Ctx, old)).To(Succeed())
		stopManager = startManager()
	}
	applied := access.Memory{Applied: access.RightMap[access.Entry]{{Rights: billing}}}
	given := func(change ...func(*v1alpha1.PermissionGrant)) *v1alpha1.PermissionGrant {
		GinkgoHelper()
		g := world.Overall(world.GrantFor("a", kostas), "Billing")
		for _, c := range change {
			c(g)
		}
		w.Create(g)
		c := handover.Contribution(g, v1alpha1.PermissionSetSpec{}, handover.Person{Address: kostas, Via: []string{"email"}})
		c = handover.Adopting(c, true)
		remembers(applied, &c)
		return g
	}
	moved := func() {
		GinkgoHelper()
		w.ExpectDeleted(old)
		Eventually(func() *v1alpha1.AccessRecord { return w.Record(kostas) }).Should(HaveField("Status.Applied", HaveLen(1)), func() string { return w.Describe() })
	}

	It("hands over what it gave, before anything is written: it goes with its grant, and not before", func() {
		before := w.Writes()
		g := given()
		stop := w.Guard(kostas, "Billing")
		moved()
		w.ExpectReady(g, "True/AsDeclared")
		_, refused := stop()
		Expect(refused).To(BeZero())
		Expect(w.Writes()).To(Equal(before))
		w.Delete(g)
		w.ExpectDeleted(g)
		Eventually(w.Rows).Should(BeEmpty())
	})

	It("hands over what a suspended grant leaves as it is", func() {
		before := w.Writes()
		g := given(func(g *v1alpha1.PermissionGrant) { g.Spec.Suspend = true })
		moved()
		w.RefreshTable(b)
		Expect(w.Opens(kostas, "Billing")).To(BeTrue())
		Expect(w.Writes()).To(Equal(before))
		Expect(w.Record(kostas).Spec.Contributions).To(HaveLen(1))
		w.Delete(g)
		Eventually(w.Rows).Should(BeEmpty())
	})

	It("hands over what is missing keeps", func() {
		g := given(func(g *v1alpha1.PermissionGrant) {
			g.Spec.PermissionSetRefs = []v1alpha1.LocalReference{{Name: "lost"}}
		})
		moved()
		w.ExpectReady(g, "False/ReferenceLost")
		Expect(w.Opens(kostas, "Billing")).To(BeTrue())
	})

	It("hands over a debt, which is paid", func() {
		owes := access.Memory{Owed: access.RightMap[access.Debt]{{Rights: billing, Value: access.Debt{
			Cause: v1alpha1.CauseRemoved, Namespaces: []string{w.Namespace}, Since: metav1.NewTime(time.Now().Truncate(time.Second)),
		}}}}
		remembers(owes, nil)
		w.ExpectDeleted(old)
		Eventually(w.Rows).Should(BeEmpty(), func() string { return w.Describe() })
		Eventually(w.NothingLeft).WithArguments(kostas).Should(BeTrue())
	})

	It("joins what two records of one person remember", func() {
		other := contribute.NewRecord(b, "κώστασ@acme.example")
		Expect(k8s.Create(w.Ctx, other)).To(Succeed())
		other.Status = v1alpha1.AccessRecordStatus{ObservedGeneration: other.Generation, Person: v1alpha1.PersonAbsent}
		found := access.Memory{Applied: access.RightMap[access.Entry]{{Rights: billing, Value: access.Entry{Adopted: true}}}} // what the first one put there
		found.Store(&other.Status)
		Expect(k8s.Status().Update(w.Ctx, other)).To(Succeed())
		g := given()
		moved()
		w.ExpectReady(g, "True/AsDeclared")
		w.Delete(g)
		Eventually(w.Rows).Should(BeEmpty())
	})
})
