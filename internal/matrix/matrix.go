// Package matrix lays out who has what as people × places. It is pure, and decides nothing: what a permission's
// state is stands in internal/inventory.
package matrix

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
)

// Options narrow a matrix.
type Options struct {
	// Accounts and Servers that are shown, by name; all of both where neither names one.
	Accounts, Servers []string
	// Name is what a person is called by; people are in its order.
	Name func(*inventory.Person) string
}

// Matrix is people × places. Its rows are made while they are read, so that a large matrix is never in memory.
type Matrix struct {
	Backend types.NamespacedName
	Owner   string
	AsOf    metav1.Time
	// Columns: first everywhere, then accounts, then servers, each by name.
	Columns []Column
	// People counted, as rows.
	People int
	// Elsewhere are people who have nothing in any column, where not all places are shown. They have no row.
	Elsewhere int
	// Legend has the marks that occur.
	Legend []Count
	// Permissions that occur, each with the id 0, in the catalogue's order.
	Permissions []hosting.Right
	// Notes say what is not known.
	Notes []string

	people []person
	at     map[access.Place]int
}

// Column is a place, or everywhere.
type Column struct {
	access.Place
	// Name of the place; empty for everywhere.
	Name string
	// Holders are the people who hold something there at the provider, whether it works yet or not.
	Holders int
}

// String is "everywhere", "account shop" or "server web1".
func (c Column) String() string {
	if c.Scope == hosting.ScopeOverall {
		return "everywhere"
	}
	return strings.ToLower(string(c.Scope)) + " " + c.Name
}

// Count is how often a mark occurs: on how many permissions, of how many people. The zero mark is on those that
// need none.
type Count struct {
	Mark                Mark
	Permissions, People int
}

type person struct {
	name string
	of   *inventory.Person
}

// everywhere is where overall permissions hold.
var everywhere = access.Place{Scope: hosting.ScopeOverall}

// Of lays out an inventory. It fails where an option names a place that is not known.
func Of(inv *inventory.Inventory, o Options) (Matrix, error) {
	m := Matrix{Backend: inv.Backend, Owner: inv.Owner, AsOf: inv.AsOf, Notes: inv.Notes}
	names := namesOf(inv)
	chosen, err := choose(inv.Backend, names, o)
	if err != nil {
		return m, err
	}
	m.Columns = append(m.Columns, Column{Place: everywhere})
	for _, place := range slices.SortedFunc(maps.Keys(chosen), func(a, b access.Place) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(names[a], names[b]), cmp.Compare(a.ID, b.ID))
	}) {
		m.Columns = append(m.Columns, Column{Place: place, Name: names[place]})
	}
	m.index()
	m.take(inv, o, len(chosen) == len(names))
	return m, nil
}

func (m *Matrix) index() {
	m.at = make(map[access.Place]int, len(m.Columns))
	for i, column := range m.Columns {
		m.at[column.Place] = i
	}
}

// namesOf are the names of all places that are known, or that somebody holds something on.
func namesOf(inv *inventory.Inventory) access.Names {
	names := maps.Clone(inv.Names())
	if names == nil {
		names = access.Names{}
	}
	for key, id := range inv.Places {
		if place := (access.Place{Scope: key.Scope, ID: id}); names[place] == "" {
			names[place] = key.Name
		}
	}
	for i := range inv.People {
		for _, h := range inv.People[i].Holdings {
			if place := placeOf(h.Right); place.ID != 0 && names[place] == "" {
				names[place] = names.Of(h.Right)
			}
		}
	}
	return names
}

func placeOf(right hosting.Right) access.Place { return access.Place{Scope: right.Scope, ID: right.ID} }

