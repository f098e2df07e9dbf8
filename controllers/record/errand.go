package record

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"

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

// errand is what the provider has to be talked to for.
func (p *pass) errand() session.Errand {
	errand := session.Errand{Class: session.ClassProof, Namespace: p.record.Namespace}
	switch {
	case len(p.plan.Remove) > 0:
		// On the account of whose grants left: a mass of theirs keeps no other waiting.
		errand.Class = session.ClassRemoval
		for _, debt := range p.memory.Debts(p.plan.Remove)[:1] {
			errand.Namespace = slices.Concat(debt.Namespaces, []string{errand.Namespace})[0]
		}
		return errand
	case len(p.plan.Add.Minus(p.drifted)) > 0 || p.step.Act != invite.Nothing:
		errand.Class = session.ClassAdd
	case p.plan.Pending():
		errand.Class = session.ClassDrift
	}
	echoed := map[types.UID]string{}
	for _, echo := range p.record.Status.Contributions {
		echoed[echo.UID] = echo.Digest
	}
	for _, c := range p.record.Spec.Contributions {
		if c.Digest != echoed[c.UID] {
			errand.Namespace = c.Grant.Namespace
		}
	}
	return errand
}

// wantsTurn says whether the provider has to be talked to about this person.
func (p *pass) wantsTurn() bool { return p.wantsWrite() || p.wantsProof() }
