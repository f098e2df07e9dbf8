package apply

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Postponed remembers, by object, since when a status is put off that only says that something is on its
// way: it is replaced in a moment, as a rule. It is safe for concurrent use; the zero value is ready.
type Postponed struct {
	mu    sync.Mutex
	since map[types.NamespacedName]time.Time
}

// PutOff is how long a status is put off still, where it only passes; 0 where it is written now, which ends the wait.
func (p *Postponed) PutOff(key types.NamespacedName, passing bool, now time.Time, delay time.Duration) time.Duration {
	if passing {
		if wait := p.Wait(key, now, delay); wait > 0 {
			return wait
		}
	}
	p.Forget(key)
	return 0
}

// Wait is how long a status is put off still, at most delay in all; 0 where it is to be written.
func (p *Postponed) Wait(key types.NamespacedName, now time.Time, delay time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	since, known := p.since[key]
	if !known {
		if p.since == nil {
			p.since = map[types.NamespacedName]time.Time{}
		}
		since, p.since[key] = now, now
	}
	return max(0, delay-now.Sub(since))
}

// Forget ends a wait: something else was written, or the object is gone.
func (p *Postponed) Forget(key types.NamespacedName) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.since, key)
}
