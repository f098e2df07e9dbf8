package controllers_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// What opens beyond the permission itself, from the provider's words: "shop" is located on
// the server "web1", the other accounts on none.
var implied = map[string][]string{
	"Overall/AccountTechnical": {"every account menu"},
	"Overall/ServerTechnical":  {"every server menu", "Account/shop/SSH", "Account/shop/Databases"},
	"Server/SSHUsers":          {"Account/shop/SSH"},
	"Server/DatabaseUsers":     {"Account/shop/Databases"},
}

// menus lists every menu of the provider, as "Scope/place/name".
func menus() []string {
	var list []string
	for _, p := range hosting.Catalogue() {
		switch p.Scope {
		case hosting.ScopeOverall:
			list = append(list, "Overall//"+p.Name)
		case hosting.ScopeAccount:
			for _, place := range []string{"shop", "blog"} {
				list = append(list, "Account/"+place+"/"+p.Name)
			}
		case hosting.ScopeServer:
			for _, place := range []string{"web1", "web2"} {
				list = append(list, "Server/"+place+"/"+p.Name)
			}
		}
	}
	for _, place := range []string{"shop", "blog"} {
		list = append(list, "Account/"+place+"/ServerStatus")
	}
	return append(list, "Server/web1/Configuration", "Server/web2/Configuration")
}

// opens says whether a permission, given on shop or web1, should open a menu.
func opens(p hosting.Permission, menu string) bool {
	notification := strings.HasSuffix(menu, "/TechnicalContact")
	if slices.Contains(implied[string(p.Scope)+"/"+p.Name], menu) {
		return true
	}
	switch p.Scope {
	case hosting.ScopeOverall:
		return menu == "Overall//"+p.Name ||
			p.Name == "AccountTechnical" && strings.HasPrefix(menu, "Account/") && !notification ||
			p.Name == "ServerTechnical" && strings.HasPrefix(menu, "Server/") && !notification
	case hosting.ScopeAccount:
		return menu == "Account/shop/"+p.Name || menu == "Account/shop/ServerStatus"
	}
	return menu == "Server/web1/"+p.Name || menu == "Server/web1/Configuration"
}

// mayOpen asks the provider for every menu.
func mayOpen(w *world.World, email string, secondFactor bool) []string {
	open := []string{}
	for _, menu := range menus() {
		part := strings.SplitN(menu, "/", 3)
		if w.Allowed(email, hosting.Scope(part[0]), part[1], part[2], secondFactor) {
			open = append(open, menu)
		}
	}
	return open
}

func grantOf(p hosting.Permission, email string) *v1alpha1.PermissionGrant {
	g := world.GrantFor(strings.ToLower(fmt.Sprintf("%s-%s", p.Scope, p.Name)), email)
	switch p.Scope {
	case hosting.ScopeOverall:
		return world.Overall(g, v1alpha1.OverallPermission(p.Name))
	case hosting.ScopeAccount:
		return world.OnAccount(g, "shop", v1alpha1.AccountPermission(p.Name))
	}
	g.Spec.Servers = []v1alpha1.ServerPermissions{{Names: []v1alpha1.PlaceName{"web1"}, Permissions: []v1alpha1.ServerPermission{v1alpha1.ServerPermission(p.Name)}}}
	return g
}

var _ = Describe("Every permission of the catalogue, by effect", func() {
	It("opens exactly what it says, and nothing once it is out of the manifest", func() {
		permissions := slices.DeleteFunc(hosting.Catalogue(), func(p hosting.Permission) bool { return p.Scope == hosting.ScopeFlag })
		Expect(permissions).To(HaveLen(4 + 20 + 10))
		emails := make([]string, len(permissions))
		for i := range permissions {
			emails[i] = fmt.Sprintf("p%02d@acme.example", i)
		}
		w := world.New(k8s, emails...)
		w.Backend()
		grants := make([]*v1alpha1.PermissionGrant, len(permissions))
		for i, p := range permissions {
			grants[i] = grantOf(p, emails[i])
			w.Create(grants[i])
		}
		for i, p := range permissions {
			w.ExpectReady(grants[i], "True/AsDeclared")
			want := slices.DeleteFunc(menus(), func(menu string) bool { return !opens(p, menu) })
			Expect(mayOpen(w, emails[i], false)).To(ConsistOf(want), "%s %s", p.Scope, p.Name)
		}

		By("taking each out of its manifest")
		for i := range permissions {
			world.Update(w, grants[i], func(g *v1alpha1.PermissionGrant) {
				g.Spec.Overall, g.Spec.Servers = nil, nil
				g.Spec.Accounts = []v1alpha1.AccountPermissions{{Names: []v1alpha1.PlaceName{"intranet"}, Permissions: []v1alpha1.AccountPermission{"Usage"}}}
			})
		}
		for i, p := range permissions {
			w.ExpectReady(grants[i], "True/AsDeclared")
			Expect(mayOpen(w, emails[i], false)).To(BeEmpty(), "%s %s", p.Scope, p.Name)
		}
		Expect(w.Provider.Counters().Writes).To(BeEquivalentTo(2*len(permissions)), "one write per person and change")
	})

	It("asks for a second factor where the box is checked, and no longer once nobody demands it", func() {
		w := world.New(k8s, "con@acme.example")
		w.Backend()
		g := world.OnAccount(world.GrantFor("con", "con@acme.example"), "shop", "Sites")
		g.Spec.RequireTwoFactor = true
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(mayOpen(w, "con@acme.example", false)).To(BeEmpty())
		Expect(mayOpen(w, "con@acme.example", true)).To(ConsistOf("Account/shop/Sites", "Account/shop/ServerStatus"))
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.RequireTwoFactor = false })
		w.ExpectReady(g, "True/AsDeclared")
		Expect(mayOpen(w, "con@acme.example", false)).To(ConsistOf("Account/shop/Sites", "Account/shop/ServerStatus"))
	})

	It("keeps a permission of the provider that the catalogue lacks", func() {
		w := world.New(k8s, "ann@acme.example")
		Expect(w.Provider.Seed(w.Ctx, reference.Seed{ExtraPermissions: []reference.SeedPermission{{Scope: hosting.ScopeAccount, Key: "teleport"}}})).To(Succeed())
		_, err := w.Provider.AddRow(w.Ctx, world.Owner, reference.Row{Email: "ann@acme.example", Accounts: map[string][]string{"shop": {"wire:teleport"}}}, false)
		Expect(err).NotTo(HaveOccurred())
		w.Backend()
		g := world.OnAccount(world.GrantFor("a", "ann@acme.example"), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(k8s.Delete(w.Ctx, g)).To(Succeed())
		Eventually(w.Rows, time.Minute).Should(ConsistOf("ann@acme.example: shop/wire:teleport"))
	})
})
