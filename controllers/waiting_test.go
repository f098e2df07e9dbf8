package controllers_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// waits are the rows of docs/waiting.md that were not seen yet: what is made of a kind in a state.
type waits map[[2]string][]string

var waitingRow = regexp.MustCompile(`(?m)^\| (PermissionGrant|HostingBackend) \| (.+?) \| (\w+(?: before)?) \| (\w+) \| (.+?) \| (\w+) \|$`)

func readWaits() waits {
	GinkgoHelper()
	root, err := testkit.Root()
	Expect(err).NotTo(HaveOccurred())
	text, err := os.ReadFile(filepath.Join(root, "docs/waiting.md"))
	Expect(err).NotTo(HaveOccurred())
	rows := waits{}
	for _, row := range waitingRow.FindAllStringSubmatch(string(text), -1) {
		rows[[2]string{row[1], row[2]}] = row[3:]
	}
	Expect(rows).To(HaveLen(strings.Count(string(text), "\n| ")-1), "each line of the table is read, but its head")
	return rows
}

// seen waits until tools make of an object what the row of its state says, and strikes the row.
func (rows waits) seen(w *world.World, o client.Object, state string) {
	GinkgoHelper()
	kind := "PermissionGrant"
	if _, backend := o.(*v1alpha1.HostingBackend); backend {
		kind = "HostingBackend"
	}
	want, listed := rows[[2]string{kind, state}]
	Expect(listed).To(BeTrue(), "docs/waiting.md has no row for %s: %s", kind, state)
	Eventually(func() ([]string, error) { return made(w, o, want[0] == "as before") }).Should(HaveExactElements(want), state+"\n%s", w.Describe)
	delete(rows, [2]string{kind, state})
}

// made is what tools make of an object as it is at the API server.
func made(w *world.World, o client.Object, asBefore bool) ([]string, error) {
	if err := k8s.Get(w.Ctx, client.ObjectKeyFromObject(o), o); err != nil {
		return nil, err
	}
	ready, waiting := "absent", "waits"
	conditions := o.(interface{ GetConditions() []metav1.Condition }).GetConditions()
	if condition := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); condition != nil {
		ready = string(condition.Status)
		if condition.Status == metav1.ConditionTrue && condition.ObservedGeneration == o.GetGeneration() { // as kubectl asks
			waiting = "goes on"
		}
	}
	if asBefore {
		ready, waiting = "as before", "as before"
	}
	verdict, err := world.Verdict(k8s, o)
	if err != nil {
		return nil, err
	}
	health, err := w.Health(o)
	return []string{ready, verdict.String(), waiting, health}, err
}

var _ = Describe("What tools wait for", func() {
	It("is what docs/waiting.md says of each state", func() {
		rows := readWaits()
		w := world.New(k8s, "ann@acme.example")
		first := world.Overall(world.GrantFor("first", "ann@acme.example"), "Billing")
		silent := faults.Fault{Kind: faults.Refuse, Status: http.StatusServiceUnavailable}

		By("nobody being there to look")
		stopManager()
		w.Create(first)
		rows.seen(w, first, "new, not looked at yet")
		stopManager = startManager()
		rows.seen(w, first, "in progress: its backend is not there yet")

		By("a backend whose provider does not answer")
		w.Fails(silent)
		stopManager()
		b := w.Backend(world.Often, func(b *v1alpha1.HostingBackend) {
			b.Spec.Mode = v1alpha1.ModeObserve
			b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Settle: &metav1.Duration{Duration: 2 * time.Second}}
		})
		rows.seen(w, b, "new, not looked at yet")
		stopManager = startManager()
		rows.seen(w, b, "in progress: the provider does not answer")
		rows.seen(w, first, "in progress: the provider does not answer")

		By("observing")
		w.Fails()
		rows.seen(w, b, "its table is read, and only observed")
		rows.seen(w, first, "observed, and something differs")
		w.Has(billingOf("ann@acme.example"))
		rows.seen(w, first, "observed, and its people have what it names")

		By("enforcing")
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
		rows.seen(w, b, "its table is read, and written where it has to be")
		rows.seen(w, first, "its people have what it names")
		second := world.Overall(world.GrantFor("second", newcomer), "Billing", "AccountTechnical")
		w.Create(second)
		rows.seen(w, second, "as that, and somebody invited has no profile yet")

		By("a name that is not there, and a grant that is suspended")
		world.Update(w, first, func(g *v1alpha1.PermissionGrant) { world.OnAccount(g, "shpo", "Sites") })
		rows.seen(w, first, "stalled: it names an account that is not there")
		world.Update(w, first, func(g *v1alpha1.PermissionGrant) { g.Spec.Accounts, g.Spec.Suspend = nil, true })
		rows.seen(w, first, "suspended")
		world.Update(w, first, func(g *v1alpha1.PermissionGrant) { g.Spec.Suspend = false })
		w.ExpectReady(first, "True/AsDeclared")

		By("everybody losing something at once")
		for _, g := range []*v1alpha1.PermissionGrant{first, second} {
			world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Overall = []v1alpha1.OverallPermission{"AccountManagement"} })
		}
		rows.seen(w, b, "removals are held")
		rows.seen(w, second, "what it took away from people is held")

		By("deleting a grant that cannot be released yet")
		world.Update(w, second, func(g *v1alpha1.PermissionGrant) {
			g.Spec.Overall = []v1alpha1.OverallPermission{"Billing", "AccountTechnical", "AccountManagement"}
		})
		world.Update(w, first, func(g *v1alpha1.PermissionGrant) {
			g.Spec.Overall = []v1alpha1.OverallPermission{"Billing", "AccountManagement"}
		})
		Eventually(func() map[string]string { return w.Conditions(b) }).ShouldNot(HaveKey("RemovalHeld"))
		w.Fails(silent)
		w.Delete(second)
		rows.seen(w, second, "being deleted")
		w.Fails()

		By("a backend that is suspended, whose key is refused, and that goes")
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = true })
		rows.seen(w, b, "suspended")
		Expect(w.Provider.RotateToken(w.Ctx, world.Owner, "another")).To(Succeed())
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend, b.Finalizers = false, []string{"example.com/keep"} })
		rows.seen(w, b, "stalled: the key is refused")
		w.Delete(b)
		rows.seen(w, b, "being deleted, while another finalizer keeps it")
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Finalizers = nil })
		Expect(rows).To(BeEmpty(), "docs/waiting.md has rows that nothing proves")
	})
})
