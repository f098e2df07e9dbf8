package record

import (
	"fmt"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/status"
)

// drifts finds out what is missing that had been there: somebody took it away at the
// provider. Within the backend's grace it stays away.
func (p *pass) drifts() {
	before := p.record.Status
	was := access.Unbundle(before.Live)
	p.driftSince = p.now
	if before.Drift != nil {
		was, p.driftSince = was.Union(access.Unbundle(before.Drift.Rights)), *p.past(&before.Drift.Since)
	}
	p.drifted = p.plan.Add.Intersect(was)
	if p.graceLeft() > 0 {
		p.plan = p.plan.Defer(p.drifted)
	}
}

// graceLeft is how long what drifted still stays away.
func (p *pass) graceLeft() time.Duration {
	if len(p.drifted) == 0 || p.backend == nil || p.backend.Spec.DriftGrace == nil {
		return 0
	}
	return max(0, p.backend.Spec.DriftGrace.Duration-p.now.Sub(p.driftSince.Time))
}

// drift is what is to be remembered of it.
func (p *pass) drift() *v1alpha1.Drift {
	missing := p.drifted.Minus(p.live())
	if len(missing) == 0 {
		return nil
	}
	return &v1alpha1.Drift{Since: p.driftSince, Rights: access.Bundle(missing)}
}

func (p *pass) waitsOutDrift() status.Outcome {
	return status.Waiting(v1alpha1.ReasonDrifted, fmt.Sprintf(
		"taken away at the provider: %s, given again %s after that was seen (spec.driftGrace of the HostingBackend)",
		permissions(p.plan.Later), p.backend.Spec.DriftGrace.Duration)).In(max(time.Second, p.graceLeft()))
}
