package queue

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// order lists all keys in the order in which they would be served.
func (r *roundRobin) order() []string { return r.first(1 << 30) }

// plainly is the same, kept as simply as possible.
type plainly struct {
	namespaces []string
	waiting    map[string][]string
}

func (p *plainly) add(namespace, key string) {
	if len(p.waiting[namespace]) == 0 {
		p.namespaces = append(p.namespaces, namespace)
	}
	p.waiting[namespace] = append(p.waiting[namespace], key)
}

func (p *plainly) remove(namespace, key string) {
	p.waiting[namespace] = slices.DeleteFunc(p.waiting[namespace], func(other string) bool { return other == key })
	if len(p.waiting[namespace]) == 0 {
		p.namespaces = slices.DeleteFunc(p.namespaces, func(other string) bool { return other == namespace })
	}
}

func (p *plainly) take(i int) string {
	namespace := p.namespaces[i]
	key := p.waiting[namespace][0]
	p.remove(namespace, key)
	if len(p.waiting[namespace]) > 0 {
		p.namespaces = append(slices.Delete(p.namespaces, i, i+1), namespace)
	}
	return key
}

func (p *plainly) order() (keys []string) {
	for round, before := 0, -1; len(keys) > before; round++ {
		before = len(keys)
		for _, namespace := range p.namespaces {
			if waiting := p.waiting[namespace]; round < len(waiting) {
				keys = append(keys, waiting[round])
			}
		}
	}
	return keys
}

// TestTurnsAreTakenAsIfAllWereOrdered: places are counted, and are what ordering everybody would say, whoever comes,
// goes and is served.
func TestTurnsAreTakenAsIfAllWereOrdered(t *testing.T) {
	namespaces := []string{"a", "b", "c", "d"}
	rapid.Check(t, func(t *rapid.T) {
		r, plain, of := &roundRobin{}, &plainly{waiting: map[string][]string{}}, map[string]string{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			key := rapid.StringMatching("[k-z]").Draw(t, "key")
			switch what := rapid.IntRange(0, 4).Draw(t, "what"); {
			case what == 0 && len(plain.namespaces) > 0:
				i := rapid.IntRange(0, len(plain.namespaces)-1).Draw(t, "namespace")
				want := plain.take(i)
				if got := r.take(i); got != want {
					t.Fatalf("%s was served, not %s", got, want)
				}
				delete(of, want)
			case of[key] != "":
				r.remove(of[key], key)
				plain.remove(of[key], key)
				delete(of, key)
			default:
				of[key] = rapid.SampledFrom(namespaces).Draw(t, "to")
				r.add(of[key], key)
				plain.add(of[key], key)
			}
			order := plain.order()
			if got := r.order(); !slices.Equal(got, order) {
				t.Fatalf("order %v, want %v", got, order)
			}
			some := rapid.IntRange(0, 5).Draw(t, "count")
			if got := r.first(some); !slices.Equal(got, order[:min(some, len(order))]) {
				t.Fatalf("the first %d are %v of %v", some, got, order)
			}
			for i, key := range order {
				if got := r.place(of[key], key); got != i {
					t.Fatalf("%s has place %d in %v", key, got, order)
				}
			}
			if r.place("a", "nobody") != -1 || r.place("nowhere", "nobody") != -1 {
				t.Fatal("who does not wait has a place")
			}
		}
	})
}
