package handover

import (
	"cmp"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/status"
)

// Named is what a grant names for one person, whether or not they are given it.
type Named struct {
	Address string
	// Name of the person's record.
	Name string
	// Contribution that the record would hold.
	Contribution v1alpha1.Contribution
	// Held: the record holds a contribution of the grant, and says itself what becomes of it.
	Held bool
	// Reason why the person is given nothing of it, as in conditions; empty where they are, or are about to be.
	Reason, Message string
}

// NamedBy lists whom a grant names, also where it gives nobody anything: it is suspended, has not begun, is over, or
// something stands against it. The inputs hold People and Sets in each of these cases. Excess is the quota's answer
// to what Compute demands.
func NamedBy(in Inputs, excess *Excess) []Named {
	if in.Backend == nil {
		return nil
	}
	records, sets, resend := recordsByName(in), Join(in.Sets), resendOf(in.Grant)
	frozen := Compute(in).Frozen
	list := make([]Named, 0, len(in.People.Persons))
	for _, person := range in.People.Persons {
		o := offerTo(in, records, sets, resend, person)
		n := Named{Address: o.Address, Name: o.Name, Contribution: o.Contribution, Held: o.Held != nil}
		n.Reason, n.Message = withheld(in, o, frozen, excess)
		list = append(list, n)
	}
	return list
}

// withheld is why a grant gives one person nothing; empty where it does.
func withheld(in Inputs, o Offer, frozen bool, excess *Excess) (reason, message string) {
	switch spec := in.Grant.Spec; {
	case spec.Suspend:
		return v1alpha1.ReasonSuspended, "suspend is set"
	case !inForce(spec, in.Now):
		outside := dated(spec, in.Now)
		return outside.Reason, outside.Message
	}
	decision, _ := answerTo(in, o, frozen, excess != nil)
	switch {
	case len(decision.Issues) > 0:
		return decision.Issues[0].Reason, status.Clip(decision.Issues[0].Message)
	case len(decision.Given) > 0:
		return "", ""
	case excess != nil:
		return v1alpha1.ReasonTooManyPeople, status.Clip(access.TooManyPeople(in.Backend, excess.Rule, in.Origin.Namespace, excess.People))
	}
	issue := Issue{}
	if len(in.SetIssues) > 0 {
		issue = in.SetIssues[0]
	}
	return cmp.Or(issue.Reason, v1alpha1.ReasonReferenceLost), status.Clip(issue.Subject + ": " + issue.Message)
}
