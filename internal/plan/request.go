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
	case len(d.Plan.Remove) > 0:
		// On the account of whose grants left: a mass of theirs keeps no other waiting.
		return queue.WriteRequest{Priority: queue.PriorityRemoval, Namespace: d.indebted(in, d.Plan.Remove)}
	case len(given) > 0:
		return queue.WriteRequest{Priority: queue.PriorityAdd, Namespace: d.giver(in, given)}
	case d.Invitation.Step.Act != invite.Nothing:
		return queue.WriteRequest{Priority: queue.PriorityAdd, Namespace: d.Invitation.Account}
	case d.Plan.Pending():
		return queue.WriteRequest{Priority: queue.PriorityDrift, Namespace: d.giver(in, d.Plan.Add)}
	}
	return queue.WriteRequest{Priority: queue.PriorityProof, Namespace: d.indebted(in, nil)}
}

// indebted is the namespace on whose account rights are owed, all that are where they are nil; the
// record's own where none is known, or nothing is.
func (d Decision) indebted(in Inputs, rights hosting.Rights) string {
	for _, debt := range d.Memory.Debts(rights) {
		if len(debt.Namespaces) > 0 {
			return debt.Namespaces[0]
		}
	}
	return in.Record.Namespace
}

// giver is the namespace of the first grant that asks for any of these rights.
func (d Decision) giver(in Inputs, rights hosting.Rights) string {
	for _, c := range in.Record.Spec.Contributions {
		if len(d.Desired.Want.By[c.UID].Rights.Intersect(rights)) > 0 {
			return c.Grant.Namespace
		}
	}
	return in.Record.Namespace
}

// givers names the grants that ask for any of these rights.
func (d Decision) givers(in Inputs, rights hosting.Rights) []string {
	var names []string
	for _, c := range in.Record.Spec.Contributions {
		if len(d.Desired.Want.By[c.UID].Rights.Intersect(rights)) > 0 {
			names = append(names, nameOf(c.Grant))
		}
	}
	return names
}
