package chaos

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// People that grants name; the first few, Known, have a profile.
const (
	People = 12
	Known  = 4
	most   = 10 // grants at a time
)

// Person is the address of one of them.
func Person(i int) string { return world.Name("p", i) + "@acme.example" }

// neighbour was put into the table by hand.
const neighbour = "neighbour@acme.example"

// Site is a world with what is declared in it.
type Site struct {
	*world.World

	random   *rand.Rand
	serial   int
	declared map[string]want // by grant
	outside  Holding
	stable   Holding
}

// want is what one grant gives.
type want struct {
	email  string
	bundle int
}

// bundles of permissions that grants give; they overlap.
var bundles = []struct {
	spec  func(*v1alpha1.PermissionGrant)
	gives []string
}{
	{func(g *v1alpha1.PermissionGrant) { world.Overall(g, "Billing") }, []string{"Billing"}},
	{func(g *v1alpha1.PermissionGrant) { world.OnAccount(g, "shop", "Sites", "FTP") }, []string{"shop/Sites", "shop/FTP"}},
	{func(g *v1alpha1.PermissionGrant) { world.OnAccount(world.Overall(g, "Billing"), "shop", "Sites") }, []string{"Billing", "shop/Sites"}},
	{func(g *v1alpha1.PermissionGrant) { world.OnAccount(g, "blog", "Databases") }, []string{"blog/Databases"}},
}

// Enter makes a site of a world of its own, with a backend still to be made. Known people
// have a profile at its provider, and somebody has permissions that nobody declared.
func Enter(cluster *world.Cluster, random *rand.Rand) *Site {
	GinkgoHelper()
	active := make([]string, Known)
	for i := range active {
		active[i] = Person(i)
	}
	s := &Site{World: cluster.New(active...), random: random, declared: map[string]want{}, outside: Holding{}}
	s.Has(reference.Row{Email: neighbour, Overall: []string{"AccountTechnical"}})
	s.outside.Add(neighbour, "AccountTechnical")
	s.stable = s.Union()
	return s
}

// Union is the table as it should be.
func (s *Site) Union() Holding {
	table := s.outside.And(s.outside)
	for _, w := range s.declared {
		table.Add(w.email, bundles[w.bundle].gives...)
	}
	return table
}

// Stable is what everybody held at the last rest and was to hold ever since.
func (s *Site) Stable() Holding { return s.stable }

// Made counts the grants that were ever made.
func (s *Site) Made() int { return s.serial }

// Edit changes the manifests in one random way, and says how.
func (s *Site) Edit() string {
	GinkgoHelper()
	names := slices.Sorted(maps.Keys(s.declared))
	told := ""
	switch {
	case len(names) == 0 || len(names) < most && s.random.IntN(2) == 0:
		told = s.grant()
	case s.random.IntN(2) == 0:
		name := names[s.random.IntN(len(names))]
		s.Delete(&v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: name}})
		told = fmt.Sprintf("%s, for %s, is deleted", name, s.declared[name].email)
		delete(s.declared, name)
	default:
		told = s.change(names[s.random.IntN(len(names))])
	}
	s.stable = s.stable.And(s.Union())
	return told
}

func (s *Site) grant() string {
	GinkgoHelper()
	s.serial++
	w := want{Person(s.random.IntN(People)), s.random.IntN(len(bundles))}
	g := world.GrantFor(fmt.Sprintf("g-%d", s.serial), w.email)
	bundles[w.bundle].spec(g)
	s.Create(g)
	s.declared[g.Name] = w
	return fmt.Sprintf("%s gives %s %v", g.Name, w.email, bundles[w.bundle].gives)
}

func (s *Site) change(name string) string {
	GinkgoHelper()
	w := s.declared[name]
	w.bundle = s.random.IntN(len(bundles))
	g := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: name}}
	world.Update(s.World, g, func(g *v1alpha1.PermissionGrant) {
		g.Spec.Overall, g.Spec.Accounts = nil, nil
		bundles[w.bundle].spec(g)
	})
	s.declared[name] = w
	return fmt.Sprintf("%s now gives %s %v", name, w.email, bundles[w.bundle].gives)
}

// Rests says whether the table is as it should be and every grant says so; then what is
// there is to stay.
func (s *Site) Rests() bool {
	GinkgoHelper()
	union := s.Union()
	table, _ := Parse(s.Rows())
	if fmt.Sprint(table.Lines()) != fmt.Sprint(union.Lines()) || s.Ready() != len(s.declared) {
		return false
	}
	s.stable = union
	return true
}

// Settles waits for rest.
func (s *Site) Settles() {
	GinkgoHelper()
	Eventually(s.Rests, "90s").Should(BeTrue(), func() string {
		return fmt.Sprintf("wanted:\n%v\n%s", s.Union().Lines(), s.Describe())
	})
}
