package record

import (
	"fmt"

	"github.com/hostgrant/hostgrant/internal/status"
)

// holdForTheClock takes out of the plan all that would go, while our clock and the provider's are
// far apart: ends, the settling time and what was done within a day all go by a clock that may be
// wrong. Nothing is judged, so nothing is counted or put into a batch.
func (p *pass) holdForTheClock() {
	p.weighed.skewed = len(p.plan.Remove) > 0
	p.plan = p.plan.Hold(p.plan.Remove)
}

func (p *pass) skewMessage() string {
	return fmt.Sprintf("due to go: %s; %s", permissions(p.plan.Held), status.Skewed(p.ahead))
}
