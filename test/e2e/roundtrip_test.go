package e2e_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// grown is a table as it grows over years: people who share what they have and people who do not, invitations that
// nobody answered, permissions that the catalogue lacks, a place whose name no manifest can hold.
func grown() (rows []reference.Row) {
	agency := map[string][]string{"shop": {"Sites", "Databases"}, "blog": {"Sites", "Databases"}}
	for i := range 12 {
		rows = append(rows, reference.Row{Email: fmt.Sprintf("agency%d@agency.example", i), Accounts: agency, RequireTwoFactor: i%4 == 0})
	}
	for i := range 10 {
		rows = append(rows, reference.Row{Email: fmt.Sprintf("Team.Member%d@acme.example", i), Overall: []string{"Billing"}, Servers: map[string][]string{"web1": {"SSHUsers", "Consumption"}}, Annotation: "by hand"})
	}
	return append(rows,
		reference.Row{Email: "newer@acme.example", Accounts: map[string][]string{"shop": {"Sites", "wire:newer"}}},
		reference.Row{Email: "only-newer@acme.example", Accounts: map[string][]string{"shop": {"wire:newer"}}},
		reference.Row{Email: "odd@acme.example", Accounts: map[string][]string{"our old shop": {"Sites"}, "blog": {"FTP"}}},
		reference.Row{Email: "flag@acme.example", RequireTwoFactor: true, Overall: []string{"AccountTechnical"}},
		reference.Row{Email: "director@acme.example", Overall: []string{"AccountManagement", "Billing"}},
		reference.Row{Email: "a+tag@acme.example", Accounts: map[string][]string{"intranet": {"Sites", "Databases"}}},
		reference.Row{Email: "ünsal@acme.example", Accounts: map[string][]string{"blog": {"Emails"}}},
	)
}

var _ = It("What is imported and enforced writes nothing", func(ctx SpecContext) {
	rows := grown()
	var known []string
	for i, row := range rows {
		if i%3 != 0 {
			known = append(known, row.Email)
		}
	}
	w := cluster.New(known...)
	Expect(w.Provider.Seed(ctx, reference.Seed{
		Owners:           []reference.SeedOwner{{Email: world.Owner, Accounts: []reference.SeedAccount{{Name: "our old shop"}}}},
		ExtraPermissions: []reference.SeedPermission{{Scope: hosting.ScopeAccount, Key: "newer"}},
	})).To(Succeed())
	for _, row := range rows {
		_, err := w.Provider.AddRow(ctx, world.Owner, row, true)
		Expect(err).NotTo(HaveOccurred())
	}
	invited := len(rows) - len(known)
	Eventually(func() int { return len(w.Mails.Mails()) }).Should(Equal(invited))
	before := w.Rows()
	w.Provider.ResetCounters()
	backend := w.Backend(func(b *v1alpha1.HostingBackend) {
		b.Spec.Mode, b.Spec.Inventory, b.Spec.ProtectedEmails = v1alpha1.ModeObserve, v1alpha1.InventoryRecords, []v1alpha1.Email{"director@acme.example"}
		b.Spec.RemovalLimit.Settle = &metav1.Duration{}
	})
	cluster.StartManager(world.NoLeaderElection)
	w.ExpectReady(backend, "True/Listed")

	By("importing, as soon as everybody is listed")
	s := newShell(w)
	s.run(ctx, "kubectl config set-context --current --namespace hosting")
	var said string
	Eventually(func() string {
		said = s.run(ctx, "hostgrant import acme --folder access || true")
		return said
	}).Should(ContainSubstring("Fill in the reason of each grant."))
	for _, note := range []string{"is the owner, the key's holder or protected", "1 permission is not in the catalogue", "1 permission is on a place whose name no manifest can hold", "has no profile yet"} {
		Expect(said).To(ContainSubstring(note))
	}
	Expect(s.run(ctx, "hostgrant plan -f access/ || test $? -eq 0 && echo nothing")).To(HaveSuffix("Plan: nothing changes.\nnothing\n"))

	By("applying it, observed and then enforced")
	s.run(ctx, "kubectl apply --server-side -f access/")
	world.Update(w, backend, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
	w.ExpectReady(backend, "True/Listed")
	Eventually(func(g Gomega) {
		grants := &v1alpha1.PermissionGrantList{}
		g.Expect(w.K8s.List(ctx, grants, client.InNamespace(w.Namespace))).To(Succeed())
		g.Expect(grants.Items).NotTo(BeEmpty())
		g.Expect(w.Ready()).To(Equal(len(grants.Items)))
		records := &v1alpha1.AccessRecordList{}
		g.Expect(w.K8s.List(ctx, records, client.InNamespace(w.Namespace))).To(Succeed())
		adopted := slices.DeleteFunc(records.Items, func(r v1alpha1.AccessRecord) bool { return len(r.Status.Applied) == 0 })
		g.Expect(adopted).To(HaveLen(len(rows) - 2)) // but the protected one, and whose only permission cannot be said
	}).Should(Succeed(), func() string { return w.Describe() })
	w.ExpectUnchanged(w.Writes, BeZero())
	Expect(w.Rows()).To(Equal(before))
	Expect(w.Mails.Mails()).To(HaveLen(invited))
	out := s.run(ctx, "hostgrant plan -f access/")
	Expect(strings.HasSuffix(out, "Plan: nothing changes.\n")).To(BeTrue(), out)
	Expect(filepath.Glob(s.folder + "/access/*.yaml")).To(HaveLen(3))
})
