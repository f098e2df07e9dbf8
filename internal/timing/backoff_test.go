package timing_test

import (
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/timing"
)

func TestJitter(t *testing.T) {
	for range 100 {
		if j := timing.Jitter(10 * time.Second); j < 10*time.Second || j > 11*time.Second {
			t.Fatal(j)
		}
	}
	if timing.Jitter(0) != 0 {
		t.Error("no wait has no jitter")
	}
}
