// Package notified answers from AccessRecords whom the provider tells of something. It is pure.
package notified

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Question is an alert in the words of manifests.
type Question struct {
	Kind hosting.AlertKind
	// Scope and Place, by name, of a technical ticket; empty for what is billed.
	Scope hosting.Scope
	Place string
}

// Person who holds what the alert reaches.
type Person struct {
	Email string
	// Profile: they have one. Nobody without is told.
	Profile bool
	// Grants that give it, as namespace/name, in order; none: it was given by hand.
	Grants []string
}

// Of lists who holds what the alert reaches, by address, as the provider's table was last
// read. seen is false where no record knows the place's id: then only grants on all places
// could be looked at. An error means that records know several places of the name, or do not list
// all that somebody holds.
func Of(records []v1alpha1.AccessRecord, q Question) (people []Person, seen bool, err error) {
	ids, err := q.ids(records)
	if err != nil {
		return nil, false, err
	}
	for i := range records {
		r := &records[i]
		grants := q.grants(r)
		holds := q.holds(access.LiveOf(r.Status), ids)
		if !holds && r.Status.LiveDigest != "" && len(ids) > 0 {
			return nil, false, fmt.Errorf("the row of AccessRecord %s holds more than the record lists: ask the provider", r.Name)
		}
		if holds || len(ids) == 0 && len(grants) > 0 {
			people = append(people, Person{Email: string(r.Spec.Email), Profile: r.Status.Person == v1alpha1.PersonActive, Grants: grants})
		}
	}
	slices.SortFunc(people, func(a, b Person) int { return strings.Compare(a.Email, b.Email) })
	return people, len(ids) > 0, nil
}

// ids of the place: 0 where the alert is about none; nothing where no record knows it.
func (q Question) ids(records []v1alpha1.AccessRecord) ([]int64, error) {
	if q.Place == "" {
		return []int64{0}, nil
	}
	ids := map[int64]bool{}
	for i := range records {
		if id, known := access.PinsOf(records[i].Status)[access.PlaceKey{Scope: q.Scope, Name: q.Place}]; known {
			ids[id] = true
		}
	}
	list := slices.Sorted(maps.Keys(ids))
	if len(list) > 1 {
		return nil, fmt.Errorf("%s %q: records know several places of this name, with the ids %v; see PlaceReplaced in the runbook", strings.ToLower(string(q.Scope)), q.Place, list)
	}
	return list, nil
}

func (q Question) holds(live hosting.Rights, ids []int64) bool {
	return slices.ContainsFunc(ids, func(id int64) bool {
		right, known := hosting.Alert{Kind: q.Kind, Scope: q.Scope, Place: id}.Right()
		return known && live.Has(right)
	})
}

// grants whose contributions name what the alert reaches.
func (q Question) grants(r *v1alpha1.AccessRecord) []string {
	right, _ := hosting.Alert{Kind: q.Kind, Scope: q.Scope}.Right()
	var names []string
	for _, c := range r.Spec.Contributions {
		if q.named(c, right.Name) {
			names = append(names, c.Grant.Namespace+"/"+string(c.Grant.Name))
		}
	}
	slices.Sort(names)
	return names
}

func (q Question) named(c v1alpha1.Contribution, permission string) bool {
	switch q.Scope {
	case hosting.ScopeAccount:
		return slices.ContainsFunc(c.Accounts, func(a v1alpha1.AccountPermissions) bool {
			here := a.All != nil || slices.Contains(a.Names, v1alpha1.PlaceName(q.Place))
			return here && slices.Contains(a.Permissions, v1alpha1.AccountPermission(permission))
		})
	case hosting.ScopeServer:
		return slices.ContainsFunc(c.Servers, func(s v1alpha1.ServerPermissions) bool {
			here := s.All != nil || slices.Contains(s.Names, v1alpha1.PlaceName(q.Place))
			return here && slices.Contains(s.Permissions, v1alpha1.ServerPermission(permission))
		})
	}
	return slices.Contains(c.Overall, v1alpha1.OverallPermission(permission))
}
