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
	return NewMailLimiter(c, time.Minute, func(key string) { *woken = append(*woken, key) }, func(string) bool { return false }), c, woken
}

func reserve(t *testing.T, m *MailLimiter, key string, perMinute int, want bool) Wait {
	t.Helper()
	namespace, _, _ := strings.Cut(key, "-")
	ok, wait := m.Reserve(key, namespace, perMinute)
	if ok != want {
		t.Errorf("%s may be mailed: %v", key, ok)
	}
	return wait
}

func TestMailLimiterCountsAnyMinute(t *testing.T) {
	m, c, _ := limiter()
	reserve(t, m, "a-1", 2, true)
	c.Step(40 * time.Second)
	reserve(t, m, "a-2", 2, true)
	if wait := reserve(t, m, "a-3", 2, false); wait.RetryAfter != 20*time.Second || wait.Among != 1 || wait.PerMinute != 2 {
		t.Errorf("%+v", wait)
	}
	if wait := reserve(t, m, "a-4", 2, false); wait.RetryAfter != 20*time.Second || wait.Among != 2 {
		t.Errorf("comes nearer then: %+v", wait)
	}
	c.Step(19 * time.Second)
	reserve(t, m, "a-3", 2, false)
	if wait, ok := m.Waits("a-3"); !ok || wait.RetryAfter != time.Second {
		t.Errorf("%+v", wait)
	}
	c.Step(time.Second)
	for key, want := range map[string]bool{"a-3": false, "a-4": true, "nobody": false} {
		if _, ok := m.Waits(key); ok != want {
			t.Errorf("%s waits: %v", key, ok)
		}
	}
	reserve(t, m, "a-5", 2, false) // who comes late overtakes nobody
	reserve(t, m, "a-3", 2, true)
	reserve(t, m, "a-4", 2, false)
	c.Step(40 * time.Second)
	reserve(t, m, "a-4", 2, true)
}

func TestMailLimiterTakesTurnsBetweenNamespaces(t *testing.T) {
	m, c, _ := limiter()
	reserve(t, m, "x-0", 1, true)
	for _, key := range []string{"big-1", "big-2", "big-3", "small-1", "other-1", "other-2"} {
		reserve(t, m, key, 1, false)
	}
	var served []string
	for len(m.waiting) > 0 {
		c.Step(time.Minute)
		for _, key := range m.queue.order() {
			namespace, _, _ := strings.Cut(key, "-")
			if slices.Contains(served, key) || namespace == "" {
				t.Error("served twice", key)
			}
			if ok, _ := m.Reserve(key, namespace, 1); ok {
				served = append(served, key)
			}
		}
	}
	if got := strings.Join(served, " "); got != "big-1 small-1 other-1 big-2 other-2 big-3" {
		t.Error(got)
	}
}

func TestMailLimiterGoesOnWhenOthersLeave(t *testing.T) {
	m, c, woken := limiter()
	reserve(t, m, "a-1", 1, true)
	reserve(t, m, "a-2", 1, false)
	reserve(t, m, "a-3", 1, false)
	m.Cancel("a-1") // nobody was mailed
	if fmt.Sprint(*woken) != "[a-2]" {
		t.Error("woken", *woken)
	}
	reserve(t, m, "a-3", 1, false)
	m.Leave("a-2")
	if fmt.Sprint(*woken) != "[a-2 a-3]" {
		t.Error("woken", *woken)
	}
	reserve(t, m, "a-3", 1, true)
	m.Leave("a-3")
	m.Cancel("nobody")
	reserve(t, m, "a-4", 1, false)
	c.Step(time.Minute)
	reserve(t, m, "a-4", 1, true)
}

func TestWhoDoesNotComeHoldsUpNobody(t *testing.T) {
	m, c, _ := limiter()
	reserve(t, m, "a-1", 1, true)
	reserve(t, m, "lost-1", 1, false)
	reserve(t, m, "b-1", 1, false)
	c.Step(time.Minute)
	if wait := reserve(t, m, "b-1", 1, false); wait.RetryAfter > time.Minute {
		t.Errorf("%+v", wait)
	}
	c.Step(time.Minute)
	reserve(t, m, "b-1", 1, false) // the lost one goes
	reserve(t, m, "b-1", 1, true)
}

