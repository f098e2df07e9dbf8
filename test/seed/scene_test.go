package seed

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/access"
	"github.com/hostgrant/hostgrant/internal/testkit/visitor"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

const (
	other    = "other@acme.example"    // holds what stands beside the row
	partner  = "owner@partner.example" // another owner
	password = "seven grey geese"
)

// located says on which server each account is; on none, it is in a data centre.
var located = map[string]string{"shop": "web1", "wiki": "web1", "forum": "web2", "blog": "", "intranet": ""}

// noRow is how the pages say access.ReasonNoRow.
const noRow = "you have no permission on this owner’s profile"

// scene is what all rows share.
type scene struct {
	*world.World
	backend *v1alpha1.HostingBackend
	// number of the owner's profile in addresses of menus.
	number string
	places map[hosting.Scope][]reference.ConsolePlace
	// owner and other are logged in.
	owner, other *visitor.Visitor
	// counters of what is to have a name of its own.
	grants, alerts int
}

// menu of the owner's hosting; overall ones have no place.
type menu struct {
	scope       hosting.Scope
	place, name string
}

// set makes the world, and starts the manager.
func (s *scene) set() {
	GinkgoHelper()
	s.World = cluster.New()
	logIn := reference.SeedLogIn{Password: password}
	owner := reference.SeedOwner{Email: world.Owner, SeedLogIn: logIn, Accounts: []reference.SeedAccount{
		{Name: "wiki", Server: located["wiki"]}, {Name: "forum", Server: located["forum"]},
	}}
	Expect(s.Provider.Seed(s.Ctx, reference.Seed{Owners: []reference.SeedOwner{owner, {Email: partner, SeedLogIn: logIn}}})).To(Succeed())
	// Somebody whom no grant names, so that the provider's table is never empty.
	s.Has(reference.Row{Email: "director@acme.example", Overall: []string{"AccountManagement"}})
	s.places = map[hosting.Scope][]reference.ConsolePlace{hosting.ScopeOverall: {{}}}
	for scope, count := range map[hosting.Scope]int{hosting.ScopeAccount: len(located), hosting.ScopeServer: 2} {
		var err error
		s.places[scope], err = s.Provider.Places(s.Ctx, world.Owner, scope)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.places[scope]).To(HaveLen(count))
	}
	s.owner, s.other = s.logIn(world.Owner), s.person(other)
	s.number = regexp.MustCompile(`/menus/(\d+)/overall`).FindStringSubmatch(s.owner.Open("/").Links()["Billing"])[1]
	cluster.StartManager(world.NoLeaderElection)
	s.backend = s.Backend()
	s.ExpectReady(s.backend, "True/Listed")
}

// person makes somebody with a profile and a password, and logs them in.
func (s *scene) person(email string) *visitor.Visitor {
	GinkgoHelper()
	s.knows(reference.SeedProfile{Email: email, SeedLogIn: reference.SeedLogIn{Password: password}})
	return s.logIn(email)
}

func (s *scene) knows(p reference.SeedProfile) {
	GinkgoHelper()
	Expect(s.Provider.Seed(s.Ctx, reference.Seed{Profiles: []reference.SeedProfile{p}})).To(Succeed())
}

// logIn opens a browser of somebody's own, and gives their password there.
func (s *scene) logIn(email string) *visitor.Visitor {
	GinkgoHelper()
	v := visitor.New(GinkgoTB(), s.Provider.Origin(), s.Provider.CABundle())
	v.LogIn(email, password)
	Expect(v.Status).To(Equal(http.StatusOK), v.Text())
	return v
}

// address is where somebody of the row gets their mail.
func address(who string, row Row) string {
	return strings.ToLower(fmt.Sprintf("%s-%s%s", who, row.Scope, row.Name)) + "@acme.example"
}

// path of a menu's page.
func (s *scene) path(m menu) string {
	GinkgoHelper()
	for _, place := range s.places[m.scope] {
		if place.Name == m.place {
			return fmt.Sprintf("/menus/%s/%s/%d/%s", s.number, strings.ToLower(string(m.scope)), place.ID, m.name)
		}
	}
	Fail("there is no " + m.place)
	return ""
}

// label of a menu on its page.
func (m menu) label() string {
	switch m.name {
	case access.MenuServerStatus:
		return "Server Status"
	case access.MenuConfiguration:
		return "Configuration"
	}
	p, ok := hosting.ByName(m.scope, m.name)
	Expect(ok).To(BeTrue(), m.name)
	return p.LabelEN
}

// opens sees that a menu opens to somebody.
func (s *scene) opens(v *visitor.Visitor, list ...menu) {
	GinkgoHelper()
	for _, m := range list {
		v.Open(s.path(m))
		Expect(v.Status).To(Equal(http.StatusOK), "%+v: %s", m, v.Text())
		Expect(visitor.TextOf(visitor.All(v.Doc, "h1")[0])).To(Equal(m.label()))
	}
}

// shuts sees that a menu does not, and that the page says why.
func (s *scene) shuts(v *visitor.Visitor, reason string, list ...menu) {
	GinkgoHelper()
	for _, m := range list {
		v.Open(s.path(m))
		Expect(v.Status).To(Equal(http.StatusForbidden), "%+v: %s", m, v.Text())
		Expect(v.Text()).To(ContainSubstring("The reason: "+reason+"."), "%+v", m)
	}
}

// shows sees that the first page offers somebody exactly these menus of the owner.
func (s *scene) shows(v *visitor.Visitor, list ...menu) {
	GinkgoHelper()
	var want, got []string
	for _, m := range list {
		want = append(want, s.path(m))
	}
	for _, a := range visitor.All(v.Open("/").Doc, "a") {
		if path := visitor.Attr(a, "href"); strings.HasPrefix(path, "/menus/"+s.number+"/") {
			got = append(got, path)
		}
	}
	Expect(got).To(ConsistOf(want))
}

// all are the menus of a scope, at every place.
func (s *scene) all(scope hosting.Scope) (list []menu) {
	for _, place := range s.places[scope] {
		for _, name := range access.Menus(scope) {
			list = append(list, menu{scope, place.Name, name})
		}
	}
	return list
}

// grant gives one menu to some people.
func (s *scene) grant(m menu, emails ...string) *v1alpha1.PermissionGrant {
	s.grants++
	g := world.GrantFor(world.Name("grant", s.grants), emails...)
	switch m.scope {
	case hosting.ScopeAccount:
		return world.OnAccount(g, m.place, v1alpha1.AccountPermission(m.name))
	case hosting.ScopeServer:
		return world.OnServer(g, m.place, v1alpha1.ServerPermission(m.name))
	default:
		return world.Overall(g, v1alpha1.OverallPermission(m.name))
	}
}

// apply applies grants and waits until they are in force. What is left of them when the spec
// ends goes, so that the next one begins without.
func (s *scene) apply(grants ...*v1alpha1.PermissionGrant) {
	GinkgoHelper()
	for _, g := range grants {
		s.Create(g)
		DeferCleanup(func() {
			Expect(client.IgnoreNotFound(s.K8s.Delete(s.Ctx, g))).To(Succeed())
			s.ExpectDeleted(g)
		})
	}
	for _, g := range grants {
		s.ExpectReady(g, "True/AsDeclared")
	}
}

// withdraw deletes grants and waits until they are gone.
func (s *scene) withdraw(grants ...*v1alpha1.PermissionGrant) {
	GinkgoHelper()
	for _, g := range grants {
		s.Delete(g)
	}
	for _, g := range grants {
		s.ExpectDeleted(g)
	}
}
