package session

import (
	"slices"
	"sync"
)

// width is how many people of one backend may be in the act of being written to. The pace
// is set by the provider's limit; two keep it busy while one waits for its read-back, and
// leave the controller's workers to other backends.
const width = 2

// share is how many turns there are to each one that goes to a lower class.
const share = 5

// Class is how urgent it is to write to a person.
type Class int

// Classes, the most urgent first.
const (
	// ClassRemoval: somebody loses what they should not have any more.
	ClassRemoval Class = iota
	// ClassAdd: somebody gets what a manifest newly gives.
	ClassAdd
	// ClassDrift: something is put right that was changed at the provider.
	ClassDrift
	// ClassProof: it is only to be made sure of that what is owed is gone.
	ClassProof
	classes
)

// Errand is what a person is to be written to for.
type Errand struct {
	Class Class
	// Namespace on whose account: those of one class take turns.
	Namespace string
}

// line lets people be written to: by class, within a class in turns between namespaces, and
// within a namespace in the order in which they came. A fifth of the turns goes to
// the lower classes in rotation, so that a flood of urgent work never starves the rest.
type line struct {
	wake func(key string)

	mu     sync.Mutex
	active map[string]bool
	places map[string]Errand // of whoever waits
	queues [classes]queue
	turns  int
}

// queue is a class's part of the line.
type queue struct {
	namespaces []string // whose turn is next, first
	waiting    map[string][]string
}

func newLine(wake func(string)) *line {
	return &line{wake: wake, active: map[string]bool{}, places: map[string]Errand{}}
}

// join takes a turn if one is free, else a place in the line. Whoever comes for something
// else than before takes another place.
func (l *line) join(key string, errand Errand) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, waits := l.places[key]
	switch {
	case l.active[key]:
		return true
	case waits && before == errand:
		return false
	case !waits && len(l.active) < width:
		l.active[key] = true
		return true
	case waits:
		l.queues[before.Class].remove(before.Namespace, key)
	}
	l.places[key] = errand
	l.queues[errand.Class].add(errand.Namespace, key)
	return false
}

// has says whether somebody has a turn, or a place in the line.
func (l *line) has(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, waits := l.places[key]
	return waits || l.active[key]
}

// leave gives up a turn or a place, and wakes whoever is next.
func (l *line) leave(key string) {
	for _, next := range l.advance(key) {
		l.wake(next)
	}
}

func (l *line) advance(key string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.active, key)
	if errand, waits := l.places[key]; waits {
		delete(l.places, key)
		l.queues[errand.Class].remove(errand.Namespace, key)
	}
	var woken []string
	for len(l.active) < width && len(l.places) > 0 {
		next := l.next().take(0)
		delete(l.places, next)
		l.active[next] = true
		woken = append(woken, next)
	}
	return woken
}

// next is the class whose turn it is. Somebody waits.
func (l *line) next() *queue {
	l.turns++
	var waiting []*queue
	for class := range l.queues {
		if len(l.queues[class].namespaces) > 0 {
			waiting = append(waiting, &l.queues[class])
		}
	}
	if lower := waiting[1:]; l.turns%share == 0 && len(lower) > 0 {
		return lower[l.turns/share%len(lower)]
	}
	return waiting[0]
}

func (q *queue) add(namespace, key string) {
	if q.waiting == nil {
		q.waiting = map[string][]string{}
	}
	if len(q.waiting[namespace]) == 0 {
		q.namespaces = append(q.namespaces, namespace)
	}
	q.waiting[namespace] = append(q.waiting[namespace], key)
}

func (q *queue) remove(namespace, key string) {
	q.waiting[namespace] = slices.DeleteFunc(q.waiting[namespace], func(other string) bool { return other == key })
	if len(q.waiting[namespace]) == 0 {
		delete(q.waiting, namespace)
		q.namespaces = slices.DeleteFunc(q.namespaces, func(other string) bool { return other == namespace })
	}
}

// take is who has waited longest in one of the namespaces; the next turn is another namespace's.
func (q *queue) take(i int) string {
	namespace := q.namespaces[i]
	key := q.waiting[namespace][0]
	q.remove(namespace, key)
	if len(q.waiting[namespace]) > 0 {
		q.namespaces = append(slices.Delete(q.namespaces, i, i+1), namespace)
	}
	return key
}

// order is in which all would be served.
func (q *queue) order() []string {
	var keys []string
	for round, before := 0, -1; len(keys) > before; round++ {
		before = len(keys)
		for _, namespace := range q.namespaces {
			if waiting := q.waiting[namespace]; round < len(waiting) {
				keys = append(keys, waiting[round])
			}
		}
	}
	return keys
}
