// Package lease knows how long this process may still write: only who holds the lease does,
// and a call must not outlast it (I16).
package lease

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/utils/clock"
)

// Lease is a lock whose renewals are watched. It is safe for concurrent use.
type Lease struct {
	resourcelock.Interface
	clock    clock.PassiveClock
	duration time.Duration

	mu      sync.Mutex
	renewed time.Time
}

// Watch watches a lock that others may take once it was not renewed for the duration.
func Watch(lock resourcelock.Interface, duration time.Duration, c clock.PassiveClock) *Lease {
	return &Lease{Interface: lock, clock: c, duration: duration}
}

// Create takes the lock where there is none.
func (l *Lease) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.note(record, func() error { return l.Interface.Create(ctx, record) })
}

// Update takes, renews or gives back the lock.
func (l *Lease) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.note(record, func() error { return l.Interface.Update(ctx, record) })
}

// note counts from before the call: another may have seen the renewal as early as that.
func (l *Lease) note(record resourcelock.LeaderElectionRecord, act func() error) error {
	began := l.clock.Now()
	if err := act(); err != nil {
		return err //nolint:wrapcheck // the elector looks at it
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renewed = time.Time{}
	if record.HolderIdentity == l.Identity() {
		l.renewed = began
	}
	return nil
}

// Outlasts says whether the lease is held for at least so long, and why not. No lease is
// held for ever.
func (l *Lease) Outlasts(call time.Duration) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if left := l.duration - l.passed(); l.renewed.IsZero() || left < call {
		return fmt.Errorf("the lease is held for less than the %s that a call may take; nothing is written until it is renewed", call)
	}
	return nil
}

// passed is how long ago the lease was renewed, as others may count it. What a process counts stands
// still while its machine sleeps; the time of day goes on, and may be set.
func (l *Lease) passed() time.Duration {
	byDay := l.clock.Now().Round(0).Sub(l.renewed.Round(0)) // Round takes away what the process counts by
	return max(byDay, l.clock.Since(l.renewed))
}
