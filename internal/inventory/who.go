package inventory

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Question asks who may do something.
type Question struct {
	Permission hosting.Permission
	// Place by name; empty for all places of the permission's scope.
	Place string
}

// Answer is one way in which one person may do it, or is named for it.
type Answer struct {
	Person *Person
	// Place by name; empty where the answer is about none, or about all.
	Place string
	// Holding that lets the person do it.
	Holding *Holding
	// Through is the permission held instead of the one that was asked for; zero where it is that one.
	Through hosting.Permission
	// Maybe: the holding is on a server, and opens this on the accounts of that server. Which these are is not known.
	Maybe bool
	// Everywhere: a grant names it on all places, and whether the place is one of them is not known.
	Everywhere bool
}

// WhoCan lists who may do something, and who is named for it, but the owner, who always may: by state, address and
// place. seen is false where no place of the name is known to be there. An error means that records know several.
func (inv Inventory) WhoCan(q Question) (answers []Answer, seen bool, err error) {
	id, err := inv.find(access.PlaceKey{Scope: q.Permission.Scope, Name: q.Place})
	if err != nil {
		return nil, false, err
	}
	seen = q.Place == "" || id > 0
	ways := waysTo(q.Permission)
	for i := range inv.People {
		p := &inv.People[i]
		if inv.IsOwner(*p) {
			continue
		}
		for j := range p.Holdings {
			if a, is := inv.answer(q, ways, id, p, &p.Holdings[j]); is {
				answers = append(answers, a)
			}
		}
		if !seen {
			answers = append(answers, inv.everywhere(q, p)...)
		}
	}
	slices.SortStableFunc(answers, func(a, b Answer) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.Person.Address, b.Person.Address), strings.Compare(a.Place, b.Place))
	})
	return answers, seen, nil
}

// relation of a permission that is held to the one that is asked about.
type relation int

const (
	isIt relation = iota
	implies
	opensOnServers
)

// waysTo are the permissions that let somebody do something.
func waysTo(asked hosting.Permission) map[hosting.Permission]relation {
	catalogue, ways := hosting.Catalogue(), map[hosting.Permission]relation{}
	for _, held := range catalogue {
		reaches := held.Reaches(asked) || slices.ContainsFunc(catalogue, func(p hosting.Permission) bool {
			return held.Implies(p) && p.Reaches(asked)
		})
		switch {
		case held == asked:
			ways[held] = isIt
		case held.Implies(asked):
			ways[held] = implies
		case reaches:
			ways[held] = opensOnServers
		}
	}
	return ways
}

// answer is what a holding says to a question; false where it says nothing.
func (inv Inventory) answer(q Question, ways map[hosting.Permission]relation, id int64, p *Person, h *Holding) (Answer, bool) {
	held, _ := hosting.ByName(h.Scope, h.Name)
	way, is := ways[held]
	if !is || way == isIt && id > 0 && h.ID != id {
		return Answer{}, false
	}
	a := Answer{Person: p, Holding: h, Place: inv.names.Of(h.Right), Maybe: way == opensOnServers}
	if way != isIt {
		a.Through = held
	}
	return a, way != isIt || q.Place == "" || id > 0 || a.Place == q.Place
}

// everywhere are the answers of grants that name all places, on one that nothing is known of.
func (inv Inventory) everywhere(q Question, p *Person) (answers []Answer) {
	var grants []int
	for at, g := range p.Grants {
		if g.Counts && g.Everywhere.Has(hosting.Right{Scope: q.Permission.Scope, Name: q.Permission.Name}) {
			grants = append(grants, at)
		}
	}
	if len(grants) == 0 {
		return nil
	}
	holding := &Holding{Right: hosting.Right{Scope: q.Permission.Scope, Name: q.Permission.Name}, State: Unknown, Grants: grants}
	return []Answer{{Person: p, Place: q.Place, Holding: holding, Everywhere: true}}
}

// rank puts who may first, and those of whom it depends on something else after them.
func (a Answer) rank() int {
	rank := 2 * a.Holding.State.rank()
	if a.Maybe {
		rank++
	}
	return rank
}
