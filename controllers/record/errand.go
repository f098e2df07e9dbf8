package record

import (
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
	"github.com/hostgrant/hostgrant/internal/invite"
)

// readable says whether the person's row may be looked at: with the clients that the table was
// read with. A reading that failed forbids everything until one succeeds again.
func (p *pass) readable() bool {
	return p.known && p.backend != nil && !p.backend.Spec.Suspend && p.health.Err == nil && p.planned() != "" && !p.ambiguous()
}

func (p *pass) ambiguous() bool { return p.snapshot.Ambiguous(string(p.record.Spec.Email)) }

// wantsWrite says whether there is something to do, and nothing forbids it.
func (p *pass) wantsWrite() bool {
	return p.readable() && p.enforced() &&
		(p.plan.Pending() && !p.waitsToCreate() || p.step.Act != invite.Nothing && p.queued == nil)
}

// wantsProof says whether a debt looks paid, something can be adopted, or a row is gone, and the
// row has not been read by itself to prove it.
func (p *pass) wantsProof() bool {
	looksPaid := len(p.memory.Owed) > len(p.plan.Remove)+len(p.plan.Held) && p.memory.Late(p.now) == 0
	return p.readable() && !p.fresh && (looksPaid || p.adopts() || p.unproven())
}

// errand is what the provider has to be talked to for. It is the same for as long as the same is
// to be done: whoever comes for something else, or on another account, takes another place.
func (p *pass) errand() session.Errand {
	given := p.plan.Add.Minus(p.drifted)
	switch {
	case len(p.plan.Remove) > 0:
		// On the account of whose grants left: a mass of theirs keeps no other waiting.
		return session.Errand{Class: session.ClassRemoval, Namespace: p.indebted(p.plan.Remove)}
	case len(given) > 0:
		return session.Errand{Class: session.ClassAdd, Namespace: p.giver(given)}
	case p.step.Act != invite.Nothing:
		return session.Errand{Class: session.ClassAdd, Namespace: p.account()}
	case p.plan.Pending():
		return session.Errand{Class: session.ClassDrift, Namespace: p.giver(p.plan.Add)}
	}
	return session.Errand{Class: session.ClassProof, Namespace: p.indebted(nil)}
}

// indebted is the namespace on whose account rights are owed, all that are where they are nil; the
// record's own where none is known, or nothing is.
func (p *pass) indebted(rights hosting.Rights) string {
	for _, debt := range p.memory.Debts(rights) {
		for _, namespace := range debt.Namespaces {
			return namespace
		}
	}
	return p.record.Namespace
}

// giver is the namespace of the first grant that asks for any of these rights.
func (p *pass) giver(rights hosting.Rights) string {
	for _, c := range p.record.Spec.Contributions {
		if len(p.want.By[c.UID].Rights.Intersect(rights)) > 0 {
			return c.Grant.Namespace
		}
	}
	return p.record.Namespace
}

// wantsTurn says whether the provider has to be talked to about this person.
func (p *pass) wantsTurn() bool { return p.wantsWrite() || p.wantsProof() }
