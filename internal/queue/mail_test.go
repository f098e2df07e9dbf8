package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

// limiter is a mail limiter, the time, and whom it woke.
func limiter() (*MailLimiter, *clocktesting.FakeClock, *[]string) {
	c, woken := clocktesting.NewFakeClock(time.Unix(1000, 0)), new([]string)
	return NewMailLimiter(c, 0, func(key string) { *woken = append(*woken, key) }, func(string) bool { return false }), c, woken
}

func take(t *testing.T, o *MailLimiter, key string, perMinute int, want bool) Wait {
	t.Helper()
	namespace, _, _ := strings.Cut(key, "-")
	ok, wait := o.Reserve(key, namespace, perMinute)
	if ok != want {
		t.Errorf("%s may be mailed: %v", key, ok)
	}
	return wait
}

func TestOutboxCountsAnyMinute(t *testing.T) {
	o, c, _ := limiter()
	take(t, o, "a-1", 2, true)
	c.Step(40 * time.Second)
	take(t, o, "a-2", 2, true)
	if wait := take(t, o, "a-3", 2, false); wait.For != 20*time.Second || wait.Among != 1 || wait.PerMinute != 2 {
		t.Errorf("%+v", wait)
	}
	if wait := take(t, o, "a-4", 2, false); wait.For != 20*time.Second || wait.Among != 2 {
		t.Errorf("comes nearer then: %+v", wait)
	}
	c.Step(19 * time.Second)
	take(t, o, "a-3", 2, false)
	if wait, ok := o.Waits("a-3"); !ok || wait.For != time.Second {
		t.Errorf("%+v", wait)
	}
	c.Step(time.Second)
	for key, want := range map[string]bool{"a-3": false, "a-4": true, "nobody": false} {
		if _, ok := o.Waits(key); ok != want {
			t.Errorf("%s waits: %v", key, ok)
		}
	}
	take(t, o, "a-5", 2, false) // who comes late jumps no line
	take(t, o, "a-3", 2, true)
	take(t, o, "a-4", 2, false)
	c.Step(40 * time.Second)
	take(t, o, "a-4", 2, true)
}

func TestOutboxTakesTurnsBetweenNamespaces(t *testing.T) {
	o, c, _ := limiter()
	take(t, o, "x-0", 1, true)
	for _, key := range []string{"big-1", "big-2", "big-3", "small-1", "other-1", "other-2"} {
		take(t, o, key, 1, false)
	}
	var served []string
	for len(o.waiting) > 0 {
		c.Step(time.Minute)
		for _, key := range o.queue.order() {
			namespace, _, _ := strings.Cut(key, "-")
			if slices.Contains(served, key) || namespace == "" {
				t.Error("served twice", key)
			}
			if ok, _ := o.Reserve(key, namespace, 1); ok {
				served = append(served, key)
			}
		}
	}
	if got := strings.Join(served, " "); got != "big-1 small-1 other-1 big-2 other-2 big-3" {
		t.Error(got)
	}
}

func TestOutboxGoesOnWhenOthersLeave(t *testing.T) {
	o, c, woken := limiter()
	take(t, o, "a-1", 1, true)
	take(t, o, "a-2", 1, false)
	take(t, o, "a-3", 1, false)
	o.Cancel("a-1") // nobody was mailed
	if fmt.Sprint(*woken) != "[a-2]" {
		t.Error("woken", *woken)
	}
	take(t, o, "a-3", 1, false)
	o.Leave("a-2")
	if fmt.Sprint(*woken) != "[a-2 a-3]" {
		t.Error("woken", *woken)
	}
	take(t, o, "a-3", 1, true)
	o.Leave("a-3")
	o.Cancel("nobody")
	take(t, o, "a-4", 1, false)
	c.Step(time.Minute)
	take(t, o, "a-4", 1, true)
}

func TestWhoDoesNotComeHoldsUpNobody(t *testing.T) {
	o, c, _ := limiter()
	take(t, o, "a-1", 1, true)
	take(t, o, "lost-1", 1, false)
	take(t, o, "b-1", 1, false)
	c.Step(time.Minute)
	if wait := take(t, o, "b-1", 1, false); wait.For > time.Minute {
		t.Errorf("%+v", wait)
	}
	c.Step(time.Minute)
	take(t, o, "b-1", 1, false) // the lost one goes
	take(t, o, "b-1", 1, true)
}

