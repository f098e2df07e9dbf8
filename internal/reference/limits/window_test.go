package limits

import (
	"fmt"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

func TestWindowSlides(t *testing.T) {
	clk := clocktesting.NewFakeClock(time.Unix(0, 0))
	w := NewWindow(clk, time.Minute)
	for i := range 3 {
		if _, ok := w.Allow("a", 3); !ok {
			t.Fatalf("call %d refused", i)
		}
		clk.Step(10 * time.Second)
	}
	// Calls were at 0, 10 and 20 s; it is 30 s.
	if wait, ok := w.Allow("a", 3); ok || wait != 30*time.Second {
		t.Errorf("fourth call: allowed %v, wait %v, want refused for 30s", ok, wait)
	}
	if _, ok := w.Allow("b", 3); !ok {
		t.Error("another key is refused")
	}
	clk.Step(30*time.Second - 1)
	if _, ok := w.Allow("a", 3); ok {
		t.Error("allowed within a minute of the first")
	}
	clk.Step(1)
	if _, ok := w.Allow("a", 3); !ok {
		t.Error("refused a minute after the first")
	}
	if wait, ok := w.Allow("a", 3); ok || wait != 10*time.Second {
		t.Errorf("only one call has left the window: allowed %v, wait %v", ok, wait)
	}
}

func TestWindowForgetsOldKeys(t *testing.T) {
	clk := clocktesting.NewFakeClock(time.Unix(0, 0))
	w := NewWindow(clk, time.Minute)
	for i := range 5 * sweepAt {
		w.Allow(fmt.Sprint(i), 1)
		clk.Step(time.Second)
	}
	if len(w.calls) > sweepAt+1 {
		t.Errorf("%d keys remembered, want at most %d", len(w.calls), sweepAt+1)
	}
}

func TestWindowOfNone(t *testing.T) {
	w := NewWindow(clocktesting.NewFakeClock(time.Unix(0, 0)), time.Minute)
	if wait, ok := w.Allow("a", 0); ok || wait != time.Minute {
		t.Errorf("allowed %v, wait %v", ok, wait)
	}
}
