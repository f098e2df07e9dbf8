package matrix

import (
	"cmp"
	"slices"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
)

// Row is one person's.
type Row struct {
	Name   string
	Person *inventory.Person
	// Box is what is known of "2FA required" for the person: nil where it is not ticked, and no grant asks for it.
	Box *Entry
	// Cells by column.
	Cells []Cell
}

// Cell is what one person has at one place, in the catalogue's order.
type Cell []Entry

// Entry is one permission of a cell.
type Entry struct {
	*inventory.Holding
	Marks Mark
}

// Group are permissions of a cell with the same marks.
type Group struct {
	Marks Mark
	Names []string
}

// Groups are the permissions of a cell by their marks: first those that need none.
func (c Cell) Groups() (groups []Group) {
	for _, e := range c {
		at := slices.IndexFunc(groups, func(g Group) bool { return g.Marks == e.Marks })
		if at < 0 {
			at, groups = len(groups), append(groups, Group{Marks: e.Marks})
		}
		groups[at].Names = append(groups[at].Names, e.Name)
	}
	slices.SortFunc(groups, func(a, b Group) int { return cmp.Compare(a.Marks, b.Marks) })
	return groups
}

// row is made of a person's holdings, which are in the order of places.
func (m *Matrix) row(p person) Row {
	row := Row{Name: p.name, Person: p.of, Cells: make([]Cell, len(m.Columns))}
	holdings := p.of.Holdings
	for from := 0; from < len(holdings); {
		place, to := placeOf(holdings[from].Right), from+1
		for to < len(holdings) && placeOf(holdings[to].Right) == place {
			to++
		}
		if at, shown := m.at[place]; shown {
			row.Cells[at] = cellOf(p.of, holdings[from:to])
		}
		if place.Scope == hosting.ScopeFlag {
			row.Box = boxOf(p.of, &holdings[from])
		}
		from = to
	}
	return row
}

// boxOf is marked where the second factor that it asks for is missing, or not known.
func boxOf(p *inventory.Person, h *inventory.Holding) *Entry {
	box := &Entry{h, marksOf(p, h)}
	switch {
	case h.State != inventory.Effective:
	case p.TwoFactor == v1alpha1.TwoFactorMissing:
		box.Marks |= NoSecondFactor
	case p.TwoFactor == v1alpha1.TwoFactorUnknown:
		box.Marks |= SecondFactorUnknown
	}
	return box
}

func cellOf(p *inventory.Person, holdings []inventory.Holding) Cell {
	cell := make(Cell, len(holdings))
	for i := range holdings {
		cell[i] = Entry{&holdings[i], marksOf(p, &holdings[i])}
	}
	slices.SortStableFunc(cell, func(a, b Entry) int { return cmp.Compare(rank(a.Right), rank(b.Right)) })
	return cell
}

// ranks are the catalogue's order.
var ranks = func() map[hosting.Right]int {
	ranks := map[hosting.Right]int{}
	for i, p := range hosting.Catalogue() {
		ranks[hosting.Right{Scope: p.Scope, Name: p.Name}] = i - len(hosting.Catalogue())
	}
	return ranks
}()

// rank of a right in the catalogue; what the catalogue lacks comes after it.
func rank(right hosting.Right) int { return ranks[hosting.Right{Scope: right.Scope, Name: right.Name}] }
