package record

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/plan"
)

// retryTracker remembers what failed and what took no effect, for decisions to come.
type retryTracker struct {
	clock clock.PassiveClock

	mu    sync.Mutex
	byKey map[types.NamespacedName]plan.Retry
}

func newRetryTracker(c clock.PassiveClock) *retryTracker {
	return &retryTracker{clock: c, byKey: map[types.NamespacedName]plan.Retry{}}
}

func (t *retryTracker) of(key types.NamespacedName) plan.Retry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byKey[key]
}

// note enters how a reconcile ended: a write that took no effect is counted, and what failed is not
// tried again for a while, whatever wakes the record, but a change of what it came of.
func (t *retryTracker) note(key types.NamespacedName, in plan.Inputs, d plan.Decision, after time.Duration) {
	next := d.Retried(in, t.of(key))
	if d.Failed(in) {
		next.Failed, next.Until = d.Attempt(in).Cause, t.clock.Now().Add(after)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if next == (plan.Retry{}) {
		delete(t.byKey, key)
		return
	}
	t.byKey[key] = next
}

func (t *retryTracker) forget(key types.NamespacedName) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byKey, key)
}
