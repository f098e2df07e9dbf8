package session

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// busy is a line whose turns are all taken by a and b.
func busy(t *testing.T) (l *line, woken *[]string) {
	woken = new([]string)
	l = newLine(func(key string) { *woken = append(*woken, key) })
	for _, key := range []string{"a", "b"} {
		if !l.join(key, Errand{}) {
			t.Error(key, "has no turn while one is free")
		}
	}
	return l, woken
}

func (l *line) waits(t *testing.T, errand Errand, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if l.join(key, errand) {
			t.Error(key, "has a turn while none is free")
		}
	}
}

func TestLineServesInOrder(t *testing.T) {
	l, woken := busy(t)
	l.waits(t, Errand{}, "c", "d", "e")
	l.leave("d") // thought better of it
	l.leave("a")
	l.leave("b")
	if fmt.Sprint(*woken) != "[c e]" {
		t.Error("woken", *woken)
	}
	if !l.join("c", Errand{}) || l.join("f", Errand{}) {
		t.Error("a woken one keeps its turn, and nobody jumps the line")
	}
}

// served is in which order a line serves who waits.
func served(l *line, woken *[]string) string {
	for done := []string{"a", "b"}; len(done) > 0; {
		before := len(*woken)
		l.leave(done[0])
		done = append(done[1:], (*woken)[before:]...)
	}
	return strings.Join(*woken, " ")
}

func TestLineServesByClassAndKeepsAFifth(t *testing.T) {
	l, woken := busy(t)
	l.waits(t, Errand{Class: ClassProof}, "p1", "p2")
	l.waits(t, Errand{Class: ClassDrift}, "d1", "d2")
	l.waits(t, Errand{Class: ClassAdd}, "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9")
	l.waits(t, Errand{Class: ClassRemoval}, "r1", "r2")
	if got := served(l, woken); got != "r1 r2 n1 n2 p1 n3 n4 n5 n6 d1 n7 n8 n9 d2 p2" {
		t.Error(got)
	}
}

func TestLineTakesTurnsBetweenNamespaces(t *testing.T) {
	l, woken := busy(t)
	l.waits(t, Errand{ClassAdd, "big"}, "b1", "b2", "b3")
	l.waits(t, Errand{ClassAdd, "small"}, "s1")
	l.waits(t, Errand{ClassAdd, "other"}, "o1", "o2")
	if got := served(l, woken); got != "b1 s1 o1 b2 o2 b3" {
		t.Error(got)
	}
}

func TestWhoComesForSomethingElseTakesAnotherPlace(t *testing.T) {
	l, woken := busy(t)
	l.waits(t, Errand{ClassDrift, "x"}, "one", "two")
	l.waits(t, Errand{ClassRemoval, "x"}, "two")
	l.waits(t, Errand{ClassDrift, "x"}, "one")
	if got := served(l, woken); got != "two one" || slices.Contains(*woken, "") {
		t.Error(got)
	}
	if len(l.places) > 0 || len(l.queues[ClassDrift].waiting) > 0 || len(l.queues[ClassRemoval].waiting) > 0 {
		t.Error("something is left")
	}
}