func TestMailLimiterCountsWhatWasMailedBefore(t *testing.T) {
	m, c, _ := limiter()
	if m.Restored() {
		t.Error("knows already")
	}
	now := c.Now()
	m.Restore(map[string]time.Time{"a-1": now.Add(-30 * time.Second), "a-2": now.Add(-2 * time.Minute), "a-3": now.Add(-50 * time.Second)})
	reserve(t, m, "a-4", 3, true)
	if wait := reserve(t, m, "a-5", 3, false); wait.RetryAfter != 10*time.Second || !m.Restored() {
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
	m, c, _ := limiter()
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
			ok, wait := m.Reserve(key, key[:2], 10)
			if ok {
				delete(due, key)
				continue
			}
			due[key] = next.Add(wait.RetryAfter)
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

func TestMailLimiterBelievesNoClockThatRanAhead(t *testing.T) {
	m, c, _ := limiter()
	m.Restore(map[string]time.Time{"x-1": c.Now().Add(24 * time.Hour), "x-2": c.Now().Add(25 * time.Hour)})
	if wait := reserve(t, m, "x-3", 2, false); wait.RetryAfter > time.Minute {
		t.Errorf("%+v", wait)
	}
	c.Step(time.Minute)
	reserve(t, m, "x-3", 2, true)

	c.SetTime(c.Now().Add(-time.Hour)) // the clock is set back under way
	reserve(t, m, "x-4", 1, false)
	c.Step(time.Minute)
	reserve(t, m, "x-4", 1, true)

	reserve(t, m, "x-5", 1, false)
	reserve(t, m, "x-6", 1, false)
	c.Step(time.Minute)
	m.Leave("nobody")                  // x-5 is woken
	c.SetTime(c.Now().Add(-time.Hour)) // and does not come
	m.Leave("nobody")
	c.Step(time.Minute)
	m.Leave("nobody")
	reserve(t, m, "x-6", 1, true)
}

func TestBreakerSparesOthersAServerThatDoesNotAnswer(t *testing.T) {
	m, c, woken := limiter()
	reserve(t, m, "x-1", 5, true)
	c.Step(30 * time.Second)
	m.Report(false)
	if wait := reserve(t, m, "x-2", 5, false); wait.RetryAfter != coolDown || !wait.BreakerOpen {
		t.Errorf("%+v", wait)
	}
	reserve(t, m, "x-3", 5, false)
	c.Step(coolDown)
	if wait := reserve(t, m, "x-3", 5, false); !wait.BreakerOpen || wait.Among != 2 {
		t.Errorf("one at a time tries it: %+v", wait)
	}
	reserve(t, m, "x-2", 5, true)
	if wait, waits := m.Waits("x-3"); !waits || wait.RetryAfter != coolDown {
		t.Errorf("while it is tried: %v %+v", waits, wait)
	}
	*woken = nil
	m.Report(true)
	if len(*woken) != 1 || (*woken)[0] != "x-3" {
		t.Errorf("woke %v", *woken)
	}
	reserve(t, m, "x-4", 5, true)
	reserve(t, m, "x-3", 5, true)

	m.Report(false)
	c.SetTime(c.Now().Add(-time.Hour))
	reserve(t, m, "x-5", 9, false)
	c.Step(coolDown)
	reserve(t, m, "x-5", 9, true)
}

func TestAMailChargedToAnotherNamespaceTakesAnotherPlace(t *testing.T) {
	m, c, woken := limiter()
	m.Reserve("x", "any", 1)
	for _, key := range []string{"big-1", "big-2", "small-1", "small-2"} {
		reserve(t, m, key, 1, false)
	}
	if order := m.queue.order(); order[2] != "big-2" {
		t.Fatal(order)
	}
	m.Charge("big-2", "big")
	m.Charge("nobody", "small")
	if order := m.queue.order(); len(order) != 4 || order[2] != "big-2" {
		t.Error("without a change:", order)
	}
	m.Charge("big-1", "small")
	if order := m.queue.order(); len(order) != 4 || order[0] != "big-2" && order[1] != "big-2" || order[3] != "big-1" {
		t.Error("big-1 is charged to small:", order)
	}
	*woken = nil
	c.Step(time.Minute)
	m.Leave("small-1")
	if len(*woken) != 1 || (*woken)[0] == "big-1" {
		t.Error("woke", *woken)
	}
	if ok, _ := m.Reserve("big-2", "small", 1); ok {
		t.Error("goes ahead of those who waited there")
	}
}

// Two workers that find out at the same time what was mailed before the start enter it once.
func TestMailsOfBeforeTheStartCountOnce(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1_800_000_000, 0))
	m := NewMailLimiter(c, time.Minute, func(string) {}, func(string) bool { return false })
	last := map[string]time.Time{"a": c.Now().Add(-10 * time.Second)}
	m.Restore(last)
	m.Restore(last)
	if ok, _ := m.Reserve("b", "ns", 2); !ok {
		t.Error("one mail of two was sent within the minute, and nobody else may be mailed")
	}
}
