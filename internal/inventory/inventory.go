// Package inventory answers from what is known of a backend who may do what, through which grants, and until
// when. It is pure, and decides nothing: whether a grant counts is asked of internal/plan, and why one gives
// somebody nothing of internal/handover.
package inventory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
)

// Inputs are what is known of one backend.
type Inputs struct {
	Backend types.NamespacedName
	// Table is who has a row, and the names of places. A place whose id is not positive is named by a grant, and not known
	// to be there.
	Table *provider.Snapshot
	// Complete: the table lists everybody and every place that the provider has.
	Complete bool
	// AsOf is when the table was read; zero where that is not known.
	AsOf time.Time
	// Records are everybody who has a record or whom a grant names, by record.
	Records []Record
	// Grants that could be read. Those of records that are not among them are known by name alone.
	Grants map[types.NamespacedName]*v1alpha1.PermissionGrant
	// Profiles are the addresses of Profiles that could be read.
	Profiles map[types.NamespacedName]string
	// Unnamed are addresses that stand in for those of Profiles whose Secrets are not at hand.
	Unnamed map[string]bool
	// Released are the batches of removals that somebody approved.
	Released map[string]bool
	// Notes say what the source does not know.
	Notes []string
}

// Record is somebody who has a record, or whom a grant names.
type Record struct {
	plan.Inputs
	// Named is what grants name for the person of which the record holds nothing.
	Named []handover.Named
}

// Inventory is who has what on one backend.
type Inventory struct {
	Backend types.NamespacedName
	// Owner may do everything, whatever is said of them among the people.
	Owner string
	// AsOf is when the table was read; zero where that is not known.
	AsOf metav1.Time
	// Complete: everybody and every place that the provider has is known.
	Complete bool
	// Places that are known to be there, by scope and name.
	Places access.Places
	// People by address.
	People []Person
	// Profiles are the addresses of Profiles, as far as they are known.
	Profiles map[types.NamespacedName]string
	// Notes say what is not known.
	Notes []string

	names access.Names
	// several are the ids that records know for one name.
	several map[access.PlaceKey][]int64
}

// Of finds out who has what. The inputs are not changed.
func Of(in Inputs) Inventory {
	inv := Inventory{
		Backend: in.Backend, Owner: in.Table.Identity.Email, AsOf: metav1.NewTime(in.AsOf), Complete: in.Complete,
		Places: access.Places{}, Profiles: in.Profiles, Notes: slices.Clone(in.Notes), names: in.Table.Places.Names(),
	}
	for key, id := range in.Table.Places {
		if id > 0 {
			inv.Places[key] = id
		}
	}
	inv.learn(in.Records)
	named, shortened := map[string]bool{}, 0
	for _, record := range in.Records {
		p := in.personOf(record)
		named[access.AddressDigest(string(record.Record.Spec.Email))] = true
		if p.Shortened {
			shortened++
		}
		if len(p.Holdings)+len(p.Grants) > 0 || p.Shortened {
			inv.People = append(inv.People, p)
		}
	}
	inv.People = append(inv.People, in.strangers(named)...)
	slices.SortStableFunc(inv.People, func(a, b Person) int {
		return cmp.Or(strings.Compare(a.Address, b.Address), strings.Compare(a.Profile(), b.Profile()))
	})
	if shortened > 0 {
		inv.Notes = append(inv.Notes, fmt.Sprintf("%s more than their records list: ask the provider with --backend-url for all of it", status.Count(shortened, "person holds", "people hold")))
	}
	if several := in.severalRows(); several > 0 {
		inv.Notes = append(inv.Notes, fmt.Sprintf("%s several rows in the table, and one of them is looked at: what the others hold is not told here; remove all but one at the provider", status.Count(several, "person has", "people have")))
	}
	if unreadable := in.Table.Unreadable(); unreadable > 0 {
		inv.Notes = append(inv.Notes, fmt.Sprintf("left out: %s of the table without a valid address", status.Count(unreadable, "row", "rows")))
	}
	return inv
}

// severalRows counts the people of whom the table has more than one row.
func (in Inputs) severalRows() (count int) {
	for _, address := range in.Table.Addresses() {
		if in.Table.Ambiguous(address) {
			count++
		}
	}
	return count
}

// strangers are the people in the table whom no grant names and who have no record.
func (in Inputs) strangers(named map[string]bool) (people []Person) {
	for _, address := range in.Table.Addresses() {
		row, ok := in.Table.Row(address)
		if !ok || named[access.AddressDigest(address)] || row.Rights.Empty() {
			continue
		}
		p := Person{Address: address, Record: access.RecordName(in.Backend.Name, address), State: in.stateOf(&row), TwoFactor: access.TwoFactorOf(&row)}
		p.hold(row.Rights, nil)
		people = append(people, p)
	}
	return people
}

// learn takes from records what places are called now, and which names mean several places.
func (inv *Inventory) learn(records []Record) {
	ids := map[access.PlaceKey]map[int64]bool{}
	for _, record := range records {
		maps.Copy(inv.names, access.NamesIn(record.Record.Status.Live))
		for key, id := range access.PinsOf(record.Record.Status) {
			if ids[key] == nil {
				ids[key] = map[int64]bool{}
			}
			ids[key][id] = true
		}
	}
	inv.several = map[access.PlaceKey][]int64{}
	for key, list := range ids {
		if len(list) > 1 {
			inv.several[key] = slices.Sorted(maps.Keys(list))
		}
	}
}

// Names are the names of places, by what they are.
func (inv Inventory) Names() access.Names { return inv.names }

// find is the id of a place by its name: positive where it is known to be there, 0 where nothing is known of it.
func (inv Inventory) find(key access.PlaceKey) (int64, error) {
	if ids := inv.several[key]; len(ids) > 1 {
		return 0, fmt.Errorf("%s %q: records know several places of this name, with the ids %v; see PlaceReplaced in the runbook", strings.ToLower(string(key.Scope)), key.Name, ids)
	}
	return inv.Places[key], nil
}

// Person finds somebody by address.
func (inv Inventory) Person(address string) (Person, bool) {
	return inv.first(func(p Person) bool { return access.SameAddress(p.Address, address) })
}

// OfProfile finds whom a Profile stands for: by the grants that name the Profile, or else by its address.
func (inv Inventory) OfProfile(profile types.NamespacedName) (Person, bool) {
	if p, ok := inv.first(func(p Person) bool { return slices.Contains(p.Profiles, profile) }); ok {
		return p, true
	}
	return inv.Person(inv.Profiles[profile])
}

func (inv Inventory) first(is func(Person) bool) (Person, bool) {
	at := slices.IndexFunc(inv.People, is)
	if at < 0 {
		return Person{}, false
	}
	return inv.People[at], true
}

// IsOwner says whether somebody is the owner.
func (inv Inventory) IsOwner(p Person) bool { return access.SameAddress(p.Address, inv.Owner) }

// stateOf is what a row tells of its person, nil for no row; empty where it does not tell.
func (in Inputs) stateOf(row *hosting.Row) v1alpha1.PersonState {
	switch {
	case row == nil:
		return v1alpha1.PersonAbsent
	case in.Table.ProfilesUnknown:
		return ""
	case row.Active():
		return v1alpha1.PersonActive
	}
	return v1alpha1.PersonInvited
}
