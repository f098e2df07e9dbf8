package controllers_test

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

const holder = "ann@acme.example"

// accountPermissions are all there are for accounts.
func accountPermissions() (names []v1alpha1.AccountPermission) {
	for _, p := range hosting.Catalogue() {
		if p.Scope == hosting.ScopeAccount {
			names = append(names, v1alpha1.AccountPermission(p.Name))
		}
	}
	return names
}

// withAccounts has the owner have accounts a1, a2 and so on.
func withAccounts(w *world.World, count int) {
	GinkgoHelper()
	owner := reference.SeedOwner{Email: world.Owner}
	for i := range count {
		owner.Accounts = append(owner.Accounts, reference.SeedAccount{Name: fmt.Sprint("a", i+1)})
	}
	Expect(w.Provider.Seed(w.Ctx, reference.Seed{Owners: []reference.SeedOwner{owner}})).To(Succeed())
}

// differently gives each account another set of permissions: one is on every account in whose
// number its bit is.
func differently(accounts, permissions int) (list []v1alpha1.AccountPermissions) {
	for bit, p := range accountPermissions()[:permissions] {
		one := v1alpha1.AccountPermissions{Permissions: []v1alpha1.AccountPermission{p}}
		for i := 1; i <= accounts; i++ {
			if i>>bit&1 == 1 {
				one.Names = append(one.Names, v1alpha1.PlaceName(fmt.Sprint("a", i)))
			}
		}
		list = append(list, one)
	}
	return list
}

// holds are the accounts on which somebody has something, and how much in all.
func holds(w *world.World, email string) (accounts, permissions int) {
	rows, err := w.Provider.Rows(w.Ctx, world.Owner)
	if err != nil {
		return -1, -1
	}
	for _, row := range rows {
		if row.Email != email {
			continue
		}
		permissions = len(row.Overall)
		for _, names := range row.Accounts {
			accounts++
			permissions += len(names)
		}
	}
	return accounts, permissions
}

var _ = Describe("A record that is given more than it can remember (I10)", func() {
	everywhere := func(b *v1alpha1.HostingBackend) {
		b.Spec.GrantRules = []v1alpha1.GrantRule{world.Rule("all", v1alpha1.NamespacesAll)}
	}

	It("holds what 48 namespaces give, refuses the 49th alone, and takes it all back", func() {
		w := world.New(k8s, holder)
		withAccounts(w, 15)
		w.Backend(everywhere)
		of := func(i int, accounts ...v1alpha1.AccountPermissions) (*world.World, *v1alpha1.PermissionGrant) {
			GinkgoHelper()
			tenant := *w
			tenant.Namespace = fmt.Sprintf("%s%s-%02d", w.Namespace, strings.Repeat("x", 60-len(w.Namespace)), i)
			Expect(k8s.Create(w.Ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant.Namespace}})).To(Succeed())
			g := world.GrantFor("g", holder)
			g.Spec.BackendRef.Namespace, g.Spec.Accounts = w.Namespace, accounts
			tenant.Create(g)
			return &tenant, g
		}
		var tenants []*world.World
		var grants []*v1alpha1.PermissionGrant
		for i := range 48 {
			tenant, g := of(i, differently(15, 4)...)
			tenants, grants = append(tenants, tenant), append(grants, g)
		}
		for i, g := range grants {
			tenants[i].ExpectReady(g, "True/AsDeclared")
		}
		_, all := holds(w, holder)
		Expect(all).To(Equal(4 * 8))

		By("one more")
		tenant, late := of(48, v1alpha1.AccountPermissions{Names: []v1alpha1.PlaceName{"shop"}, Permissions: []v1alpha1.AccountPermission{"Sites"}})
		tenant.ExpectReady(late, "False/RecordFull")

		By("everything else going on")
		own := world.OnAccount(world.GrantFor("own", holder), "blog", "Sites")
		w.Create(own)
		w.ExpectReady(own, "True/AsDeclared")
		for _, g := range grants[:47] {
			w.Delete(g)
		}
		for i, g := range grants[:47] {
			tenants[i].ExpectDeleted(g, 2*time.Minute) // each is a write of a record that is as large as it may be
		}
		_, all = holds(w, holder)
		Expect(all).To(BeNumerically(">=", 4*8+1), "one names it still")
		w.Delete(grants[47])
		tenants[47].ExpectDeleted(grants[47])
		Eventually(func() int { _, all := holds(w, holder); return all }).Should(BeNumerically("<=", 2))
		Expect(w.Opens(holder, "blog/Sites")).To(BeTrue())
		w.ExpectReady(own, "True/AsDeclared")
	})

	It("refuses who names too many places alone, and takes them in once there is room", func() {
		w := world.New(k8s, holder)
		withAccounts(w, 2400)
		w.Backend()
		var grants []*v1alpha1.PermissionGrant
		reach := func(want string, some ...*v1alpha1.PermissionGrant) {
			GinkgoHelper()
			for _, g := range some {
				w.ExpectReady(g, want)
			}
		}
		for i := range 8 {
			g := world.GrantFor(world.Name("g", i), holder)
			one := v1alpha1.AccountPermissions{Permissions: []v1alpha1.AccountPermission{"Sites"}}
			for j := range 300 {
				one.Names = append(one.Names, v1alpha1.PlaceName(fmt.Sprint("a", 300*i+j+1)))
			}
			g.Spec.Accounts = append(g.Spec.Accounts, one)
			grants = append(grants, g)
			w.Create(g)
			if i >= 5 {
				reach(map[bool]string{true: "True/AsDeclared", false: "False/RecordFull"}[i == 5], grants[i])
			}
		}
		reach("True/AsDeclared", grants[:6]...)
		Expect(grants[6].Status.Issues[0].Message).To(ContainSubstring("use `all: true`"))
		small := world.OnAccount(world.GrantFor("small", holder), "shop", "Sites")
		w.Create(small)
		w.ExpectReady(small, "True/AsDeclared")
		accounts, _ := holds(w, holder)
		Expect(accounts).To(Equal(1801))

		w.Delete(grants[0])
		w.ExpectDeleted(grants[0])
		reach("True/AsDeclared", grants[6])
		reach("False/RecordFull", grants[7])
		Expect(w.Opens(holder, "a1/Sites")).To(BeFalse())
		Expect(w.Opens(holder, "a1801/Sites")).To(BeTrue())
		Expect(w.Opens(holder, "a2101/Sites")).To(BeFalse())
		reach("True/AsDeclared", grants[1:7]...)
	})

	It("is not filled by what others gave in the console: 1,023 different sets", func() {
		w := world.New(k8s, holder)
		withAccounts(w, 1023)
		row := reference.Row{Email: holder, Accounts: map[string][]string{}}
		for _, one := range differently(1023, 10) {
			for _, name := range one.Names {
				row.Accounts[string(name)] = append(row.Accounts[string(name)], string(one.Permissions[0]))
			}
		}
		w.Has(row)
		b := w.Backend()
		g := world.Overall(world.GrantFor("a", holder), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Opens(holder, "Billing")).To(BeTrue())

		By("somebody taking it away in the console")
		w.Edits(holder, func(r *reference.Row) { r.Overall = nil })
		w.RefreshTable(b)
		Eventually(w.Opens).WithArguments(holder, "Billing").Should(BeTrue())

		w.Delete(g)
		w.ExpectDeleted(g)
		accounts, permissions := holds(w, holder)
		Expect([]int{accounts, permissions}).To(Equal([]int{1023, 10 * 512}))
	})
})
