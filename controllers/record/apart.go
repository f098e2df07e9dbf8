package record

import (
	"context"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// writeAll does the one write of a change. What the provider refuses as a whole is tried
// piece by piece, so that one grant it cannot take holds up no other, and no revocation.
func (r *Reconciler) writeAll(ctx context.Context, p *pass, notify bool) (bool, error) {
	ok, err := r.attempt(ctx, p, notify)
	refusal, pieces := p.failure, p.pieces()
	if !ok || err != nil || hosting.ClassOf(refusal) != hosting.ClassInvalid || len(pieces) < 2 {
		return ok, err
	}
	whole := p.plan
	for _, piece := range pieces {
		p.plan = piece.against(p.live(), p.memory)
		p.plan.Held, p.plan.Refused, p.plan.Later = whole.Held, whole.Refused, whole.Later
		if !p.plan.Pending() {
			continue
		}
		ok, err := r.attempt(ctx, p, notify)
		again := p.failure != nil && hosting.ClassOf(p.failure) != hosting.ClassInvalid
		if !ok || err != nil || again {
			return ok, err
		}
	}
	p.failure = refusal
	return true, nil
}

// piece is a part of a plan that makes sense by itself.
type piece struct{ add, remove hosting.Rights }

func (c piece) against(live hosting.Rights, memory access.Memory) access.Plan {
	add, remove := c.add.Minus(live), c.remove.Minus(c.remove.Minus(live))
	return access.Plan{Add: add, Remove: remove, Target: live.Union(add).Minus(remove), Memory: memory}
}

// pieces are what each grant is to be given now, and what is to go: last, as in one write, so that
// nobody's row is taken away who is still given something.
func (p *pass) pieces() []piece {
	var list []piece
	for _, c := range p.record.Spec.Contributions {
		if add := p.want.By[c.UID].Rights.Intersect(p.plan.Add); len(add) > 0 {
			list = append(list, piece{add: add})
		}
	}
	if len(p.plan.Remove) > 0 {
		list = append(list, piece{remove: p.plan.Remove})
	}
	return list
}
