package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// busy is a line whose turns are all taken by a and b.
func busy(t *testing.T) (l *FairQueue, woken *[]string) {
	woken = new([]string)
	l = NewFairQueue(func(key string) { *woken = append(*woken, key) })
	for _, key := range []string{"a", "b"} {
		if !l.Acquire(key, WriteRequest{}) {
			t.Error(key, "has no turn while one is free")
		}
	}
	return l, woken
}

func (l *FairQueue) waits(t *testing.T, request WriteRequest, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if l.Acquire(key, request) {
			t.Error(key, "has a turn while none is free")
		}
	}
}

func TestLineServesInOrder(t *testing.T) {
	l, woken := busy(t)
	l.waits(t, WriteRequest{}, "c", "d", "e")
	l.Release("d") // thought better of it
	l.Release("a")
	l.Release("b")
	if fmt.Sprint(*woken) != "[c e]" {
		t.Error("woken", *woken)
	}
	if !l.Acquire("c", WriteRequest{}) || l.Acquire("f", WriteRequest{}) {
		t.Error("a woken one keeps its turn, and nobody jumps the line")
	}
}

// served is in which order a line serves who waits.
func served(l *FairQueue, woken *[]string) string {
	for done := []string{"a", "b"}; len(done) > 0; {
		before := len(*woken)
		l.Release(done[0])
		done = append(done[1:], (*woken)[before:]...)
	}
	return strings.Join(*woken, " ")
}

func TestLineServesByClassAndKeepsAFifth(t *testing.T) {
	l, woken := busy(t)
	l.waits(t, WriteRequest{Priority: PriorityProof}, "p1", "p2")
	l.waits(t, WriteRequest{Priority: PriorityDrift}, "d1", "d2")
	l.waits(t, WriteRequest{Priority: PriorityAdd}, "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9")
	l.waits(t, WriteRequest{Priority: PriorityRemoval}, "r1", "r2")
	if got := served(l, woken); got != "r1 r2 n1 n2 p1 n3 n4 n5 n6 d1 n7 n8 n9 d2 p2" {
		t.Error(got)
	}
}

func TestLineTakesTurnsBetweenNamespaces(t *testing.T) {
	l, woken := busy(t)
	l.waits(t, WriteRequest{PriorityAdd, "big"}, "b1", "b2", "b3")
	l.waits(t, WriteRequest{PriorityAdd, "small"}, "s1")
	l.waits(t, WriteRequest{PriorityAdd, "other"}, "o1", "o2")
	if got := served(l, woken); got != "b1 s1 o1 b2 o2 b3" {
		t.Error(got)
	}
}

func TestWhoComesForSomethingElseTakesAnotherPlace(t *testing.T) {
	l, woken := busy(t)
	l.waits(t, WriteRequest{PriorityDrift, "x"}, "one", "two")
	l.waits(t, WriteRequest{PriorityRemoval, "x"}, "two")
	l.waits(t, WriteRequest{PriorityDrift, "x"}, "one")
	if got := served(l, woken); got != "two one" || slices.Contains(*woken, "") {
		t.Error(got)
	}
	if len(l.waiting) > 0 || len(l.queues[PriorityDrift].waiting) > 0 || len(l.queues[PriorityRemoval].waiting) > 0 {
		t.Error("something is left")
	}
}
