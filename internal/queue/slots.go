package queue

import (
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// Slots bounds how many workers of a kind wait for providers: a namespace takes a slot only while it
// holds fewer than are free. So one whose providers hang gets half of them, each of two a third, each
// of seven an eighth, and what is left serves everybody else. Whoever waits holds no worker, and is
// woken in turns between namespaces. Of one backend 2 to 32 people (Flight), one list and one
// list of holdings are worked on at a time, whatever is free. It is safe for concurrent use.
type Slots struct {
	wake func(types.NamespacedName)

	mu      sync.Mutex
	free    int
	held    map[types.NamespacedName]bool // true: has a slot; false: waits
	counts  map[string]int                // of slots that namespaces hold
	waiting roundRobin
}

// NewSlots makes so many slots. wake is called with whoever waited and has one now; it must not
// block.
func NewSlots(size int, wake func(types.NamespacedName)) *Slots {
	return &Slots{wake: wake, free: size, held: map[types.NamespacedName]bool{}, counts: map[string]int{}}
}

// Acquire takes a slot for an object where its namespace may have another; otherwise the object waits.
// It keeps the slot until Release.
func (s *Slots) Acquire(key types.NamespacedName) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	has, known := s.held[key]
	if known {
		return has
	}
	if s.held[key] = s.may(key.Namespace); !s.held[key] {
		s.waiting.add(key.Namespace, key.Name)
		return false
	}
	s.take(key.Namespace)
	return true
}

// Release gives a slot back, or ends waiting, and wakes whoever is next; no-op without either.
func (s *Slots) Release(key types.NamespacedName) {
	for _, next := range s.advance(key) {
		s.wake(next)
	}
}

func (s *Slots) advance(key types.NamespacedName) []types.NamespacedName {
	s.mu.Lock()
	defer s.mu.Unlock()
	has, known := s.held[key]
	if !known {
		return nil
	}
	delete(s.held, key)
	if !has {
		s.waiting.remove(key.Namespace, key.Name)
		return nil
	}
	s.free++
	if s.counts[key.Namespace]--; s.counts[key.Namespace] == 0 {
		delete(s.counts, key.Namespace)
	}
	var woken []types.NamespacedName
	for {
		i := slices.IndexFunc(s.waiting.namespaces, func(q *namespaceQueue) bool { return s.may(q.namespace) })
		if i < 0 {
			return woken
		}
		next := types.NamespacedName{Namespace: s.waiting.namespaces[i].namespace}
		next.Name = s.waiting.take(i)
		s.held[next] = true
		s.take(next.Namespace)
		woken = append(woken, next)
	}
}

// may says whether a namespace may have another slot.
func (s *Slots) may(namespace string) bool { return s.counts[namespace] < s.free }

func (s *Slots) take(namespace string) {
	s.free--
	s.counts[namespace]++
}
