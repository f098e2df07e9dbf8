package lease

import (
	"context"
	"errors"
	"testing"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
	clocktesting "k8s.io/utils/clock/testing"
)

// lock is one that can be taken unless the API server is away.
type lock struct {
	resourcelock.Interface
	away bool
	took func()
}

func (l *lock) Identity() string { return "me" }

func (l *lock) Update(context.Context, resourcelock.LeaderElectionRecord) error {
	if l.took != nil {
		l.took()
	}
	if l.away {
		return errors.New("away")
	}
	return nil
}

func TestACallMustNotOutlastTheLease(t *testing.T) { // I16
	c := clocktesting.NewFakePassiveClock(time.Unix(1_800_000_000, 0))
	under := &lock{}
	l := Watch(under, time.Minute, c)
	const call = 30 * time.Second
	renew := func(holder string) {
		_ = l.Update(t.Context(), resourcelock.LeaderElectionRecord{HolderIdentity: holder})
	}
	holds := func(want bool, when string) {
		t.Helper()
		if err := l.Outlasts(call); (err == nil) != want {
			t.Error(when, err)
		}
	}
	holds(false, "before it was taken")
	renew("me")
	holds(true, "just taken")
	c.SetTime(c.Now().Add(30 * time.Second))
	holds(true, "for exactly as long as the call")
	c.SetTime(c.Now().Add(time.Second))
	holds(false, "for less than the call")
	under.away = true
	renew("me")
	holds(false, "not renewed")
	under.away = false
	under.took = func() { c.SetTime(c.Now().Add(31 * time.Second)) }
	renew("me")
	holds(false, "a renewal counts from when it was sent")
	under.took = nil
	renew("me")
	holds(true, "renewed")
	renew("")
	holds(false, "given back")
	if err := (*Lease)(nil).Outlasts(time.Hour); err != nil {
		t.Error("without a lease", err)
	}
}

// asleep is a clock of a machine that sleeps: the time of day goes on, and what counts from a
// moment stands still meanwhile, as time.Since does.
type asleep struct {
	day    time.Time
	passed time.Duration
}

func (a *asleep) Now() time.Time                { return a.day }
func (a *asleep) Since(time.Time) time.Duration { return a.passed }

func TestAMachineThatSleptHoldsNothing(t *testing.T) { // I16
	for what, c := range map[string]struct {
		day, passed time.Duration
		holds       bool
	}{
		"awake":                           {30 * time.Second, 30 * time.Second, true},
		"asleep":                          {time.Hour, time.Second, false},
		"the time of day was set forward": {31 * time.Second, 0, false},
		"the time of day was set back":    {-time.Hour, 30 * time.Second, true},
		"the time of day was set back, much later": {-time.Hour, 31 * time.Second, false},
	} {
		clock := &asleep{day: time.Unix(1_800_000_000, 0)}
		l := Watch(&lock{}, time.Minute, clock)
		_ = l.Update(t.Context(), resourcelock.LeaderElectionRecord{HolderIdentity: "me"})
		clock.day, clock.passed = clock.day.Add(c.day), c.passed
		if err := l.Outlasts(30 * time.Second); (err == nil) != c.holds {
			t.Error(what, err)
		}
	}
}