func TestOutboxRemembersWhatWasMailedBefore(t *testing.T) {
	o, c, _ := limiter()
	if o.Recalled() {
		t.Error("knows already")
	}
	now := c.Now()
	o.Recall(map[string]time.Time{"a-1": now.Add(-30 * time.Second), "a-2": now.Add(-2 * time.Minute), "a-3": now.Add(-50 * time.Second)})
	take(t, o, "a-4", 3, true)
	if wait := take(t, o, "a-5", 3, false); wait.For != 10*time.Second || !o.Recalled() {
		t.Errorf("%+v", wait)
	}
}

func TestPlacesAreToldInSteps(t *testing.T) {
	for place, want := range map[int][2]int{1: {1, 0}, 2: {2, 1}, 3: {5, 2}, 5: {5, 2}, 6: {10, 5}, 10: {10, 5}, 11: {20, 10}, 50: {50, 20}, 99: {100, 50}, 1001: {2000, 1000}} {
		if within, beyond := steps(place); within != want[0] || beyond != want[1] {
			t.Errorf("%d: within %d, beyond %d", place, within, beyond)
		}
	}
}

// A thousand people who come when they are told to: all are served at the full pace, and each
// asks seldom.
func TestAThousandPeopleAskSeldom(t *testing.T) {
	o, c, _ := limiter()
	due, asked := map[string]time.Time{}, 0
	for i := range 1000 {
		due[fmt.Sprintf("n%d-%d", i%3, i)] = c.Now()
	}
	began := c.Now()
	for len(due) > 0 {
		next := began.Add(time.Hour * 24)
		for _, at := range due {
			if at.Before(next) {
				next = at
			}
		}
		c.SetTime(next)
		for key, at := range due {
			if at.After(next) {
				continue
			}
			asked++
			ok, wait := o.Reserve(key, key[:2], 10)
			if ok {
				delete(due, key)
				continue
			}
			due[key] = next.Add(wait.For)
		}
	}
	if took := c.Now().Sub(began); took > 101*time.Minute {
		t.Error("took", took)
	}
	if asked > 15*1000 {
		t.Error("asked", asked, "times")
	}
	t.Log("asked", asked, "times within", c.Now().Sub(began))
}

func TestOutboxBelievesNoClockThatRanAhead(t *testing.T) {
	o, c, _ := limiter()
	o.Recall(map[string]time.Time{"x-1": c.Now().Add(24 * time.Hour), "x-2": c.Now().Add(25 * time.Hour)})
	if wait := take(t, o, "x-3", 2, false); wait.For > time.Minute {
		t.Errorf("%+v", wait)
	}
	c.Step(time.Minute)
	take(t, o, "x-3", 2, true)

	c.SetTime(c.Now().Add(-time.Hour)) // the clock is set back under way
	take(t, o, "x-4", 1, false)
	c.Step(time.Minute)
	take(t, o, "x-4", 1, true)

	take(t, o, "x-5", 1, false)
	take(t, o, "x-6", 1, false)
	c.Step(time.Minute)
	o.Leave("nobody")                  // x-5 is woken
	c.SetTime(c.Now().Add(-time.Hour)) // and does not come
	o.Leave("nobody")
	c.Step(time.Minute)
	o.Leave("nobody")
	take(t, o, "x-6", 1, true)
}

func TestOutboxSparesOthersAMuteServer(t *testing.T) {
	o, c, woken := limiter()
	take(t, o, "x-1", 5, true)
	c.Step(30 * time.Second)
	o.Answered(false)
	if wait := take(t, o, "x-2", 5, false); wait.For != coolDown || !wait.BreakerOpen {
		t.Errorf("%+v", wait)
	}
	take(t, o, "x-3", 5, false)
	c.Step(coolDown)
	if wait := take(t, o, "x-3", 5, false); !wait.BreakerOpen || wait.Among != 2 {
		t.Errorf("one at a time tries it: %+v", wait)
	}
	take(t, o, "x-2", 5, true)
	if wait, waits := o.Waits("x-3"); !waits || wait.For != coolDown {
		t.Errorf("while it is tried: %v %+v", waits, wait)
	}
	*woken = nil
	o.Answered(true)
	if len(*woken) != 1 || (*woken)[0] != "x-3" {
		t.Errorf("woke %v", *woken)
	}
	take(t, o, "x-4", 5, true)
	take(t, o, "x-3", 5, true)

	o.Answered(false)
	c.SetTime(c.Now().Add(-time.Hour))
	take(t, o, "x-5", 9, false)
	c.Step(coolDown)
	take(t, o, "x-5", 9, true)
}
