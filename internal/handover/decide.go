package handover

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

// recordCapacity is how many contributions a record holds; the CRD bounds it. A namespace
// that is not the backend's own has a part of it.
const (
	recordCapacity    = 64
	namespaceCapacity = 16
)

// Action is one write to one record.
type Action struct {
	// Record as it was read; nil where one is to be created for Address, on the grant's backend.
	Record  *v1alpha1.AccessRecord
	Address string
	// Contribution that the record is to hold; nil takes back what it holds.
	Contribution *v1alpha1.Contribution
	// Disposition of what the record held. To take it back may take two writes: by the first the record
	// learns the deletion policy that holds.
	Disposition Disposition
}

// Disposition is what becomes of what a record holds of a grant.
type Disposition int

// The dispositions.
const (
	Keep Disposition = iota
	// Withdraw: the grant does not give it any more. Its deletion policy holds.
	Withdraw
	// Evict: a rule forbids it. Its deletion policy does not hold.
	Evict
)

// Given is what one person has of a grant from now on. Record is nil where it is only created now.
type Given struct {
	Contribution v1alpha1.Contribution
	Record       *v1alpha1.AccessRecord
}

// Decision is what follows from inputs, what they desire, and what the quota says.
type Decision struct {
	// Actions, those that give before those that take away.
	Actions []Action
	Given   []Given
	// Issues keep something from being given; Notes keep nothing from it.
	Issues, Notes []Issue
	Lost          []Loss
	// Next is when to look again although nothing changes; 0 for never.
	Next time.Duration
}

// Decide says what is to be done. Where the quota is exceeded, nobody new is given anything: a part
// of those whom a grant names would be anybody's.
func Decide(in Inputs, desired Desired, excess *Excess) Decision {
	d := Decision{Lost: desired.Lost, Next: nextDate(in.Grant.Spec, in.Now)}
	for _, lost := range desired.Lost {
		d.Next = soonest(d.Next, lost.Left)
	}
	if in.Backend == nil {
		return d
	}
	d.Issues, d.Notes = referenceIssues(in)
	d.Notes = append(d.Notes, resendNotes(in, desired.Offers)...)
	if excess != nil {
		d.Issues = append(d.Issues, Issue{Subject: "backendRef", Reason: v1alpha1.ReasonTooManyPeople,
			Message: access.TooManyPeople(in.Backend, excess.Rule, in.Origin.Namespace, excess.People)})
	}
	stays, told := map[types.UID]bool{}, map[Issue]bool{}
	for _, o := range desired.Offers {
		one, keeps := answerTo(in, o, desired.Frozen, excess != nil)
		if o.Record != nil {
			stays[o.Record.UID] = keeps
		}
		for _, issue := range one.Issues {
			if !told[issue] { // the same of several people is one
				told[issue] = true
				d.Issues = append(d.Issues, issue)
			}
		}
		d.Given, d.Actions = append(d.Given, one.Given...), append(d.Actions, one.Actions...)
	}
	d.Actions = append(d.Actions, departures(in, stays, desired.Lost)...)
	passing := excess != nil && len(excess.Names) <= excess.Most // there is room once other grants name fewer
	if passing || slices.ContainsFunc(d.Issues, func(i Issue) bool { return i.Reason == v1alpha1.ReasonRecordFull }) {
		d.Next = soonest(d.Next, in.FullRetry)
	}
	return d
}

// referenceIssues are what is wrong with what a grant refers to, and what is only to be noted.
func referenceIssues(in Inputs) (issues, notes []Issue) {
	issues = slices.Concat(in.People.Issues, in.SetIssues)
	if in.Grant.Spec.Suspend || len(in.SetIssues) > 0 || ended(in.Grant.Spec, in.Now) {
		return issues, nil
	}
	unused, notes := Unused(in.Grant.Spec, in.Sets)
	return append(issues, unused...), notes
}

// answerTo decides on one offer, and says whether the record stays one that holds something of the grant.
func answerTo(in Inputs, o Offer, frozen, exceeded bool) (d Decision, stays bool) {
	c, refusal := o.Contribution, o.Permission.Refusal
	if refusal == "" && o.Held == nil && (frozen || exceeded) {
		return Decision{}, false
	}
	if refusal == "" && frozen {
		c = *o.Held
		refusal = access.Permit(in.Backend, in.Origin, c, o.Address).Refusal
	}
	if refusal != "" {
		return Decision{Issues: []Issue{{Subject: "backendRef", Reason: v1alpha1.ReasonRefusedByRule, Message: refusal}}}, false
	}
	if reason, message := lacksRoom(o.Record, c, in.Backend.Namespace); reason != "" {
		// A record that is full lets go what got in at the same moment as others.
		return Decision{Issues: []Issue{{Subject: "AccessRecord/" + o.Name, Reason: reason, Message: message}}}, reason != v1alpha1.ReasonRecordFull
	}
	d.Given = []Given{{c, o.Record}}
	if !o.holds(c) {
		d.Actions = []Action{{Record: o.Record, Address: o.Address, Contribution: &c}}
	}
	return d, true
}

