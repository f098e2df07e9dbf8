package record

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/hosting/session"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// settler waits for specs to come to rest: a person whom many grants name changes many times
// when a folder is applied. Waiting for a short quiet makes one write of it; the bound keeps a
// steady trickle from starving it. It only delays: nothing depends on it.
type settler struct {
	clock          clock.PassiveClock
	quiet, longest time.Duration

	mu        sync.Mutex
	entries   map[types.NamespacedName]settling
	postponed map[types.NamespacedName]postponement
	tries     map[types.NamespacedName]attempts
}

// maxTries is how often something is written that never takes effect.
const maxTries = 5

// attempt is what a write came of, and the row it was to change.
type attempt struct {
	cause
	row string
}

type attempts struct {
	attempt
	count int
}

type settling struct {
	generation  int64
	first, last time.Time
}

// cause is what a failure came of: the spec, how the provider was reached, and whether
// something could be taken away: what may go later is not held up by what was refused before.
type cause struct {
	generation    int64
	configuration session.Configuration
	removes       bool
}

type postponement struct {
	cause
	until time.Time
}

func newSettler(c clock.PassiveClock, t timing.Timing) *settler {
	return &settler{clock: c, quiet: t.Quiet, longest: t.LongestQuiet, entries: map[types.NamespacedName]settling{}, postponed: map[types.NamespacedName]postponement{}, tries: map[types.NamespacedName]attempts{}}
}

// wait is how long to leave a record alone; 0 where it is at rest.
func (s *settler) wait(key types.NamespacedName, generation, observed int64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if generation == observed {
		delete(s.entries, key)
		return 0
	}
	now := s.clock.Now()
	entry, known := s.entries[key]
	if !known {
		entry.first = now
	}
	if entry.generation != generation {
		entry.generation, entry.last = generation, now
	}
	wait := min(s.quiet-now.Sub(entry.last), s.longest-now.Sub(entry.first))
	if wait <= 0 {
		delete(s.entries, key) // the next burst has its own quiet
		return 0
	}
	s.entries[key] = entry
	return wait
}

func (s *settler) forget(key types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, key)
	delete(s.postponed, key)
	delete(s.tries, key)
}

// wrote notes a write, and whether the row read back is as it was to be.
func (s *settler) wrote(key types.NamespacedName, this attempt, reached bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.tries[key]
	delete(s.tries, key)
	if reached {
		return
	}
	if before.attempt != this {
		before = attempts{attempt: this}
	}
	before.count++
	s.tries[key] = before
}

// stuck says whether the same was written often enough, to no effect.
func (s *settler) stuck(key types.NamespacedName, this attempt) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.tries[key]
	return before.attempt == this && before.count >= maxTries
}

// postpone keeps a record that failed from acting for a while, whatever wakes it, but a
// change of what the failure came of.
func (s *settler) postpone(key types.NamespacedName, of cause, by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.postponed[key] = postponement{cause: of, until: s.clock.Now().Add(by)}
}

// held is how long a record is still kept from acting.
func (s *settler) held(key types.NamespacedName, now cause) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.postponed[key]
	if ok && p.cause == now && s.clock.Now().Before(p.until) {
		return p.until.Sub(s.clock.Now())
	}
	delete(s.postponed, key)
	return 0
}
