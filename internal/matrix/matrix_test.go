package matrix

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
)

func right(scope hosting.Scope, id int64, name string) hosting.Right {
	return hosting.Right{Scope: scope, ID: id, Name: name}
}

func holding(r hosting.Right, state inventory.State, grants ...int) inventory.Holding {
	return inventory.Holding{Right: r, State: state, Grants: grants}
}

// known is an inventory of two accounts, a server, and one more account whose name is not known.
func known(people ...inventory.Person) *inventory.Inventory {
	for i := range people {
		people[i].Record = fmt.Sprint("record-", i)
		people[i].Grants = []inventory.Grant{{Counts: true}, {State: inventory.Expired}}
		slices.SortFunc(people[i].Holdings, func(a, b inventory.Holding) int { return a.Compare(b.Right) })
	}
	return &inventory.Inventory{
		Backend: types.NamespacedName{Namespace: "hosting", Name: "owner"}, People: people,
		Places: access.Places{{Scope: hosting.ScopeServer, Name: "alpha"}: 3, {Scope: hosting.ScopeAccount, Name: "shop"}: 1, {Scope: hosting.ScopeAccount, Name: "blog"}: 2},
	}
}

func byAddress(p *inventory.Person) string { return p.Address }

func columns(m *Matrix) (names []string) {
	for _, c := range m.Columns {
		names = append(names, c.String())
	}
	return names
}

// words tell what a row has, by column.
func words(m *Matrix, row Row) map[string]string {
	cells := map[string]string{}
	for at, cell := range row.Cells {
		for _, group := range cell.Groups() {
			cells[m.Columns[at].String()] += fmt.Sprint(group.Names, " ", group.Marks.Words(), "; ")
		}
	}
	return cells
}

func TestOf(t *testing.T) {
	ann := inventory.Person{Address: "zoe", State: v1alpha1.PersonActive, TwoFactor: v1alpha1.TwoFactorEnabled, Holdings: []inventory.Holding{
		holding(right(hosting.ScopeAccount, 1, "FTP"), inventory.Effective, 0), holding(right(hosting.ScopeAccount, 1, "Databases"), inventory.Effective, 0),
		holding(right(hosting.ScopeAccount, 1, "wire:newer"), inventory.Effective), holding(right(hosting.ScopeAccount, 9, "Sites"), inventory.Pending, 0),
		holding(right(hosting.ScopeServer, 3, "Consumption"), inventory.Effective, 1), holding(right(hosting.ScopeOverall, 0, "Billing"), inventory.Effective, 0),
		holding(hosting.TwoFactorRight, inventory.Effective, 0),
	}}
	bob := inventory.Person{Address: "ann", State: v1alpha1.PersonAbsent, Holdings: []inventory.Holding{holding(right(hosting.ScopeAccount, 2, "Sites"), inventory.Suspended, 0)}}
	m, err := Of(known(ann, bob), Options{Name: byAddress})
	if err != nil {
		t.Fatal(err)
	}
	if got := columns(&m); !slices.Equal(got, []string{"everywhere", "account blog", "account id:9", "account shop", "server alpha"}) {
		t.Error(got)
	}
	rows := slices.Collect(m.Rows())
	if m.People != 2 || rows[0].Name != "ann" || rows[1].Name != "zoe" || rows[0].Box != nil || rows[1].Box == nil || rows[1].Box.Marks != 0 {
		t.Errorf("%+v", rows)
	}
	want := map[string]string{
		"everywhere": "[Billing] effective; ", "account shop": "[Databases FTP] effective; [wire:newer] no grant; ",
		"account id:9": "[Sites] pending; ", "server alpha": "[Consumption] no grant; ",
	}
	if diff := cmp.Diff(want, words(&m, rows[1])); diff != "" {
		t.Error(diff)
	}
	var holders []int
	for _, c := range m.Columns {
		holders = append(holders, c.Holders)
	}
	if !slices.Equal(holders, []int{1, 0, 0, 1, 1}) {
		t.Error("holders", holders)
	}
	if diff := cmp.Diff([]Count{{0, 4, 1}, {Pending, 1, 1}, {Suspended, 1, 1}, {Undeclared, 2, 1}}, m.Legend); diff != "" {
		t.Error(diff)
	}
	var permissions []string
	for _, r := range m.Permissions {
		permissions = append(permissions, r.Name)
	}
	if !slices.Equal(permissions, []string{"Billing", "Sites", "Databases", "FTP", "Consumption", hosting.TwoFactor, "wire:newer"}) {
		t.Error(permissions)
	}
}

func TestChosenPlaces(t *testing.T) {
	people := func() *inventory.Inventory {
		return known(
			inventory.Person{Address: "shop", Holdings: []inventory.Holding{holding(right(hosting.ScopeAccount, 1, "FTP"), inventory.Effective, 0)}},
			inventory.Person{Address: "blog", Holdings: []inventory.Holding{holding(right(hosting.ScopeAccount, 2, "FTP"), inventory.Effective)}},
			inventory.Person{Address: "all", Holdings: []inventory.Holding{holding(right(hosting.ScopeOverall, 0, "Billing"), inventory.Effective, 0)}},
			inventory.Person{Address: "nothing"})
	}
	m, err := Of(people(), Options{Accounts: []string{"shop"}, Servers: []string{"alpha"}, Name: byAddress})
	if err != nil || !slices.Equal(columns(&m), []string{"everywhere", "account shop", "server alpha"}) || m.People != 2 || m.Elsewhere != 2 {
		t.Errorf("%v, %v: %+v", err, columns(&m), m)
	}
	if len(m.Legend) != 1 || m.Legend[0] != (Count{0, 2, 2}) {
		t.Errorf("what is not shown is counted: %+v", m.Legend)
	}
	if m, _ := Of(people(), Options{Name: byAddress}); m.People != 4 || m.Elsewhere != 0 {
		t.Errorf("%d people, %d elsewhere", m.People, m.Elsewhere)
	}
	var unknown *UnknownPlaceError
	if _, err := Of(people(), Options{Servers: []string{"shop"}, Name: byAddress}); !errors.As(err, &unknown) || !slices.Equal(unknown.Known, []string{"alpha"}) {
		t.Error(err)
	}
}

