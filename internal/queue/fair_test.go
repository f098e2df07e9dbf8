package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// busy is a queue that serves a and b, and nobody else.
func busy(t *testing.T) (q *FairQueue, woken *[]string) {
	woken = new([]string)
	q = NewFairQueue(func(key string) { *woken = append(*woken, key) })
	for _, key := range []string{"a", "b"} {
		if !q.Acquire(key, WriteRequest{}) {
			t.Error(key, "is not served while there is room")
		}
	}
	return q, woken
}

func (q *FairQueue) waits(t *testing.T, request WriteRequest, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if q.Acquire(key, request) {
			t.Error(key, "is served while there is no room")
		}
	}
}

func TestFairQueueServesInOrder(t *testing.T) {
	q, woken := busy(t)
	q.waits(t, WriteRequest{}, "c", "d", "e")
	q.Release("d") // thought better of it
	q.Release("a")
	q.Release("b")
	if fmt.Sprint(*woken) != "[c e]" {
		t.Error("woken", *woken)
	}
	if !q.Acquire("c", WriteRequest{}) || q.Acquire("f", WriteRequest{}) {
		t.Error("a woken one is served, and nobody overtakes")
	}
}

// served is in which order a queue serves who waits.
func served(q *FairQueue, woken *[]string) string {
	for done := []string{"a", "b"}; len(done) > 0; {
		before := len(*woken)
		q.Release(done[0])
		done = append(done[1:], (*woken)[before:]...)
	}
	return strings.Join(*woken, " ")
}

func TestFairQueueServesByPriorityAndKeepsAFifth(t *testing.T) {
	q, woken := busy(t)
	q.waits(t, WriteRequest{Priority: PriorityProof}, "p1", "p2")
	q.waits(t, WriteRequest{Priority: PriorityDrift}, "d1", "d2")
	q.waits(t, WriteRequest{Priority: PriorityAdd}, "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9")
	q.waits(t, WriteRequest{Priority: PriorityRemoval}, "r1", "r2")
	if got := served(q, woken); got != "r1 r2 n1 n2 p1 n3 n4 n5 n6 d1 n7 n8 n9 d2 p2" {
		t.Error(got)
	}
}

func TestFairQueueTakesTurnsBetweenNamespaces(t *testing.T) {
	q, woken := busy(t)
	q.waits(t, WriteRequest{PriorityAdd, "big"}, "b1", "b2", "b3")
	q.waits(t, WriteRequest{PriorityAdd, "small"}, "s1")
	q.waits(t, WriteRequest{PriorityAdd, "other"}, "o1", "o2")
	if got := served(q, woken); got != "b1 s1 o1 b2 o2 b3" {
		t.Error(got)
	}
}

func TestAnotherRequestTakesAnotherPlace(t *testing.T) {
	q, woken := busy(t)
	q.waits(t, WriteRequest{PriorityDrift, "x"}, "one", "two")
	q.waits(t, WriteRequest{PriorityRemoval, "x"}, "two")
	q.waits(t, WriteRequest{PriorityDrift, "x"}, "one")
	if got := served(q, woken); got != "two one" || slices.Contains(*woken, "") {
		t.Error(got)
	}
	if len(q.waiting) > 0 || len(q.queues[PriorityDrift].waiting) > 0 || len(q.queues[PriorityRemoval].waiting) > 0 {
		t.Error("something is left")
	}
}

func TestALimitThatGrowsWakesWhoWaits(t *testing.T) {
	q, woken := busy(t)
	q.waits(t, WriteRequest{}, "c", "d", "e")
	q.SetLimit(4)
	if fmt.Sprint(*woken) != "[c d]" {
		t.Error("woken", *woken)
	}
	q.SetLimit(2)
	q.Release("a")
	q.Release("b")
	if len(*woken) != 2 || !q.Acquire("c", WriteRequest{}) {
		t.Error("who is served stays so, and nobody else is:", *woken)
	}
	if q.Release("c"); fmt.Sprint(*woken) != "[c d e]" {
		t.Error("woken", *woken)
	}
}
