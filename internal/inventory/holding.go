package inventory

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Person is somebody who has a row in the table, or whom a grant names.
type Person struct {
	// Address is empty where it is in a Secret that is not at hand.
	Address string
	// Record is the name of the person's AccessRecord, also where there is none.
	Record string
	// Profiles by which grants name the person, in the order of the grants.
	Profiles []types.NamespacedName
	// State of the person at the provider, empty where that is not known, and of the second factor.
	State     v1alpha1.PersonState
	TwoFactor v1alpha1.TwoFactorState
	// Invitation is nil where nobody was invited, or nothing is known of it.
	Invitation *v1alpha1.InvitationStatus
	// Grants that name the person, by name.
	Grants []Grant
	// Holdings by right: what the row holds, and what grants name.
	Holdings []Holding
	// Shortened: the row holds more than the source lists.
	Shortened bool
}

// Profile is the first Profile by which a grant names the person, as namespace/name; empty for none.
func (p Person) Profile() string {
	if len(p.Profiles) == 0 {
		return ""
	}
	return p.Profiles[0].String()
}

// State of a holding.
type State string

// The states of a holding. The first five are of what the row at the provider holds.
const (
	// Effective: the provider lets the person do it.
	Effective State = "Effective"
	// SecondFactorUnknown: it needs a second factor, and the provider does not tell whether the person has one.
	SecondFactorUnknown State = "SecondFactorUnknown"
	// ProfileUnknown: it works if the person has a profile; who told the table does not know.
	ProfileUnknown State = "ProfileUnknown"
	// NoProfile: it works once the person has initialised a profile.
	NoProfile State = "NoProfile"
	// NoSecondFactor: it works once the person has set up a second factor.
	NoSecondFactor State = "SecondFactorMissing"
	// Pending: a grant gives it, and the row does not hold it yet.
	Pending State = "Pending"
	// Scheduled: the grant that names it has not begun.
	Scheduled State = "Scheduled"
	// Failed: a grant names it, and something keeps it from being given; see the grant.
	Failed State = "Failed"
	// Suspended: a Profile suspends the person.
	Suspended State = "Suspended"
	// Relinquished: the person gave it up at the provider.
	Relinquished State = "Relinquished"
	// Expired: the grant that names it has ended.
	Expired State = "Expired"
	// Unknown: whether the row holds it is not known here.
	Unknown State = "Unknown"
)

// order of states: who may comes first.
var order = []State{
	Effective, ProfileUnknown, SecondFactorUnknown, NoSecondFactor, NoProfile, Unknown, Pending, Scheduled, Failed, Suspended, Relinquished, Expired,
}

func (s State) rank() int { return slices.Index(order, s) }

// Live says whether the row at the provider holds it.
func (s State) Live() bool { return s.rank() >= 0 && s.rank() <= NoProfile.rank() }

// Holding is one permission at one place that a person holds, or that a grant names for them.
type Holding struct {
	hosting.Right
	State State
	// Grants that name it, as indexes into the person's; none: no manifest says why.
	Grants []int
	// Leaving is why it is due to be taken away; empty where it is not. Held: the removal limit holds that;
	// Protected: nothing is ever taken away from the person.
	Leaving         v1alpha1.OwedCause
	Held, Protected bool
}

// Grant is what one grant says of one person.
type Grant struct {
	types.NamespacedName
	// Via are the ways by which it reaches the person.
	Via []string
	// State is why nothing, or not all, of what it names is given; empty where nothing stands against it.
	State State
	// Counts: what it names is given, or is about to be.
	Counts bool
	// Why in one word, as in conditions, and Message.
	Why, Message string
	// End is when it ends for this person, whatever ends it first; nil for never.
	End *v1alpha1.End
	// Everywhere is what it names on all accounts or servers, each with the id 0.
	Everywhere hosting.Rights
	// Problems are places of it that cannot be followed.
	Problems []access.Problem
	// Known: the PermissionGrant could be read. What follows is from it.
	Known  bool
	Reason string
	// Since is when it was created; zero where that is not known.
	Since    metav1.Time
	ReviewBy *metav1.Time
	// ReviewedAt is what the annotation hostgrant.io/reviewed-at says; empty for nothing.
	ReviewedAt string
}

// Until is when somebody loses a holding that is given; nil where nothing ends it. A holding that several grants give
// lasts as long as the last of them.
func (p Person) Until(h Holding) (last *v1alpha1.End) {
	for _, at := range h.Grants {
		switch g := p.Grants[at]; {
		case !g.Counts:
		case g.End == nil:
			return nil
		case last == nil || last.At.Before(&g.End.At):
			last = g.End
		}
	}
	return last
}

// Declared says whether a grant that counts names a holding.
func (p Person) Declared(h Holding) bool {
	return slices.ContainsFunc(h.Grants, func(at int) bool { return p.Grants[at].Counts })
}

// ReviewDue is when the first of the grants that give a holding is to be reviewed; nil for never.
func (p Person) ReviewDue(h Holding) (first *metav1.Time) {
	for _, at := range h.Grants {
		if by := p.Grants[at].ReviewBy; p.Grants[at].Counts && by != nil && (first == nil || by.Before(first)) {
			first = by
		}
	}
	return first
}
