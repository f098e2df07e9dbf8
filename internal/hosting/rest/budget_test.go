package rest

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
)

var (
	acme  = types.NamespacedName{Namespace: "ns", Name: "acme"}
	start = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
)

// pass takes n turns one after the other on a fake clock and says when each came.
func pass(t *testing.T, c *clocktesting.FakeClock, l *lane, n int) []time.Time {
	t.Helper()
	times := make([]time.Time, 0, n)
	for range n {
		_, delay := l.reserve()
		c.Step(delay)
		times = append(times, c.Now())
	}
	return times
}

// busiest is the most turns in any minute, its end excluded.
func busiest(times []time.Time) int {
	slices.SortFunc(times, time.Time.Compare)
	most := 0
	for i, from := range times {
		n := 0
		for _, at := range times[i:] {
			if at.Before(from.Add(time.Minute)) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func TestPace(t *testing.T) {
	for name, c := range map[string]struct{ reads, writes, perMinuteReads, perMinuteWrites int }{
		"given":      {100, 25, 96, 24},
		"documented": {0, -1, 240, 48},
	} {
		clk := clocktesting.NewFakeClock(start)
		b := NewBudget(c.reads, c.writes, clk)
		for lane, want := range map[*lane]int{b.reads: c.perMinuteReads, b.writes: c.perMinuteWrites} {
			times := pass(t, clk, lane, 3*want)
			// A long rest must not save up turns.
			clk.Step(time.Hour)
			times = append(times, pass(t, clk, lane, 3*want)...)
			if got := busiest(times); got != want {
				t.Errorf("%s: %d calls in the busiest minute, want %d", name, got, want)
			}
		}
	}
}

// crowd is many callers that ask for turns at once on a fake clock.
type crowd struct {
	clock *clocktesting.FakeClock
	group sync.WaitGroup
	asked int

	mu     sync.Mutex
	passed []time.Time
	gaveUp int
}

func (c *crowd) ask(ctx context.Context, l *lane) {
	c.asked++
	c.group.Go(func() {
		_, err := l.wait(ctx, time.Hour)
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			c.gaveUp++
		} else {
			c.passed = append(c.passed, c.clock.Now())
		}
	})
}

// settle waits until everybody has passed, given up, or waits for the clock.
func (c *crowd) settle() (waiting int) {
	for {
		waiting = c.clock.Waiters()
		c.mu.Lock()
		done := len(c.passed) + c.gaveUp
		c.mu.Unlock()
		if done+waiting == c.asked {
			return waiting
		}
		runtime.Gosched()
	}
}

// run lets time go by until nobody waits.
func (c *crowd) run() []time.Time {
	for c.settle() > 0 {
		c.clock.Step(10 * time.Millisecond)
	}
	c.group.Wait()
	slices.SortFunc(c.passed, time.Time.Compare)
	return c.passed
}

// TestPaceWhenCrowded lets 200 callers ask at once while others set the limits to what
// they are; a quarter gives up while waiting.
func TestPaceWhenCrowded(t *testing.T) {
	clk := clocktesting.NewFakeClock(start)
	budgets := NewBudgets(clk)
	b := budgets.Ensure(acme, "https://api.example.org/v1", "token", 250, 50)
	c := &crowd{clock: clk}
	impatient, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	for i := range 200 {
		ctx := t.Context()
		if i%4 == 3 {
			ctx = impatient
		}
		c.ask(ctx, b.writes)
		budgets.Ensure(acme, "https://API.example.org:443/v1/", "token", 250, 50)
	}
	c.settle()
	giveUp()
	times := c.run()
	if len(times) < 150 || len(times)+c.gaveUp != 200 {
		t.Errorf("%d passed and %d gave up of 200", len(times), c.gaveUp)
	}
	if got := busiest(times); got > 48 {
		t.Errorf("%d calls in the busiest minute", got)
	}
	if _, writes := b.Counts(); writes != int64(len(times)) {
		t.Errorf("counted %d, passed %d", writes, len(times))
	}
}

func TestHalvedPace(t *testing.T) {
	clk := clocktesting.NewFakeClock(start)
	b := NewBudget(250, 50, clk)
	pass(t, clk, b.writes, 10)
	b.writes.slow(30 * time.Second)
	told := clk.Now()
	times := pass(t, clk, b.writes, 100)
	if got := times[0].Sub(told); got < 30*time.Second {
		t.Errorf("the first call passed %s after being told to wait 30s", got)
	}
	if got := busiest(times); got != 24 {
		t.Errorf("%d calls in the busiest minute while halved, want 24", got)
	}
	if _, delay := b.reads.reserve(); delay != 0 {
		t.Errorf("reads wait %s for what writes did", delay)
	}
	clk.SetTime(told.Add(slowFor))
	if got := busiest(pass(t, clk, b.writes, 100)); got != 48 {
		t.Errorf("%d calls in the busiest minute afterwards, want 48", got)
	}
	// A second 429 halves once, not twice, and never shortens the wait asked for.
	b.writes.slow(time.Minute)
	b.writes.slow(time.Second)
	told = clk.Now()
	times = pass(t, clk, b.writes, 50)
	if times[0].Sub(told) < time.Minute || busiest(times) != 24 {
		t.Errorf("after two: first after %s, busiest %d", times[0].Sub(told), busiest(times))
	}
}

// TestNoRushWhenReopened: those who waited when the provider said "too many" come one by
// one afterwards.
func TestNoRushWhenReopened(t *testing.T) {
	clk := clocktesting.NewFakeClock(start)
	l := NewBudget(250, 50, clk).writes
	pass(t, clk, l, 1)
	c := &crowd{clock: clk}
	for range 3 {
		c.ask(t.Context(), l)
	}
	c.settle()
	l.slow(time.Minute)
	times := c.run()
	if times[0].Sub(start) < time.Minute {
		t.Errorf("passed %s after being told to wait a minute", times[0].Sub(start))
	}
	for i := range times[1:] {
		if gap := times[i+1].Sub(times[i]); gap < 2500*time.Millisecond {
			t.Errorf("calls %d and %d came within %s", i, i+1, gap)
		}
	}
}

func TestBudgetsShare(t *testing.T) {
	b := NewBudgets(clock.RealClock{})
	one := b.Ensure(acme, "https://api.example.org/v1", "token", 250, 50)
	for name, c := range map[string]struct {
		url, token string
		same       bool
	}{
		"same":        {"https://api.example.org/v1", "token", true},
		"slash":       {"https://api.example.org/v1/", "token", true},
		"case, port":  {"https://API.example.org:443/v1", "token", true},
		"other token": {"https://api.example.org/v1", "nekot", false},
		"other host":  {"https://api.example.com/v1", "token", false},
		"other port":  {"https://api.example.org:8443/v1", "token", false},
	} {
		if got := b.Ensure(types.NamespacedName{Name: name}, c.url, c.token, 250, 50) == one; got != c.same {
			t.Errorf("%s: shared %v, want %v", name, got, c.same)
		}
	}
}

// A key that is replaced, or whose backend is gone, leaves nothing behind, unless another has it.
func TestBudgetsAreAsManyAsBackends(t *testing.T) {
	b, other := NewBudgets(clock.RealClock{}), types.NamespacedName{Name: "other"}
	one := b.Ensure(acme, "https://api.example.org", "a", 250, 50)
	b.Ensure(other, "https://api.example.org", "a", 250, 50)
	b.Ensure(acme, "https://api.example.org", "b", 250, 50)
	if got := b.Ensure(acme, "https://api.example.org", "a", 250, 50); got != one || len(b.byKey) != 1 {
		t.Errorf("a key that another has was dropped, or one that nobody has was kept: %d keys", len(b.byKey))
	}
	b.Drop(acme)
	b.Drop(acme)
	if b.Ensure(other, "https://api.example.org", "a", 250, 50) != one {
		t.Error("dropped with the first of two")
	}
	if b.Drop(other); len(b.byKey)+len(b.keys) != 0 {
		t.Errorf("%d keys of %d backends are left", len(b.byKey), len(b.keys))
	}
}

func TestLimitsChange(t *testing.T) {
	clk := clocktesting.NewFakeClock(start)
	budgets := NewBudgets(clk)
	b := budgets.Ensure(acme, "https://api.example.org", "token", 250, 50)
	pass(t, clk, b.writes, 1)
	budgets.Ensure(acme, "https://api.example.org", "token", 250, 100)
	if got := busiest(pass(t, clk, b.writes, 200)); got != 96 {
		t.Errorf("%d calls in the busiest minute, want 96", got)
	}
}
