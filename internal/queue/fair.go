// Package queue deals out what is scarce: turns to write to a provider, workers that wait for
// providers, and mails within a minute. Each serves namespaces in turns, and wakes whoever is next. It
// knows no provider and no Kubernetes client. Nothing of it is needed after a restart.
package queue

import "sync"

// maxConcurrentWrites is how many people of one backend are written to at a time. The pace is set by the
// provider's limit; two keep it busy while one waits for its read-back, and leave the controller's
// workers to other backends.
const maxConcurrentWrites = 2

// lowerShare is how many turns there are to each one that goes to a lower priority.
const lowerShare = 5

// Priority is how urgent it is to write to a person.
type Priority int

// The priorities, the most urgent first.
const (
	// PriorityRemoval: somebody loses what they should not have any more.
	PriorityRemoval Priority = iota
	// PriorityAdd: somebody gets what a manifest newly gives.
	PriorityAdd
	// PriorityDrift: something is put right that was changed at the provider.
	PriorityDrift
	// PriorityProof: it is only to be made sure of that what is owed is gone.
	PriorityProof
	priorities
)

// WriteRequest is what a person is to be written to for.
type WriteRequest struct {
	Priority Priority
	// Namespace on whose account: those of one priority take turns.
	Namespace string
}

// FairQueue lets people of one backend be written to: by priority, within one in turns between
// namespaces, and within a namespace in the order in which they came. A fifth of the turns goes to the
// lower priorities in rotation, so that a flood of urgent work never starves the others. It is safe for
// concurrent use.
type FairQueue struct {
	wake func(key string)

	mu      sync.Mutex
	active  map[string]bool
	waiting map[string]WriteRequest
	queues  [priorities]roundRobin
	turns   int
}

// NewFairQueue makes an empty queue. wake is called with whoever has a turn now; it must not block.
func NewFairQueue(wake func(string)) *FairQueue {
	return &FairQueue{wake: wake, active: map[string]bool{}, waiting: map[string]WriteRequest{}}
}

// Acquire takes a turn if one is free, else a place in the queue. Whoever comes for something
// else than before takes another place.
func (q *FairQueue) Acquire(key string, request WriteRequest) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	before, waits := q.waiting[key]
	switch {
	case q.active[key]:
		return true
	case waits && before == request:
		return false
	case !waits && len(q.active) < maxConcurrentWrites:
		q.active[key] = true
		return true
	case waits:
		q.queues[before.Priority].remove(before.Namespace, key)
	}
	q.waiting[key] = request
	q.queues[request.Priority].add(request.Namespace, key)
	return false
}

// Has says whether somebody has a turn, or a place in the queue.
func (q *FairQueue) Has(key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, waits := q.waiting[key]
	return waits || q.active[key]
}

// Release gives up a turn or a place, and wakes whoever is next.
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
	var woken []string
	for len(q.active) < maxConcurrentWrites && len(q.waiting) > 0 {
		next := q.next().take(0)
		delete(q.waiting, next)
		q.active[next] = true
		woken = append(woken, next)
	}
	return woken
}

// next is the priority whose turn it is. Somebody waits.
func (q *FairQueue) next() *roundRobin {
	q.turns++
	var busy []*roundRobin
	for priority := range q.queues {
		if len(q.queues[priority].namespaces) > 0 {
			busy = append(busy, &q.queues[priority])
		}
	}
	if lower := busy[1:]; q.turns%lowerShare == 0 && len(lower) > 0 {
		return lower[q.turns/lowerShare%len(lower)]
	}
	return busy[0]
}
