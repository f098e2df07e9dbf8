package record

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/timing"
)

// debouncer waits for specs to come to rest: a person whom many grants name changes many times
// when a folder is applied. Waiting for a short quiet makes one write of it: a record that was made and
// given its first contribution waits least, and each change that comes meanwhile doubles it. The bound
// keeps a steady trickle from starving it. It only delays: nothing depends on it.
type debouncer struct {
	clock                 clock.PassiveClock
	first, quiet, longest time.Duration

	mu     sync.Mutex
	bursts map[types.NamespacedName]burst
}

type burst struct {
	generation  int64
	first, last time.Time
	// changes are those that came after the first.
	changes int
}

func newDebouncer(c clock.PassiveClock, t timing.Timing) *debouncer {
	return &debouncer{clock: c, first: t.FirstQuiet, quiet: t.Quiet, longest: t.LongestQuiet, bursts: map[types.NamespacedName]burst{}}
}

// wait is how long to leave a record alone; 0 where it is at rest.
func (d *debouncer) wait(key types.NamespacedName, generation, observed int64) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if generation == observed {
		delete(d.bursts, key)
		return 0
	}
	now := d.clock.Now()
	b, known := d.bursts[key]
	switch {
	case !known:
		b = burst{generation: generation, first: now, last: now}
	case b.generation != generation:
		b.generation, b.last = generation, now
		b.changes++
	}
	quiet := d.first
	for i := 1; i < b.changes && quiet < d.quiet; i++ {
		quiet *= 2
	}
	wait := min(min(quiet, d.quiet)-now.Sub(b.last), d.longest-now.Sub(b.first))
	if wait <= 0 {
		delete(d.bursts, key) // the next burst has its own quiet
		return 0
	}
	d.bursts[key] = b
	return wait
}

func (d *debouncer) forget(key types.NamespacedName) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.bursts, key)
}
