package queue

import "slices"

// roundRobin serves keys in turns between namespaces, and within a namespace in the order in
// which they came.
type roundRobin struct {
	namespaces []string // the next to be served first
	waiting    map[string][]string
}

func (r *roundRobin) add(namespace, key string) {
	if r.waiting == nil {
		r.waiting = map[string][]string{}
	}
	if len(r.waiting[namespace]) == 0 {
		r.namespaces = append(r.namespaces, namespace)
	}
	r.waiting[namespace] = append(r.waiting[namespace], key)
}

func (r *roundRobin) remove(namespace, key string) {
	r.waiting[namespace] = slices.DeleteFunc(r.waiting[namespace], func(other string) bool { return other == key })
	if len(r.waiting[namespace]) == 0 {
		delete(r.waiting, namespace)
		r.namespaces = slices.DeleteFunc(r.namespaces, func(other string) bool { return other == namespace })
	}
}

// take removes the key that has waited longest in namespaces[i], and moves that namespace to the end.
func (r *roundRobin) take(i int) string {
	namespace := r.namespaces[i]
	key := r.waiting[namespace][0]
	r.remove(namespace, key)
	if len(r.waiting[namespace]) > 0 {
		r.namespaces = append(slices.Delete(r.namespaces, i, i+1), namespace)
	}
	return key
}

// order lists all keys in the order in which they would be served.
func (r *roundRobin) order() []string {
	var keys []string
	for round, before := 0, -1; len(keys) > before; round++ {
		before = len(keys)
		for _, namespace := range r.namespaces {
			if waiting := r.waiting[namespace]; round < len(waiting) {
				keys = append(keys, waiting[round])
			}
		}
	}
	return keys
}