// Every state but Effective is told, and so is everything else that is to be known.
func TestMarks(t *testing.T) {
	p := &inventory.Person{Grants: []inventory.Grant{{Counts: true}, {State: inventory.Expired}}}
	at := right(hosting.ScopeAccount, 1, "FTP")
	for state, want := range map[inventory.State]string{
		inventory.Effective: "effective", inventory.NoProfile: "no profile", inventory.NoSecondFactor: "2FA missing", inventory.SecondFactorUnknown: "2FA not known",
		inventory.Unknown: "not known", inventory.Pending: "pending", inventory.Scheduled: "scheduled", inventory.Failed: "failed",
		inventory.Suspended: "suspended", inventory.Relinquished: "relinquished", inventory.Expired: "expired",
	} {
		h := holding(at, state, 0)
		if got := marksOf(p, &h).Words(); got != want {
			t.Errorf("%s is told as %s", state, got)
		}
		if h := holding(at, state, 1); state.Live() != (marksOf(p, &h)&Undeclared != 0) {
			t.Errorf("%s without a grant is told as %s", state, marksOf(p, &h).Words())
		}
	}
	for want, h := range map[string]inventory.Holding{
		"leaving":                  {Right: at, State: inventory.Effective, Leaving: v1alpha1.CauseExpired},
		"no profile, removal held": {Right: at, State: inventory.NoProfile, Leaving: v1alpha1.CauseRemoved, Held: true},
		"protected":                {Right: at, State: inventory.Effective, Leaving: v1alpha1.CauseRemoved, Protected: true},
	} {
		if got := marksOf(p, &h).Words(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	signs := map[string]bool{}
	for _, mark := range Order {
		signs[mark.Signs()] = true
		if mark.Words() == "" || mark.Meaning() == "" || len(mark.Signs()) != 1 {
			t.Errorf("%b: %q, %q, %q", mark, mark.Signs(), mark.Words(), mark.Meaning())
		}
	}
	if len(signs) != len(Order) || len(descriptions) != len(Order)+1 {
		t.Errorf("%d marks have %d signs and %d words", len(Order), len(signs), len(descriptions)-1)
	}
}

func TestTheBoxTellsOfTheSecondFactor(t *testing.T) {
	for factor, want := range map[v1alpha1.TwoFactorState]string{v1alpha1.TwoFactorEnabled: "effective", v1alpha1.TwoFactorMissing: "2FA missing", v1alpha1.TwoFactorUnknown: "2FA not known"} {
		m, _ := Of(known(inventory.Person{TwoFactor: factor, Holdings: []inventory.Holding{holding(hosting.TwoFactorRight, inventory.Effective, 0)}}), Options{Name: byAddress})
		for row := range m.Rows() {
			if got := row.Box.Marks.Words(); got != want {
				t.Errorf("%s is told as %s", factor, got)
			}
		}
	}
}

// Pages have each place once, and together every permission that the whole has.
func TestPages(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	inv := known()
	for i := range 23 {
		inv.Places[access.PlaceKey{Scope: hosting.ScopeAccount, Name: fmt.Sprintf("a%02d", i)}] = int64(100 + i)
	}
	for i := range 40 {
		p := inventory.Person{Address: fmt.Sprintf("p%02d", i)}
		for range random.IntN(30) {
			p.Holdings = append(p.Holdings, holding(right(hosting.ScopeAccount, int64(95+random.IntN(30)), hosting.Catalogue()[4+random.IntN(20)].Name), inventory.Effective))
		}
		slices.SortFunc(p.Holdings, func(a, b inventory.Holding) int { return a.Compare(b.Right) })
		p.Holdings = slices.CompactFunc(p.Holdings, func(a, b inventory.Holding) bool { return a.Right == b.Right })
		inv.People = append(inv.People, p)
	}
	m, err := Of(inv, Options{Name: byAddress})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 7, m.Places(), 100} {
		var places []string
		found := map[string]map[string]string{}
		for _, page := range m.Pages(size) {
			if page.Places() > size || page.Columns[0].String() != "everywhere" {
				t.Errorf("a page of %d: %v", size, columns(&page))
			}
			places = append(places, columns(&page)[1:]...)
			for row := range page.Rows() {
				for place, what := range words(&page, row) {
					if found[row.Name] == nil {
						found[row.Name] = map[string]string{}
					}
					found[row.Name][place] = what
				}
			}
		}
		if !slices.Equal(places, columns(&m)[1:]) {
			t.Errorf("pages of %d have %v", size, places)
		}
		for row := range m.Rows() {
			if diff := cmp.Diff(words(&m, row), found[row.Name]); diff != "" && len(words(&m, row)) > 0 {
				t.Errorf("pages of %d, %s:\n%s", size, row.Name, diff)
			}
		}
	}
	empty, _ := Of(&inventory.Inventory{}, Options{Name: byAddress})
	if pages := empty.Pages(10); len(pages) != 1 || pages[0].Places() != 0 || len(slices.Collect(pages[0].Rows())) != 0 {
		t.Errorf("%+v", pages)
	}
}
