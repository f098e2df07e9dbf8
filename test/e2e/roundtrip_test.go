package e2e_test

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/importer"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/tables"
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

// owned is a provider with a table, and a namespace with its backend.
type owned struct {
	*world.World
	name    string
	shell   *shell
	backend *v1alpha1.HostingBackend
	// notes are what an import has to say; said is what it says.
	notes []string
	said  string
	// before is the table, and mails what was mailed before anything is imported.
	before []string
	mails  int
	// adopted is how many people get something by a grant; 0 where that is not known beforehand.
	adopted int
}

// ownedOf is the world of a table that is seeded.
func ownedOf(w *world.World, name string) *owned {
	GinkgoHelper()
	o := &owned{World: w, name: name, shell: newShell(w), before: w.Rows(), mails: len(w.Mails.Mails())}
	w.Provider.ResetCounters()
	o.backend = w.Backend(func(b *v1alpha1.HostingBackend) {
		b.Spec.Mode, b.Spec.Inventory, b.Spec.ProtectedEmails = v1alpha1.ModeObserve, v1alpha1.InventoryRecords, []v1alpha1.Email{"director@acme.example"}
		b.Spec.RemovalLimit.Settle = &metav1.Duration{}
	})
	return o
}

// ownedByHand is a table of everything that an import has to tell.
func ownedByHand(ctx SpecContext) *owned {
	GinkgoHelper()
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
	Eventually(func() int { return len(w.Mails.Mails()) }).Should(Equal(len(rows) - len(known)))
	o := ownedOf(w, "the table made by hand")
	o.notes = []string{"is the owner, the key's holder or protected", "1 permission is not in the catalogue", "1 permission is on a place whose name no manifest can hold", "has no profile yet"}
	o.adopted = len(rows) - 2 // but the protected one, and whose only permission cannot be said
	return o
}

// ownedByChance are so many tables that are drawn, of several people each.
func ownedByChance(ctx SpecContext, count int) (all []*owned) {
	GinkgoHelper()
	for seed := int(GinkgoRandomSeed()); len(all) < count; seed++ {
		table := rapid.Custom(tables.Draw).Example(seed)
		if len(importer.Of(table.Snapshot(time.Now()), importer.Options{}).Profiles) < 3 {
			continue // it shows little
		}
		w := cluster.New()
		Expect(w.Provider.Seed(ctx, table.Seed(""))).To(Succeed())
		all = append(all, ownedOf(w, fmt.Sprintf("table %d", seed)))
	}
	return all
}

// sideBySide does something with all at once.
func sideBySide(all []*owned, do func(*owned)) {
	GinkgoHelper()
	var group sync.WaitGroup
	for _, o := range all {
		group.Go(func() {
			defer GinkgoRecover()
			do(o)
		})
	}
	group.Wait()
}

// imported waits until everybody is listed, and writes them down.
func (o *owned) imported(ctx SpecContext) {
	GinkgoHelper()
	o.ExpectReady(o.backend, "True/Listed")
	o.shell.run(ctx, "kubectl config set-context --current --namespace hosting")
	Eventually(func() string {
		o.said = o.shell.run(ctx, "hostgrant import acme --folder access || true")
		return o.said
	}).Should(ContainSubstring("Fill in the reason of each grant."), o.name)
	for _, note := range o.notes {
		Expect(o.said).To(ContainSubstring(note))
	}
	Expect(o.shell.run(ctx, "hostgrant plan -f access/ || test $? -eq 0 && echo nothing")).To(HaveSuffix("Plan: nothing changes.\nnothing\n"), o.name)
}

// enforced applies what was written down, observed and then enforced, and waits until all of it is adopted.
func (o *owned) enforced(ctx SpecContext) {
	GinkgoHelper()
	o.shell.run(ctx, "kubectl apply --server-side -f access/")
	world.Update(o.World, o.backend, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
	o.ExpectReady(o.backend, "True/Listed")
	Eventually(func(g Gomega) {
		grants, records, profiles := &v1alpha1.PermissionGrantList{}, &v1alpha1.AccessRecordList{}, &v1alpha1.ProfileList{}
		for _, list := range []client.ObjectList{grants, records, profiles} {
			g.Expect(o.K8s.List(ctx, list, client.InNamespace(o.Namespace))).To(Succeed())
		}
		g.Expect(grants.Items).NotTo(BeEmpty())
		g.Expect(o.Ready()).To(Equal(len(grants.Items)))
		adopted := slices.DeleteFunc(records.Items, func(r v1alpha1.AccessRecord) bool { return len(r.Status.Applied) == 0 })
		g.Expect(adopted).To(HaveLen(cmp.Or(o.adopted, len(profiles.Items))))
	}).Should(Succeed(), func() string { return o.name + "\n" + o.Describe() })
}

var _ = It("What is imported and enforced writes nothing", func(ctx SpecContext) {
	all := append(ownedByChance(ctx, 5), ownedByHand(ctx))
	cluster.StartManager(world.NoLeaderElection)

	By("importing, as soon as everybody is listed")
	sideBySide(all, func(o *owned) { o.imported(ctx) })
	By("applying it, observed and then enforced")
	sideBySide(all, func(o *owned) { o.enforced(ctx) })
	By("looking at everybody twice more")
	sideBySide(all, func(o *owned) {
		o.ExpectUnchanged(o.Writes, BeZero(), o.name)
		Expect(o.Rows()).To(Equal(o.before), o.name)
		Expect(o.Mails.Mails()).To(HaveLen(o.mails), o.name)
		out := o.shell.run(ctx, "hostgrant plan -f access/")
		Expect(strings.HasSuffix(out, "Plan: nothing changes.\n")).To(BeTrue(), o.name+"\n"+out)
	})
	Expect(filepath.Glob(all[len(all)-1].shell.folder + "/access/*.yaml")).To(HaveLen(3))
})
