package provider

import (
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/queue"
)

// Who is to be mailed waits to be written to as well. However long that takes, nobody gets ahead
// of them in the line of mails, and once they leave the other line without having come, others do.
func TestWhoWaitsToBeWrittenToKeepsTheirTurnToBeMailed(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000, 0))
	s := newConnection(c, time.Minute, func(string) {})
	reserve := func(key string, want bool) {
		t.Helper()
		if ok, _ := s.Mails().Reserve(key, key[:1], 1); ok != want {
			t.Errorf("%s may be mailed: %v", key, ok)
		}
	}
	reserve("a-1", true)
	reserve("a-2", false)
	reserve("b-1", false)
	for _, key := range []string{"w-1", "w-2"} {
		if !s.Writes().Acquire(key, queue.WriteRequest{}) {
			t.Fatal("the queue is not free")
		}
	}
	c.Step(time.Minute)
	reserve("b-1", false) // a-2 is told
	if s.Writes().Acquire("a-2", queue.WriteRequest{}) {
		t.Fatal("the queue is not busy")
	}
	for range 5 {
		c.Step(time.Minute)
		reserve("b-1", false)
	}
	s.Writes().Release("w-1") // a-2 is woken, and takes a while
	c.Step(time.Minute)
	reserve("b-1", false)
	reserve("a-2", true)
	s.Writes().Release("a-2")

	c.Step(time.Minute)
	s.Mails().Leave("nobody") // b-1 is told
	reserve("c-1", false)
	s.Writes().Release("w-2")
	c.Step(time.Minute)
	reserve("c-1", false) // b-1 did not come, nor does it wait
	reserve("c-1", true)
}

// With other clients, and so maybe another limit, as few are at work as at first, whatever was measured before: those who may be more urgent do not
// wait for them.
func TestOtherClientsBeginWithFew(t *testing.T) {
	s := newConnection(clocktesting.NewFakeClock(time.Unix(1000, 0)), time.Minute, func(string) {})
	served := func() (count int) {
		for i := range 100 {
			key := string(rune('a' + i))
			if s.Writes().Acquire(key, queue.WriteRequest{}) {
				count++
			}
		}
		for i := range 100 {
			s.Writes().Release(string(rune('a' + i)))
		}
		return count
	}
	for range 1000 {
		s.Took(50*time.Millisecond, true, 1000)
	}
	if got := served(); got != 32 {
		t.Errorf("without a limit that matters %d are at work", got)
	}
	s.Configure("owner", "digest", "mark", nil, nil)
	if got := served(); got != 2 {
		t.Errorf("with other clients %d are at work", got)
	}
}
