package queue

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func keyOf(namespace string, i int) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: fmt.Sprint(i)}
}

// hang has a namespace ask for so many slots, and tells how many it got.
func hang(s *Slots, namespace string, objects int) (got int) {
	for i := range objects {
		if s.Acquire(keyOf(namespace, i)) {
			got++
		}
	}
	return got
}

func TestWhoHangsLeavesSlotsToOthers(t *testing.T) { // I10
	s := NewSlots(64, func(types.NamespacedName) {})
	for namespace, want := range []int{32, 16, 8, 4, 2, 1, 1, 0} {
		if got := hang(s, fmt.Sprint(namespace), 100); got != want {
			t.Errorf("namespace %d got %d, want %d", namespace, got, want)
		}
	}
	many := NewSlots(64, func(types.NamespacedName) {})
	for i := range 62 {
		if hang(many, fmt.Sprint(i), 1) != 1 {
			t.Errorf("namespace %d has nothing", i)
		}
	}
	if hang(many, "late", 1) != 1 {
		t.Error("nothing is left for a newcomer")
	}
	for size, want := range map[int]int{1: 1, 2: 1, 3: 2} {
		if got := hang(NewSlots(size, nil), "a", 9); got != want {
			t.Errorf("of %d one namespace gets %d, want %d", size, got, want)
		}
	}
}

func TestSlotsAreGivenInTurns(t *testing.T) {
	var woken []string
	s := NewSlots(6, func(key types.NamespacedName) { woken = append(woken, key.Namespace+key.Name) })
	if hang(s, "a", 6) != 3 || hang(s, "b", 4) != 2 || hang(s, "c", 3) != 1 {
		t.Fatal(s.held)
	}
	if s.Acquire(keyOf("a", 3)) || !s.Acquire(keyOf("a", 0)) {
		t.Error("who waits has no second place, and who has a slot keeps it")
	}
	s.Release(keyOf("b", 2)) // thought better of it
	s.Release(keyOf("nobody", 1))
	for i := range 3 {
		s.Release(keyOf("a", i))
	}
	if got := strings.Join(woken, " "); got != "a3 c1" {
		t.Error("woken", got)
	}
	for _, done := range []types.NamespacedName{keyOf("b", 0), keyOf("b", 1), keyOf("b", 3), keyOf("c", 0)} {
		s.Release(done)
	}
	if got := strings.Join(woken, " "); got != "a3 c1 b3 a4 c2" {
		t.Error("woken", got)
	}
	for len(s.held) > 0 { // also those who are woken by it
		for key := range s.held {
			s.Release(key)
		}
	}
	if s.free != 6 || len(s.counts) > 0 || len(s.waiting.namespaces) > 0 {
		t.Error("something is left", s.free, s.counts, s.waiting)
	}
}
