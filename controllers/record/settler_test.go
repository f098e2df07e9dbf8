package record

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
)

var key = types.NamespacedName{Namespace: "ns", Name: "acme-x"}

func TestSettlerWaitsForQuietAndNotForEver(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000, 0))
	s := newSettler(c)
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
	generation := int64(2)
	for elapsed := time.Duration(0); elapsed < longest-quiet; elapsed += quiet / 2 {
		c.Step(quiet / 2)
		generation++
		s.wait(key, generation, 1)
	}
	c.Step(quiet / 2)
	if wait := s.wait(key, generation+1, 1); wait != 0 {
		t.Error("a trickle starves it: waits", wait)
	}
}

func TestSettlerHoldsAFailureButNotACorrection(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000, 0))
	s := newSettler(c)
	s.postpone(key, 3, time.Minute)
	if held := s.held(key, 3); held != time.Minute {
		t.Error("held", held)
	}
	c.Step(59 * time.Second)
	if held := s.held(key, 3); held != time.Second {
		t.Error("held", held)
	}
	if held := s.held(key, 4); held != 0 {
		t.Error("a changed spec is held", held)
	}
	s.postpone(key, 4, time.Minute)
	s.forget(key)
	if held := s.held(key, 4); held != 0 {
		t.Error("a forgotten record is held", held)
	}
}
