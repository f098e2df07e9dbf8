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
	// Through is the permission held instead of the one that was asked for; empty where it is that one.
	Through string
	// Maybe: the holding is on a server, and opens this on the accounts of that server. Which these are is not known.
	Maybe bool
}

// WhoCan lists who may do something, and who is named for it: by state, address and place. seen is false where no
// place of the name is known: then nothing but what holds everywhere is in the answers.
func (inv Inventory) WhoCan(q Question) (answers []Answer, seen bool) {
	id, known := inv.Places[access.PlaceKey{Scope: q.Permission.Scope, Name: q.Place}]
	names := inv.Names()
	for i := range inv.People {
		p := &inv.People[i]
		for j := range p.Holdings {
			h := &p.Holdings[j]
			held, inCatalogue := hosting.ByName(h.Scope, h.Name)
			if !inCatalogue {
				continue
			}
			a := Answer{Person: p, Holding: h, Place: names.Of(h.Right)}
			switch {
			case held == q.Permission && (q.Place == "" || known && h.ID == id):
			case held.Implies(q.Permission):
				a.Through = h.Name
			case inv.reaches(held, q.Permission):
				a.Through, a.Maybe = h.Name, true
			default:
				continue
			}
			answers = append(answers, a)
		}
	}
	slices.SortStableFunc(answers, func(a, b Answer) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.Person.Address, b.Person.Address), strings.Compare(a.Place, b.Place))
	})
	return answers, q.Place == "" || known
}

// reaches says whether a permission on servers opens this on their accounts.
func (inv Inventory) reaches(held, asked hosting.Permission) bool {
	if held.Reaches(asked) {
		return true
	}
	return held.ImpliesScope == hosting.ScopeServer && slices.ContainsFunc(hosting.Catalogue(), func(p hosting.Permission) bool { return p.Reaches(asked) })
}

// order of states in answers: who may comes first.
var order = []State{Effective, NoSecondFactor, NoProfile, Pending, Failed, Suspended, Expired, Relinquished}

func (a Answer) rank() int {
	rank := 2 * slices.Index(order, a.Holding.State)
	if a.Maybe {
		rank++
	}
	return rank
}
