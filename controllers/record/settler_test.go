package record

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/timing"
)

var key = types.NamespacedName{Namespace: "ns", Name: "acme-x"}

func TestSettlerWaitsForQuietAndNotForEver(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000, 0))
	const quiet, longest = time.Second, 4 * time.Second
	s := newSettler(c, timing.Timing{}.Shipped())
	if wait := s.wait(key, 1, 1); wait != 0 {
		t.Error("at rest, waits", wait)
	}
	if wait := s.wait(key, 2, 1); wait != quiet {
		t.Error("just changed, waits", wait)
	}
	c.Step(quiet)
	if wait := s.wait(key, 2, 1); wait != 0 {
		t.Error("quiet, waits", wait)
	}
	c.Step(10 * time.Minute)
	if wait := s.wait(key, 3, 2); wait != quiet {
		t.Error("a later burst is not waited for, but", wait)
	}
	generation := int64(3)
	for elapsed := time.Duration(0); elapsed < longest-quiet/2; elapsed += quiet / 2 {
		c.Step(quiet / 2)
		generation++
		if wait := s.wait(key, generation, 2); wait == 0 {
			t.Error("a trickle is not waited for after", elapsed)
		}
	}
	c.Step(quiet / 2)
	if wait := s.wait(key, generation+1, 2); wait != 0 {
		t.Error("a trickle starves it: waits", wait)
	}
}

func TestSettlerHoldsAFailureButNotACorrection(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000, 0))
	s := newSettler(c, timing.Timing{}.Shipped())
	failed := cause{generation: 3, configuration: "old key"}
	s.postpone(key, failed, time.Minute)
	if held := s.held(key, failed); held != time.Minute {
		t.Error("held", held)
	}
	c.Step(59 * time.Second)
	if held := s.held(key, failed); held != time.Second {
		t.Error("held", held)
	}
	for what, now := range map[string]cause{
		"spec": {generation: 4, configuration: "old key"}, "key": {generation: 3, configuration: "new key"},
	} {
		s.postpone(key, failed, time.Minute)
		if held := s.held(key, now); held != 0 {
			t.Errorf("a changed %s is held %s", what, held)
		}
	}
	s.postpone(key, failed, time.Minute)
	s.forget(key)
	if held := s.held(key, failed); held != 0 {
		t.Error("a forgotten record is held", held)
	}
}
