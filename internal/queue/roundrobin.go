package queue

import (
	"cmp"
	"slices"
)

// roundRobin serves keys in turns between namespaces, and within a namespace in the order in
// which they came. No question looks at all keys: it costs at most a look at each namespace, and
// a binary search within one.
type roundRobin struct {
	namespaces []*line // the next to be served first
	waiting    map[string]*line
}

// line is who waits in one namespace; never empty in a roundRobin.
type line struct {
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

func (l *line) add(key string) {
	l.last++
	l.keys = append(l.keys, numbered{l.last, key})
	l.numbers[key] = l.last
}

// place is how many came before a key; false where it does not wait.
func (l *line) place(key string) (int, bool) {
	number, waits := l.numbers[key]
	if !waits {
		return 0, false
	}
	return slices.BinarySearchFunc(l.keys, number, func(n numbered, number int) int { return cmp.Compare(n.number, number) })
}

// remove takes out a key. The first goes without a move of the others.
func (l *line) remove(place int) {
	delete(l.numbers, l.keys[place].key)
	if place == 0 {
		l.keys[0] = numbered{}
		l.keys = l.keys[1:]
		return
	}
	l.keys = slices.Delete(l.keys, place, place+1)
}

func (r *roundRobin) add(namespace, key string) {
	if r.waiting == nil {
		r.waiting = map[string]*line{}
	}
	l := r.waiting[namespace]
	if l == nil {
		l = &line{namespace: namespace, numbers: map[string]int{}}
		r.waiting[namespace] = l
		r.namespaces = append(r.namespaces, l)
	}
	l.add(key)
}

func (r *roundRobin) remove(namespace, key string) {
	l := r.waiting[namespace]
	if l == nil {
		return
	}
	place, waits := l.place(key)
	if !waits {
		return
	}
	if l.remove(place); len(l.keys) == 0 {
		i := slices.Index(r.namespaces, l)
		r.namespaces = slices.Delete(r.namespaces, i, i+1)
		delete(r.waiting, namespace)
	}
}

// take removes the key that has waited longest in namespaces[i], and moves that namespace to the end.
func (r *roundRobin) take(i int) string {
	l := r.namespaces[i]
	key := l.keys[0].key
	l.remove(0)
	r.namespaces = slices.Delete(r.namespaces, i, i+1)
	if len(l.keys) > 0 {
		r.namespaces = append(r.namespaces, l)
	} else {
		delete(r.waiting, l.namespace)
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
	for _, l := range r.namespaces {
		if l == own {
			turns = ahead
		}
		place += min(len(l.keys), turns)
	}
	return place
}

// first lists the count who are served first, in order; all where there are fewer.
func (r *roundRobin) first(count int) (keys []string) {
	for round, lines := 0, r.namespaces; len(lines) > 0; round++ {
		var longer []*line
		for _, l := range lines {
			if len(keys) >= count {
				return keys
			}
			keys = append(keys, l.keys[round].key)
			if len(l.keys) > round+1 {
				longer = append(longer, l)
			}
		}
		lines = longer
	}
	return keys
}
