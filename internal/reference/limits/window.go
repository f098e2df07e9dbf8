// Package limits enforces calls per time the way a vendor does: over a sliding window, so
// that no moment sees more than the limit in the window before it.
package limits

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// sweepAt is how many keys may be remembered before those without recent calls are
// forgotten. It bounds memory against callers that keep changing their address.
const sweepAt = 1024

// Window counts the calls of each key over the last span. Refused calls do not count.
// It may be used by several goroutines.
type Window struct {
	clock clock.PassiveClock
	span  time.Duration

	mu    sync.Mutex
	calls map[string][]time.Time
}

// NewWindow makes a window of the given span.
func NewWindow(clk clock.PassiveClock, span time.Duration) *Window {
	return &Window{clock: clk, span: span, calls: map[string][]time.Time{}}
}

// Allow records a call of key and says true, or, where key had limit calls within the
// span, says false and how long until the oldest leaves the window.
func (w *Window) Allow(key string, limit int) (wait time.Duration, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock.Now()
	if len(w.calls) > sweepAt {
		for other, calls := range w.calls {
			if len(w.recent(calls, now)) == 0 {
				delete(w.calls, other)
			}
		}
	}
	calls := w.recent(w.calls[key], now)
	if len(calls) >= limit {
		w.calls[key] = calls
		if len(calls) == 0 {
			return w.span, false
		}
		return calls[0].Add(w.span).Sub(now), false
	}
	w.calls[key] = append(calls, now)
	return 0, true
}

func (w *Window) recent(calls []time.Time, now time.Time) []time.Time {
	for i, at := range calls {
		if now.Sub(at) < w.span {
			return calls[i:]
		}
	}
	return nil
}
