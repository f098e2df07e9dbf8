package queue

import (
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

// Who is to be mailed waits to be written to as well. However long that takes, nobody gets ahead
// of them in the queue of mails, and once they leave the other queue without having come, others do.
func TestWhoWaitsToBeWrittenToKeepsTheirTurnToBeMailed(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000, 0))
	f := NewFairQueue(func(string) {})
	o := NewMailLimiter(c, 0, func(string) {}, f.Has)
	take(t, o, "a-1", 1, true)
	take(t, o, "a-2", 1, false)
	take(t, o, "b-1", 1, false)
	for _, key := range []string{"w-1", "w-2"} {
		if !f.Acquire(key, WriteRequest{}) {
			t.Fatal("the queue is not free")
		}
	}
	c.Step(shippedWindow)
	take(t, o, "b-1", 1, false) // a-2 is told
	if f.Acquire("a-2", WriteRequest{}) {
		t.Fatal("the queue is not busy")
	}
	for range 5 {
		c.Step(turnTimeout)
		take(t, o, "b-1", 1, false)
	}
	f.Release("w-1") // a-2 is woken, and takes a while
	c.Step(turnTimeout)
	take(t, o, "b-1", 1, false)
	take(t, o, "a-2", 1, true)
	f.Release("a-2")

	c.Step(shippedWindow)
	o.Leave("nobody") // b-1 is told
	take(t, o, "c-1", 1, false)
	f.Release("w-2")
	c.Step(turnTimeout)
	take(t, o, "c-1", 1, false) // b-1 did not come, nor does it wait
	take(t, o, "c-1", 1, true)
}

func TestWhoIsMailedOnAnotherAccountTakesAnotherPlace(t *testing.T) {
	o, c, woken := limiter()
	o.Reserve("x", "any", 1)
	for _, key := range []string{"big-1", "big-2", "small-1", "small-2"} {
		take(t, o, key, 1, false)
	}
	if order := o.queue.order(); order[2] != "big-2" {
		t.Fatal(order)
	}
	o.Charge("big-2", "big")
	o.Charge("nobody", "small")
	if order := o.queue.order(); len(order) != 4 || order[2] != "big-2" {
		t.Error("without a change:", order)
	}
	o.Charge("big-1", "small")
	if order := o.queue.order(); len(order) != 4 || order[0] != "big-2" && order[1] != "big-2" || order[3] != "big-1" {
		t.Error("big-1 is on small's account:", order)
	}
	*woken = nil
	c.Step(shippedWindow)
	o.Leave("small-1")
	if len(*woken) != 1 || (*woken)[0] == "big-1" {
		t.Error("woke", *woken)
	}
	if ok, _ := o.Reserve("big-2", "small", 1); ok {
		t.Error("goes ahead of those who waited on that account")
	}
}
