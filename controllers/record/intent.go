package record

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
)

// attempt persists what is about to be written, and writes it once. Like remember, it fails
// quietly where the record changed. How the write ended is kept until that is written down, too.
func (r *Reconciler) attempt(ctx context.Context, p *pass, notify bool) (bool, error) {
	before := p.memory
	p.memory = before.Intend(p.want, p.plan, r.now())
	if ok, err := r.remember(ctx, p); !ok || err != nil {
		return false, err
	}
	intended := p.memory.Intended
	p.failure = r.write(ctx, p, before, notify)
	switch {
	case session.Undone(p.failure):
		p.memory = p.memory.Refused(before)
	case p.failure != nil:
		p.memory = p.memory.GivenUp(p.plan, r.now())
	}
	r.results.keepMemory(client.ObjectKeyFromObject(p.record), intended, p.memory)
	return true, nil
}

// recall is what the record remembers.
func (p *pass) recall() access.Memory {
	if p.recalled != nil {
		return *p.recalled
	}
	return access.MemoryOf(p.record.Status)
}

// adopts says whether the row has to be read by itself for something in it to become the record's
// own: once for each, for it is remembered then.
func (p *pass) adopts() bool {
	return p.enforced() && len(p.memory.Adoptable(p.want, p.live())) > 0
}

// given says whether the row has all that may be given now.
func (p *pass) given() bool {
	return p.known && p.live().Contains(p.want.Rights.Minus(p.plan.Refused).Minus(p.plan.Later))
}

// took says whether the row has all that may be given now, and shows nothing that may go.
func (p *pass) took() bool { return p.given() && p.plan.Held.Contains(p.memory.Due(p.live())) }

// late says whether nothing is left to do but to see whether a write is done after all that was
// given up.
func (p *pass) late() bool { return p.untilLate() > 0 && p.took() }

// untilLate is how long until the row is looked at again for what such a write may have brought;
// 0 where nothing waits for that.
func (p *pass) untilLate() time.Duration {
	left := p.memory.Late(p.now)
	if left == 0 || len(p.memory.Owed) == len(p.memory.Due(p.live())) {
		return 0
	}
	return left + time.Second // now is cut to the second
}
