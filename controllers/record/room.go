package record

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

const fullMessage = "what is given to this person by all grants together is more than one record can remember; what came with this grant is not given, and what it gave before stays: name fewer places, group places with equal permissions, use `all: true`, or join grants"

// takeIn unites the contributions that count, as far as the record has room for them: what goes
// beyond fails the contribution that brought it, and never the record, for one that cannot be
// written revokes nothing any more.
func (p *pass) takeIn(counting []v1alpha1.Contribution, room access.Room) {
	room.Settled = map[types.UID]bool{}
	for _, c := range counting {
		echo, known := p.echoed(c)
		room.Settled[c.UID] = known && echo.Digest == c.Digest && echo.Reason != v1alpha1.ReasonRecordFull
	}
	p.want = access.Unite(counting, room.Places, room.Pins, room.Memory.Named())
	if p.full = room.Full(p.want, counting); len(p.full) == 0 {
		return
	}
	var taken, refused []v1alpha1.Contribution
	for _, c := range counting {
		if p.full[c.UID] {
			refused = append(refused, c)
		} else {
			taken = append(taken, c)
		}
	}
	p.want = room.Take(taken, refused)
}

// unclaimed says whether more is undeclared than was due to go at once.
func (p *pass) unclaimed() bool {
	return p.authoritative() && len(p.memory.Claim(p.want, p.live(), p.snapshot.Places, p.record.Namespace, p.now).Owed) > len(p.memory.Owed)
}

// nextRoom is when to look again for room for contributions that are refused; 0 where none was
// made.
func (p *pass) nextRoom() time.Duration {
	made := p.fresh || len(p.memory.Named()) < len(access.MemoryOf(p.record.Status).Named())
	if len(p.full) == 0 || !made {
		return 0
	}
	return turnTimeout
}
