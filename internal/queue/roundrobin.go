package queue

import (
	"cmp"
	"slices"
)

// roundRobin serves keys in turns between namespaces, and within a namespace in the order in
// which they came. No question looks at all keys: it costs at most a look at each namespace, and
// a binary search within one.
type roundRobin struct {
	namespaces []*namespaceQueue // the next to be served first
	waiting    map[string]*namespaceQueue
}

// namespaceQueue is who waits in one namespace; never empty in a roundRobin.
type namespaceQueue struct {
	namespace string
	// keys in the order in which they came, by numbers that grow.
	keys []numbered
	// numbers of the keys.
	numbers map[string]int
	last    int
}

type numbered struct {
	number int
	key    string
}

func (q *namespaceQueue) add(key string) {
	q.last++
	q.keys = append(q.keys, numbered{q.last, key})
	q.numbers[key] = q.last
}

// place is how many came before a key; false where it does not wait.
func (q *namespaceQueue) place(key string) (int, bool) {
	number, waits := q.numbers[key]
	if !waits {
		return 0, false
	}
	return slices.BinarySearchFunc(q.keys, number, func(n numbered, number int) int { return cmp.Compare(n.number, number) })
}

// remove takes out a key. The first goes without a move of the others.
func (q *namespaceQueue) remove(place int) {
	delete(q.numbers, q.keys[place].key)
	if place == 0 {
		q.keys[0] = numbered{}
		q.keys = q.keys[1:]
		return
	}
	q.keys = slices.Delete(q.keys, place, place+1)
}

func (r *roundRobin) add(namespace, key string) {
	if r.waiting == nil {
		r.waiting = map[string]*namespaceQueue{}
	}
	q := r.waiting[namespace]
	if q == nil {
		q = &namespaceQueue{namespace: namespace, numbers: map[string]int{}}
		r.waiting[namespace] = q
		r.namespaces = append(r.namespaces, q)
	}
	q.add(key)
}

func (r *roundRobin) remove(namespace, key string) {
	q := r.waiting[namespace]
	if q == nil {
		return
	}
	place, waits := q.place(key)
	if !waits {
		return
	}
	if q.remove(place); len(q.keys) == 0 {
		i := slices.Index(r.namespaces, q)
		r.namespaces = slices.Delete(r.namespaces, i, i+1)
		delete(r.waiting, namespace)
	}
}

// take removes the key that has waited longest in namespaces[i], and moves that namespace to the end.
func (r *roundRobin) take(i int) string {
	q := r.namespaces[i]
	key := q.keys[0].key
	q.remove(0)
	r.namespaces = slices.Delete(r.namespaces, i, i+1)
	if len(q.keys) > 0 {
		r.namespaces = append(r.namespaces, q)
	} else {
		delete(r.waiting, q.namespace)
	}
	return key
}

// place is how many are served before a key; -1 where it does not wait.
func (r *roundRobin) place(namespace, key string) int {
	own := r.waiting[namespace]
	if own == nil {
		return -1
	}
	ahead, waits := own.place(key)
	if !waits {
		return -1
	}
	place, turns := 0, ahead+1 // of those whose turn comes before that of its namespace
	for _, q := range r.namespaces {
		if q == own {
			turns = ahead
		}
		place += min(len(q.keys), turns)
	}
	return place
}

// first lists the count who are served first, in order; all where there are fewer.
func (r *roundRobin) first(count int) (keys []string) {
	for round, queues := 0, r.namespaces; len(queues) > 0; round++ {
		var longer []*namespaceQueue
		for _, q := range queues {
			if len(keys) >= count {
				return keys
			}
			keys = append(keys, q.keys[round].key)
			if len(q.keys) > round+1 {
				longer = append(longer, q)
			}
		}
		queues = longer
	}
	return keys
}