// lacksRoom says why a record cannot take a contribution; empty where it can. Room is kept for
// the backend's own namespace, so that no other fills a record until others fail. Several
// grants may have been handed over at the same moment: what is there already is asked as well.
func lacksRoom(record *v1alpha1.AccessRecord, c v1alpha1.Contribution, own string) (reason, message string) {
	if TooLarge(c) {
		return v1alpha1.ReasonTooLarge, fmt.Sprintf("what the grant gives this person takes more than %d bytes; split the grant, or name a PermissionSet for fewer places at a time", MaxContribution)
	}
	if record == nil {
		return "", ""
	}
	all, same, foreign := ahead(record.Spec.Contributions, c, own)
	isForeign := c.Grant.Namespace != own
	switch {
	case all >= recordCapacity:
		return v1alpha1.ReasonRecordFull, fmt.Sprintf("%d grants name this person already, and a record has room for no more; join some of them", recordCapacity)
	case isForeign && same >= namespaceCapacity:
		return v1alpha1.ReasonRecordFull, fmt.Sprintf("%d grants of namespace %s name this person already, and a record has room for no more of one namespace; join some of them", namespaceCapacity, c.Grant.Namespace)
	case isForeign && foreign >= recordCapacity-namespaceCapacity:
		return v1alpha1.ReasonRecordFull, fmt.Sprintf("%d grants of other namespaces name this person already, and a record keeps the rest of its room for the backend's own namespace; join some of them", recordCapacity-namespaceCapacity)
	}
	return "", ""
}

// ahead counts what a record holds ahead of a contribution: in all, of the same namespace,
// and of others than the backend's own.
func ahead(list []v1alpha1.Contribution, c v1alpha1.Contribution, own string) (all, same, foreign int) {
	for _, other := range list {
		if other.UID == c.UID {
			break
		}
		all++
		if other.Grant.Namespace == c.Grant.Namespace {
			same++
		}
		if other.Grant.Namespace != own {
			foreign++
		}
	}
	return all, same, foreign
}

// departures are the actions on records that hold something of the grant although it gives their
// people nothing now. A record that hands over to another one is left out: there it is met again.
func departures(in Inputs, stays map[types.UID]bool, lost []Loss) (actions []Action) {
	for i := range in.Records {
		record := &in.Records[i]
		c := find(record, in.Grant.UID)
		if c == nil || stays[record.UID] || Misnamed(record) {
			continue
		}
		switch dispose(in, record, *c, lost) {
		case Evict:
			actions = append(actions, evict(record, *c)...)
		case Withdraw:
			actions = append(actions, Action{Record: record, Disposition: Withdraw})
		}
	}
	return actions
}

// dispose says what becomes of what a record holds of somebody to whom the grant gives nothing now:
// what named them may be missing, or the grant is suspended, which is no way around the rules.
func dispose(in Inputs, record *v1alpha1.AccessRecord, c v1alpha1.Contribution, lost []Loss) Disposition {
	ours := ofBackend(record, in.Backend)
	switch {
	case ours && access.Permit(in.Backend, in.Origin, c, string(record.Spec.Email)).Refusal != "":
		return Evict
	case in.Grant.Spec.Suspend, ours && keeps(lost, c):
		return Keep
	}
	return Withdraw
}

// evict takes back what a record holds once the record knows that nothing of it is retained.
func evict(record *v1alpha1.AccessRecord, c v1alpha1.Contribution) []Action {
	switch {
	case c.Retain:
		return []Action{{Record: record, Contribution: withPolicy(c, false), Disposition: Evict}}
	case knows(record, c):
		return []Action{{Record: record, Disposition: Evict}}
	}
	return nil
}

// knows says whether a record has taken note of what it holds. What is taken back before leaves by the
// deletion policy that the record knew.
func knows(record *v1alpha1.AccessRecord, c v1alpha1.Contribution) bool {
	echo := echoOf(record, c.UID)
	return echo.UID == c.UID && echo.Digest == c.Digest
}

// withPolicy is a contribution with another deletion policy, and a digest that tells so.
func withPolicy(c v1alpha1.Contribution, retain bool) *v1alpha1.Contribution {
	mark := "-revoke"
	if retain {
		mark = "-retain"
	}
	c.Retain, c.Digest = retain, c.Digest[:min(len(c.Digest), 24)]+mark
	return &c
}
