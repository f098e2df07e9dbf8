package handover

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

// Desired is what a grant would give to whom, before the quota was asked.
type Desired struct {
	// Offers to the people who have something to do with the grant now, in the order of their addresses.
	Offers []Offer
	// Demands on the quota, in the order of the rules; none where the quota need not be asked.
	Demands []Demand
	// Lost are missing references that once gave something.
	Lost []Loss
	// Frozen: a PermissionSet is missing. People keep what they have, and nobody new is given anything.
	Frozen bool
}

// Offer is what a grant would give one person.
type Offer struct {
	Address      string
	Contribution v1alpha1.Contribution
	// Permission is what the backend's rules say of it.
	Permission access.Permission
	// Name of the person's record; Record is nil where there is none yet.
	Name   string
	Record *v1alpha1.AccessRecord
	// Held is what the record holds of the grant already; nil for nothing.
	Held *v1alpha1.Contribution
}

// holds says whether the record holds a contribution as it is, and as it asks for mail.
func (o Offer) holds(c v1alpha1.Contribution) bool {
	return o.Held != nil && o.Held.Digest == c.Digest && o.Held.Resend == c.Resend
}

// Demand is whom a grant names by one rule that bounds how many people may be named.
type Demand struct {
	// Rule by its place, and the Most people whom all grants of the namespace may name by it together.
	Rule, Most int
	// Names of the people's records.
	Names map[string]bool
}

// Excess is a demand with which more People would be named than may.
type Excess struct {
	Demand
	People int
}

// Compute finds out what a grant would give now, as far as the backend's rules allow.
func Compute(in Inputs) Desired {
	if in.Backend == nil || in.Grant.Spec.Suspend {
		return Desired{}
	}
	d := Desired{Offers: offers(in), Lost: losses(in)}
	d.Frozen = frozen(in.SetIssues, d.Lost)
	if !d.Frozen {
		d.Demands = demands(in, d.Offers)
	}
	return d
}

func offers(in Inputs) []Offer {
	records, sets, resend := recordsByName(in), Join(in.Sets), resendOf(in.Grant)
	people := due(in, records)
	list := make([]Offer, len(people))
	for i, person := range people {
		list[i] = offerTo(in, records, sets, resend, person)
	}
	return list
}

func offerTo(in Inputs, records map[string]*v1alpha1.AccessRecord, sets v1alpha1.PermissionSetSpec, resend resendRequest, person Person) Offer {
	o := Offer{Address: person.Address, Contribution: Contribution(in.Grant, sets, person), Name: access.RecordName(in.Backend.Name, person.Address)}
	o.Permission = access.Permit(in.Backend, in.Origin, o.Contribution, person.Address)
	o.Contribution = Adopting(o.Contribution, o.Permission.Adopt)
	o.Contribution.Resend = resend.of(o.Name)
	if o.Record = records[o.Name]; o.Record != nil {
		o.Held = find(o.Record, in.Grant.UID)
	}
	return o
}

// demands leaves out the rules by which nobody is named who has nothing of the grant yet.
func demands(in Inputs, offers []Offer) (list []Demand) {
	names, lacking := map[int]map[string]bool{}, map[int]bool{}
	for _, o := range offers {
		if rule := o.Permission.Rule; o.Permission.Refusal == "" {
			add(names, rule, o.Name)
			lacking[rule] = lacking[rule] || o.Held == nil
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(names)) {
		if most := access.MaxPeople(in.Backend, rule, in.Origin.Namespace); most > 0 && lacking[rule] {
			list = append(list, Demand{Rule: rule, Most: most, Names: names[rule]})
		}
	}
	return list
}

func add[K comparable](sets map[K]map[string]bool, key K, name string) {
	if sets[key] == nil {
		sets[key] = map[string]bool{}
	}
	sets[key][name] = true
}

// NamedByOthers are the names of those records whose people other grants of the namespace name by a
// rule, by grant. The records are those of the backend that hold anything from the namespace.
func NamedByOthers(in Inputs, rule int, records []v1alpha1.AccessRecord) map[types.UID]map[string]bool {
	others := map[types.UID]map[string]bool{}
	for i := range records {
		for _, c := range records[i].Spec.Contributions {
			if c.UID == in.Grant.UID || c.Grant.Namespace != in.Origin.Namespace {
				continue
			}
			if counts, ok := access.CountsFor(in.Backend, in.Origin, c, string(records[i].Spec.Email)); ok && counts == rule {
				add(others, c.UID, records[i].Name)
			}
		}
	}
	return others
}
