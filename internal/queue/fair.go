// Package queue decides who is next: which people of a backend are written to (FairQueue) and
// mailed (MailLimiter), and which objects have a worker that waits for a provider (Slots). Namespaces
// take turns in all of them. Nothing in it is needed after a restart: everybody asks again.
package queue

import "sync"

// lowerShare: one of so many turns goes to a lower priority.
const lowerShare = 5

// Priority is how urgent a write is.
type Priority int

// Priorities, the most urgent first.
const (
	// PriorityRemoval: somebody loses what they should not have any more.
	PriorityRemoval Priority = iota
	// PriorityAdd: somebody gets what a manifest newly gives.
	PriorityAdd
	// PriorityDrift: what was changed at the provider is put right.
	PriorityDrift
	// PriorityProof: a read proves that what is owed is gone; nothing is written.
	PriorityProof
	priorities
)

// WriteRequest is what a person is written to for.
type WriteRequest struct {
	Priority Priority
	// Namespace that the write is charged to: those of one priority take turns.
	Namespace string
}

// FairQueue bounds how many people of one backend are written to at a time. It serves by priority,
// within a priority in turns between namespaces, and within a namespace in the order in which they
// came. A fifth of the turns goes to the lower priorities in rotation, so that a flood of urgent
// work never starves the rest. It is safe for concurrent use.
type FairQueue struct {
	wake func(key string)

	mu sync.Mutex
	// limit is how many are served at a time.
	limit   int
	active  map[string]bool
	waiting map[string]WriteRequest
	queues  [priorities]roundRobin
	turns   int
}

// NewFairQueue makes an empty queue. wake is called with each key that waited and is served now; it
// must not block.
func NewFairQueue(wake func(key string)) *FairQueue {
	return &FairQueue{wake: wake, limit: fewestTurns, active: map[string]bool{}, waiting: map[string]WriteRequest{}}
}

// Acquire says whether a key is served now. Otherwise it waits, and is woken when it is served; a key
// that comes with another request than before goes to the end of that one's queue. A key is served
// until Release.
func (q *FairQueue) Acquire(key string, request WriteRequest) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	before, waits := q.waiting[key]
	switch {
	case q.active[key]:
		return true
	case waits && before == request:
		return false
	case !waits && len(q.active) < q.limit:
		q.active[key] = true
		return true
	case waits:
		q.queues[before.Priority].remove(before.Namespace, key)
	}
	q.waiting[key] = request
	q.queues[request.Priority].add(request.Namespace, key)
	return false
}

// Has says whether a key is served or waits.
func (q *FairQueue) Has(key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, waits := q.waiting[key]
	return waits || q.active[key]
}

// SetLimit says how many are served at a time from now on, 2 to 32 (Flight), and wakes those for whom there
// is room now. Whoever is served stays so.
func (q *FairQueue) SetLimit(limit int) {
	q.mu.Lock()
	q.limit = limit
	woken := q.serve()
	q.mu.Unlock()
	for _, next := range woken {
		q.wake(next)
	}
}

// Waiting is how many wait.
func (q *FairQueue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// Release ends serving or waiting, and wakes whoever is next; no-op for a key that does neither.
func (q *FairQueue) Release(key string) {
	for _, next := range q.advance(key) {
		q.wake(next)
	}
}

func (q *FairQueue) advance(key string) []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.active, key)
	if request, waits := q.waiting[key]; waits {
		delete(q.waiting, key)
		q.queues[request.Priority].remove(request.Namespace, key)
	}
	return q.serve()
}

// serve serves who waits, as far as there is room, and lists them.
func (q *FairQueue) serve() (woken []string) {
	for len(q.active) < q.limit && len(q.waiting) > 0 {
		next := q.next().take(0)
		delete(q.waiting, next)
		q.active[next] = true
		woken = append(woken, next)
	}
	return woken
}

// next is the queue whose turn it is. Somebody waits.
func (q *FairQueue) next() *roundRobin {
	q.turns++
	var waiting []*roundRobin
	for priority := range q.queues {
		if len(q.queues[priority].namespaces) > 0 {
			waiting = append(waiting, &q.queues[priority])
		}
	}
	if lower := waiting[1:]; q.turns%lowerShare == 0 && len(lower) > 0 {
		return lower[q.turns/lowerShare%len(lower)]
	}
	return waiting[0]
}
