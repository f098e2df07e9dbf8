package plan

import (
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/queue"
)

// Request is what the provider has to be talked to for, and on whose account. It is the same for as
// long as the same is to be done: whoever comes for something else takes another place.
func (d Decision) Request(in Inputs) queue.WriteRequest {
	given := d.Plan.Add.Minus(d.Desired.Drifted)
	switch {
	case !d.Plan.Remove.Empty():
		// On the account of whose grants left: a mass of theirs keeps no other waiting.
		return queue.WriteRequest{Priority: queue.PriorityRemoval, Namespace: d.indebted(in, d.Plan.Remove)}
	case !given.Empty():
		return queue.WriteRequest{Priority: queue.PriorityAdd, Namespace: d.giver(in, given)}
	case d.Invitation.Step.Act != invite.Nothing:
		return queue.WriteRequest{Priority: queue.PriorityAdd, Namespace: d.Invitation.Account}
	case d.Plan.Pending():
		return queue.WriteRequest{Priority: queue.PriorityDrift, Namespace: d.giver(in, d.Plan.Add)}
	}
	return queue.WriteRequest{Priority: queue.PriorityProof, Namespace: d.indebted(in, d.Memory.Owed.Rights())}
}

// indebted is the namespace on whose account rights are owed; the record's own where none is known, or nothing is.
func (d Decision) indebted(in Inputs, rights hosting.Rights) string {
	for _, debt := range d.Memory.Debts(rights) {
		if len(debt.Value.Namespaces) > 0 {
			return debt.Value.Namespaces[0]
		}
	}
	return in.Record.Namespace
}

// giver is the namespace of the first grant that asks for any of these rights.
func (d Decision) giver(in Inputs, rights hosting.Rights) string {
	for _, c := range in.Record.Spec.Contributions {
		if !d.Desired.Want.By[c.UID].Rights.Intersect(rights).Empty() {
			return c.Grant.Namespace
		}
	}
	return in.Record.Namespace
}

// givers names the grants that ask for any of these rights.
func (d Decision) givers(in Inputs, rights hosting.Rights) []string {
	var names []string
	for _, c := range in.Record.Spec.Contributions {
		if !d.Desired.Want.By[c.UID].Rights.Intersect(rights).Empty() {
			names = append(names, nameOf(c.Grant))
		}
	}
	return names
}
