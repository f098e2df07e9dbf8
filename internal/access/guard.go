package access

import "github.com/hostgrant/hostgrant/internal/hosting"

// Hold is a plan that takes only what may go: the rest of Remove is Held. It stays in
// memory as a debt.
func (p Plan) Hold(held hosting.Rights) Plan {
	stays := p.Remove.Intersect(held)
	p.Held, p.Target, p.Remove = p.Held.Union(stays), p.Target.Union(stays), p.Remove.Minus(stays)
	return p
}

// Defer is a plan that adds some things later.
func (p Plan) Defer(later hosting.Rights) Plan {
	p.Later = p.Add.Intersect(later)
	p.Add, p.Target = p.Add.Minus(p.Later), p.Target.Minus(p.Later)
	return p
}

// Stay is a plan that does not let a row go which will be there again later (I3): what was to
// wait is then added at once, for who has no profile would be invited anew with a new row.
func (p Plan) Stay() Plan {
	if !p.Target.Empty() || p.Remove.Empty() {
		return p
	}
	p.Add, p.Target, p.Later = p.Add.Union(p.Later), p.Target.Union(p.Later), hosting.Rights{}
	return p
}

// Protect is a plan for somebody who must not lose anything through us: nothing is taken
// away from their row, and it is not locked behind a second factor they may not have.
func (p Plan) Protect() Plan {
	p = p.Hold(p.Remove)
	return p.refuse(hosting.NewRights(hosting.TwoFactorRight))
}

// Spare is a plan that requires no second factor of somebody who holds things of others,
// where nobody who requires it may do that to them (I4). Nor does it give them then what is to
// be used with a second factor only.
func (p Plan) Spare(want Want, live hosting.Rights) Plan {
	if !want.Locks || !p.Add.Has(hosting.TwoFactorRight) {
		return p
	}
	foreign := live.Minus(p.Memory.Applied.Rights()) // to name what somebody holds does not make it one's own
	others := live.Union(want.Rights).Minus(want.Own.Minus(foreign)).Minus(hosting.NewRights(hosting.TwoFactorRight))
	if others.Empty() {
		return p
	}
	return p.refuse(want.Locked)
}

// refuse leaves out what would be added of some rights.
func (p Plan) refuse(rights hosting.Rights) Plan {
	refused := p.Add.Intersect(rights)
	p.Refused = p.Refused.Union(refused)
	p.Add, p.Target = p.Add.Minus(refused), p.Target.Minus(refused)
	return p
}
