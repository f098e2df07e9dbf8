package inventory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Notified is somebody whom the provider tells of an alert, or will once they have a profile.
type Notified struct {
	Person *Person
	// Profile: they have one. Nobody without is told.
	Profile bool
	// Holding that has them told.
	Holding *Holding
}

// Alert in the words of manifests.
type Alert struct {
	Kind hosting.AlertKind
	// Scope and Place, by name, of a technical ticket; empty for what is billed.
	Scope hosting.Scope
	Place string
}

// Notified lists who holds what an alert reaches, by address, but the owner, who is always told. seen is false where
// no place of the name is known to be there: then those are listed to whom a grant gives it on all of them. An error
// means that records know several places of the name, or do not list all that somebody holds.
func (inv Inventory) Notified(alert Alert) (people []Notified, seen bool, err error) {
	right, _ := hosting.Alert{Kind: alert.Kind, Scope: alert.Scope}.Right()
	permission, _ := hosting.ByName(right.Scope, right.Name)
	answers, seen, err := inv.WhoCan(Question{Permission: permission, Place: alert.Place})
	if err != nil {
		return nil, false, err
	}
	listed := map[string]bool{}
	for _, a := range answers {
		direct := a.Through.Name == "" // who may do it through another permission is not told of it
		if direct && (a.Holding.State.Live() || a.Everywhere) && !listed[a.Person.Record] {
			listed[a.Person.Record] = true
			people = append(people, Notified{Person: a.Person, Profile: a.Person.State == v1alpha1.PersonActive, Holding: a.Holding})
		}
	}
	slices.SortStableFunc(people, func(a, b Notified) int { return strings.Compare(a.Person.Address, b.Person.Address) })
	for _, p := range inv.People {
		if p.Shortened && seen && !listed[p.Record] {
			return nil, false, fmt.Errorf("the row of AccessRecord %s holds more than the record lists: ask the provider with --backend-url", p.Record)
		}
	}
	return people, seen, nil
}