// choose finds the places that are shown.
func choose(backend types.NamespacedName, names access.Names, o Options) (access.Names, error) {
	if len(o.Accounts)+len(o.Servers) == 0 {
		return names, nil
	}
	known := make(map[access.PlaceKey]access.Place, len(names))
	for place, name := range names {
		known[access.PlaceKey{Scope: place.Scope, Name: name}] = place
	}
	chosen := access.Names{}
	for scope, list := range map[hosting.Scope][]string{hosting.ScopeAccount: o.Accounts, hosting.ScopeServer: o.Servers} {
		for _, name := range list {
			place, there := known[access.PlaceKey{Scope: scope, Name: name}]
			if !there {
				return nil, &UnknownPlaceError{Backend: backend, Scope: scope, Name: name, Known: namesIn(names, scope)}
			}
			chosen[place] = name
		}
	}
	return chosen, nil
}

func namesIn(names access.Names, scope hosting.Scope) (list []string) {
	for place, name := range names {
		if place.Scope == scope {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// UnknownPlaceError says that a place is not known by its name.
type UnknownPlaceError struct {
	Backend types.NamespacedName
	Scope   hosting.Scope
	Name    string
	// Known are the names of the scope, in order.
	Known []string
}

// Error names the place and the backend.
func (e *UnknownPlaceError) Error() string {
	scope := strings.ToLower(string(e.Scope))
	return fmt.Sprintf("--%s %q: HostingBackend %s has no %s of this name, as far as is known here", scope, e.Name, e.Backend, scope)
}

// take enters people, and counts what they have.
func (m *Matrix) take(inv *inventory.Inventory, o Options, all bool) {
	counts, occur := map[Mark]*Count{}, map[hosting.Right]bool{}
	for i := range inv.People {
		p := &inv.People[i]
		row := m.row(person{of: p})
		if !all && !slices.ContainsFunc(row.Cells, func(c Cell) bool { return len(c) > 0 }) {
			m.Elsewhere++
			continue
		}
		m.people = append(m.people, person{name: o.Name(p), of: p})
		m.count(row, counts, occur)
	}
	m.People = len(m.people)
	slices.SortStableFunc(m.people, func(a, b person) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.of.Record, b.of.Record))
	})
	m.Permissions = slices.SortedFunc(maps.Keys(occur), func(a, b hosting.Right) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Compare(b)) })
	for _, mark := range append([]Mark{0}, Order...) {
		if c := counts[mark]; c != nil {
			m.Legend = append(m.Legend, *c)
		}
	}
}

func (m *Matrix) count(row Row, counts map[Mark]*Count, occur map[hosting.Right]bool) {
	seen := map[Mark]bool{}
	add := func(e Entry) {
		occur[hosting.Right{Scope: e.Scope, Name: e.Name}] = true
		for mark := range e.Marks.each() {
			entry(counts, mark).Permissions++
			seen[mark] = true
		}
	}
	for at, cell := range row.Cells {
		live := false
		for _, e := range cell {
			live = live || e.State.Live()
			add(e)
		}
		if live {
			m.Columns[at].Holders++
		}
	}
	if row.Box != nil {
		add(*row.Box)
	}
	for mark := range seen {
		entry(counts, mark).People++
	}
}

func entry(counts map[Mark]*Count, mark Mark) *Count {
	if counts[mark] == nil {
		counts[mark] = &Count{Mark: mark}
	}
	return counts[mark]
}

// Places counts the columns but everywhere.
func (m *Matrix) Places() int { return len(m.Columns) - 1 }

// Pages divides a matrix into ones of so many places at most, at least one: each has all people, and everywhere.
func (m *Matrix) Pages(size int) []Matrix {
	var pages []Matrix
	for places := range slices.Chunk(m.Columns[1:], size) {
		page := *m
		page.Columns = append([]Column{m.Columns[0]}, places...)
		page.index()
		pages = append(pages, page)
	}
	if pages == nil {
		return []Matrix{*m}
	}
	return pages
}

// Rows are the people's, in order.
func (m *Matrix) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for _, p := range m.people {
			if !yield(m.row(p)) {
				return
			}
		}
	}
}
