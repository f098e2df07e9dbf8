// Package inventory answers from what is known of a backend who may do what, through which grants, and until
// when. It is pure, and decides nothing: whether a grant counts is asked of internal/plan.
package inventory

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// Inputs are what is known of one backend.
type Inputs struct {
	Backend types.NamespacedName
	// Table is who has a row, and the names of places.
	Table *provider.Snapshot
	// Records are what decisions about everybody with a record depend on, by record.
	Records []plan.Inputs
	// Grants that could be read. Those of records that are not among them are known by name alone.
	Grants map[types.NamespacedName]*v1alpha1.PermissionGrant
	// Notes say what the source does not know.
	Notes []string
}

// Inventory is who has what on one backend.
type Inventory struct {
	Backend types.NamespacedName
	// Owner may do everything, and is not among the people.
	Owner string
	// AsOf is when the table was read; zero where that is not known.
	AsOf metav1.Time
	// Places that are known to be there, by scope and name.
	Places access.Places
	// People by address.
	People []Person
	Notes  []string
}

// Person is somebody who has a row in the table, or whom a grant names.
type Person struct {
	// Address is empty where it is in a Secret that is not at hand.
	Address string
	// Record is the name of the person's AccessRecord, also where there is none yet.
	Record string
	// Profile is the name of the first Profile by which a grant names the person, as namespace/name; empty for none.
	Profile string
	// State of the person at the provider, and of the second factor.
	State     v1alpha1.PersonState
	TwoFactor v1alpha1.TwoFactorState
	// Invitation is nil where nobody was invited, or nothing is known of it.
	Invitation *v1alpha1.InvitationStatus
	// Grants that name the person, by name.
	Grants []Grant
	// Holdings, by right: what the row holds, and what grants name.
	Holdings []Holding
	// Shortened: the row holds more than the source lists.
	Shortened bool
}

// State of a holding.
type State string

// The states of a holding. The first three are of what the row at the provider holds.
const (
	// Effective: the provider lets the person do it.
	Effective State = "Effective"
	// NoProfile: it works once the person has initialised a profile.
	NoProfile State = "NoProfile"
	// NoSecondFactor: it works once the person has set up a second factor.
	NoSecondFactor State = "SecondFactorMissing"
	// Pending: a grant gives it, and the row does not hold it yet.
	Pending State = "Pending"
	// Failed: a grant names it, and something keeps it from being given; see the grant.
	Failed State = "Failed"
	// Suspended: all grants that name it are withheld, because a Profile suspends the person.
	Suspended State = "Suspended"
	// Expired: the last grant that names it has ended.
	Expired State = "Expired"
	// Relinquished: the person gave it up at the provider.
	Relinquished State = "Relinquished"
)

// Live says whether the row at the provider holds it.
func (s State) Live() bool { return s == Effective || s == NoProfile || s == NoSecondFactor }

// Holding is one permission at one place that a person holds, or that a grant names for them.
type Holding struct {
	hosting.Right
	State State
	// Grants that name it, as indexes into the person's; none: nothing in Git says why.
	Grants []int
	// Leaving is why it is due to be taken away; empty where it is not. Held: the removal limit holds that.
	Leaving v1alpha1.OwedCause
	Held    bool
}

// Grant is what one grant says of one person.
type Grant struct {
	types.NamespacedName
	// Via are the ways by which it reaches the person.
	Via []string
	// Counts: what it names is given. If not, State says why.
	Counts bool
	State  State
	// End is when it ends for this person, whatever ends it first; nil for never.
	End *v1alpha1.End
	// Known: the PermissionGrant could be read. What follows is from it.
	Known    bool
	Reason   string
	Since    metav1.Time
	ReviewBy *metav1.Time
	// ReviewedAt is what the annotation hostgrant.io/reviewed-at says; empty for nothing.
	ReviewedAt string
}

// Of finds out who has what.
func Of(in Inputs) Inventory {
	inv := Inventory{
		Backend: in.Backend, Owner: in.Table.Identity.Email, AsOf: metav1.NewTime(in.Table.Began), Places: in.Table.Places, Notes: in.Notes,
	}
	named := map[string]bool{}
	for _, record := range in.Records {
		p := in.personOf(record)
		named[access.AddressDigest(p.Address)] = true
		if len(p.Holdings) > 0 {
			inv.People = append(inv.People, p)
		}
	}
	for _, address := range in.Table.Addresses() {
		row, ok := in.Table.Row(address)
		if !ok || named[access.AddressDigest(address)] || len(row.Rights) == 0 {
			continue
		}
		p := Person{Address: address, Record: access.RecordName(in.Backend.Name, address), State: stateOf(&row), TwoFactor: access.TwoFactorOf(&row)}
		p.hold(row.Rights, nil, access.Memory{})
		inv.People = append(inv.People, p)
	}
	slices.SortFunc(inv.People, func(a, b Person) int { return strings.Compare(a.Address, b.Address) })
	return inv
}

// Names are the names of places, by what they are.
func (inv Inventory) Names() access.Names { return inv.Places.Names() }

// Person finds somebody by address.
func (inv Inventory) Person(address string) (Person, bool) {
	at := slices.IndexFunc(inv.People, func(p Person) bool { return access.SameAddress(p.Address, address) })
	if at < 0 {
		return Person{}, false
	}
	return inv.People[at], true
}

// stateOf is what a row tells of its person; nil for no row.
func stateOf(row *hosting.Row) v1alpha1.PersonState {
	switch {
	case row == nil:
		return v1alpha1.PersonAbsent
	case row.Active():
		return v1alpha1.PersonActive
	}
	return v1alpha1.PersonInvited
}
