package rest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/utils/clock"
)

// The provider's documented limits for an authenticated key.
const (
	DefaultReadsPerMinute  = 250
	DefaultWritesPerMinute = 50
)

const (
	// share of a limit that is used: clocks and networks are not exact, and a key may
	// serve a human as well.
	share = 0.96
	// slowFor is how long the pace is halved after the provider said "too many".
	slowFor = 5 * time.Minute
)

// errOverBudget: the turn would come later than the caller can wait.
var errOverBudget = errors.New("over budget")

// Budget is what one key may ask of its provider: reads and writes apart, as the provider
// counts them, at an even pace of 96 % of the limit. There are no bursts: a bucket of 50
// refilled at 50 a minute lets 99 calls pass within one minute. Safe for concurrent use.
type Budget struct {
	reads, writes *lane
}

// NewBudget makes a budget of calls per minute; 0 or less stands for the documented limit.
func NewBudget(readsPerMinute, writesPerMinute int, c clock.Clock) *Budget {
	b := &Budget{reads: newLane(c), writes: newLane(c)}
	b.SetLimits(readsPerMinute, writesPerMinute)
	return b
}

// SetLimits changes the limits, in calls per minute, for calls that ask from now on; 0 or
// less stands for the documented limit.
func (b *Budget) SetLimits(readsPerMinute, writesPerMinute int) {
	if readsPerMinute <= 0 {
		readsPerMinute = DefaultReadsPerMinute
	}
	if writesPerMinute <= 0 {
		writesPerMinute = DefaultWritesPerMinute
	}
	b.reads.setLimit(readsPerMinute)
	b.writes.setLimit(writesPerMinute)
}

// Counts is how many reads and writes were let pass since the budget was made.
func (b *Budget) Counts() (reads, writes int64) {
	return b.reads.passed.Load(), b.writes.passed.Load()
}

// Turns is how many times in a second a row may be read, written and read back now.
func (b *Budget) Turns() float64 { return min(b.writes.pace(), b.reads.pace()/2) }

func (b *Budget) lane(write bool) *lane {
	if write {
		return b.writes
	}
	return b.reads
}

// lane paces one kind of call.
type lane struct {
	clock  clock.Clock
	passed atomic.Int64

	mu        sync.Mutex
	perMinute int
	limiter   *rate.Limiter
	// notBefore is until when the provider asked to wait, slowUntil until when the pace
	// is halved.
	notBefore, slowUntil time.Time
}

func newLane(c clock.Clock) *lane {
	return &lane{clock: c, limiter: rate.NewLimiter(0, 1)}
}

func (l *lane) setLimit(perMinute int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.perMinute = perMinute
	l.adjust()
}

// adjust sets the pace that holds now, and returns the earliest time at which a call could
// pass. All times given to the limiter are at or after it, so they never run backwards.
func (l *lane) adjust() time.Time {
	now := l.clock.Now()
	pace := rate.Limit(float64(l.perMinute) * share / time.Minute.Seconds())
	if now.Before(l.slowUntil) {
		pace /= 2
	}
	if l.notBefore.After(now) {
		now = l.notBefore
	}
	if pace != l.limiter.Limit() {
		l.limiter.SetLimitAt(now, pace)
	}
	return now
}

// pace is how many calls may pass in a second now.
func (l *lane) pace() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.adjust()
	return float64(l.limiter.Limit())
}

// slow is called when the provider said "too many": the pace is halved for a while, and
// nothing passes before it asked.
func (l *lane) slow(retryAfter time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	l.slowUntil = now.Add(slowFor)
	if until := now.Add(retryAfter); until.After(l.notBefore) {
		l.notBefore = until
	}
	l.adjust()
}

// reserve takes the next free turn and says how long it is to it.
func (l *lane) reserve() (*rate.Reservation, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	earliest := l.adjust()
	turn := l.limiter.ReserveN(earliest, 1)
	return turn, earliest.Sub(l.clock.Now()) + turn.DelayFrom(earliest)
}

// giveBack returns a turn that is not used.
func (l *lane) giveBack(turn *rate.Reservation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	turn.CancelAt(l.adjust())
}

// open says whether the provider did not ask to wait meanwhile.
func (l *lane) open() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.notBefore.After(l.clock.Now())
}

// wait blocks until a call may pass. Where that would take longer than patience, or than
// the context's deadline allows, it says at once how long it would be, with errOverBudget.
func (l *lane) wait(ctx context.Context, patience time.Duration) (time.Duration, error) {
	until := l.clock.Now().Add(patience)
	if deadline, ok := ctx.Deadline(); ok {
		// A context ends by the real time, whatever clock this lives by.
		if end := l.clock.Now().Add(deadline.Sub(clock.RealClock{}.Now())); end.Before(until) {
			until = end
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		turn, delay := l.reserve()
		if delay > 0 && l.clock.Now().Add(delay).After(until) {
			l.giveBack(turn)
			return delay, errOverBudget
		}
		if err := l.sleep(ctx, delay); err != nil {
			l.giveBack(turn)
			return 0, err
		}
		// Those who waited when the provider said "too many" must not all pass at once
		// when it opens again: they take a new turn.
		if l.open() {
			l.passed.Add(1)
			return 0, nil
		}
	}
}

func (l *lane) sleep(ctx context.Context, delay time.Duration) error {
	if delay <= 0 {
		return nil
	}
	timer := l.clock.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C():
		return nil
	}
}
