package e2e_test

import (
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("kubectl hostgrant notified names exactly those whom the provider tells", func(ctx SpecContext) {
	plugin := filepath.Join(GinkgoT().TempDir(), "kubectl-hostgrant")
	Expect(os.Symlink(cluster.Program("hostgrant"), plugin)).To(Succeed())
	GinkgoT().Setenv("PATH", filepath.Dir(plugin)+string(os.PathListSeparator)+os.Getenv("PATH"))

	w := cluster.New("ann@acme.example", "bob@acme.example", "eve@acme.example")
	_, err := w.Provider.AddRow(ctx, world.Owner, reference.Row{Email: "eve@acme.example", Accounts: map[string][]string{"shop": {"TechnicalContact"}, "blog": {"Sites"}}}, false)
	Expect(err).NotTo(HaveOccurred())
	w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Inventory = v1alpha1.InventoryRecords })
	cluster.StartManager(world.NoLeaderElection)
	bills := world.Overall(world.GrantFor("bills", "ann@acme.example", "new@acme.example"), "Billing")
	contacts := world.OnAccount(world.GrantFor("contacts", "bob@acme.example"), "shop", "TechnicalContact")
	technical := world.Overall(world.GrantFor("technical", "ann@acme.example"), "AccountTechnical")
	for _, g := range []*v1alpha1.PermissionGrant{bills, contacts, technical} {
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
	}
	Eventually(func() *v1alpha1.AccessRecord { return w.Record("eve@acme.example") }).Should(HaveField("Status.Live", Not(BeEmpty())))

	for _, c := range []struct {
		alert string
		of    reference.Alert
		want  string
	}{
		{"balance", reference.Alert{Kind: hosting.NegativeBalance}, "ann@acme.example yes NS/bills\nnew@acme.example once they have a profile NS/bills"},
		{"billing-ticket", reference.Alert{Kind: hosting.BillingTicket}, "ann@acme.example yes NS/bills\nnew@acme.example once they have a profile NS/bills"},
		{"account/shop", reference.Alert{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: "shop"}, "bob@acme.example yes NS/contacts\neve@acme.example yes <none>"},
		{"account/blog", reference.Alert{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: "blog"}, ""},
	} {
		printed, err := testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), "hostgrant", "notified", "acme", c.alert, "--show-addresses", "--namespace", w.Namespace)
		Expect(err).NotTo(HaveOccurred())
		Expect(lines(printed, w.Namespace)).To(Equal(c.want), c.alert)
		reached, err := w.Provider.WouldBeTold(ctx, world.Owner, c.of)
		Expect(err).NotTo(HaveOccurred())
		for _, email := range reached {
			Expect(printed).To(ContainSubstring(email+" "), "the provider's own word on %s", c.alert)
		}
	}
	_, err = testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), "hostgrant", "notified", "other", "balance", "--namespace", w.Namespace)
	Expect(err).To(MatchError(ContainSubstring(`hostingbackends.hostgrant.io "other" not found`)))
})

// lines are what was printed, without the header and the spaces that align it.
func lines(printed, namespace string) string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(printed, namespace, "NS")) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines[min(1, len(lines)):], "\n")
}
