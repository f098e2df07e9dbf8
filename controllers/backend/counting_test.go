package backend

import (
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// TestWaiting: who waits is told in steps, and not where it is soon over.
func TestWaiting(t *testing.T) {
	for _, c := range []struct {
		people        int
		lasts         time.Duration
		told, minutes int32
	}{
		{0, 0, 0, 0},
		{3, 0, 0, 0}, // nothing was written yet
		{900, 10 * time.Second, 0, 0},
		{9, 11 * time.Second, 10, 1},
		{48, time.Minute, 50, 1},
		{48, time.Minute + time.Second, 50, 2},
		{10_000, 208 * time.Minute, 10_000, 500},
	} {
		switch got := waiting(c.people, c.lasts); {
		case c.told == 0 && got != nil, c.told > 0 && (got == nil || *got != v1alpha1.WaitingPeople{People: c.told, Minutes: c.minutes}):
			t.Errorf("%d people, %s: %+v", c.people, c.lasts, got)
		}
	}
}
