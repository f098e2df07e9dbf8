package hosting

import (
	"cmp"
	"iter"
	"maps"
	"math/bits"
	"slices"
	"strings"
)

// held is what somebody holds at one place: a bit for each permission of the catalogue, in the order of their names
// within the scope, and the names of others, in order. It never changes once its set is made.
type held struct {
	scope  Scope
	id     int64
	known  uint64
	others []string
}

// named are the names of a scope's permissions, in order; bit is where each has its bit.
var named, bit = indexBits()

func indexBits() (map[Scope][]string, map[catalogueKey]uint64) {
	names, at := map[Scope][]string{}, map[catalogueKey]uint64{}
	for _, p := range catalogue {
		names[p.Scope] = append(names[p.Scope], p.Name)
	}
	for scope := range maps.Keys(names) {
		slices.Sort(names[scope])
		for i, name := range names[scope] {
			at[catalogueKey{scope, name}] = 1 << i
		}
	}
	return names, at
}

// add puts a name in; names come in order.
func (h *held) add(name string) {
	if b := bit[catalogueKey{h.scope, name}]; b != 0 {
		h.known |= b
		return
	}
	if n := len(h.others); n == 0 || h.others[n-1] != name {
		h.others = append(h.others, name)
	}
}

func (h held) empty() bool { return h.known == 0 && len(h.others) == 0 }

func (h held) has(name string) bool {
	b := bit[catalogueKey{h.scope, name}]
	if b != 0 {
		return h.known&b != 0
	}
	_, found := slices.BinarySearch(h.others, name)
	return found
}

// compare orders by place alone.
func (h held) compare(o held) int {
	if h.scope == o.scope {
		return cmp.Compare(h.id, o.id)
	}
	return cmp.Compare(h.scope, o.scope)
}

// alike is the same for all that hold the same, be it at another place of the scope.
type alike struct {
	scope  Scope
	known  uint64
	others string
}

func (h held) alike() alike { return alike{h.scope, h.known, strings.Join(h.others, "\x00")} }

func (h held) equal(o held) bool {
	return h.compare(o) == 0 && h.known == o.known && slices.Equal(h.others, o.others)
}

func (h held) names() []string {
	scope := named[h.scope]
	names := make([]string, 0, bits.OnesCount64(h.known)+len(h.others))
	for rest := h.known; rest != 0; rest &= rest - 1 {
		names = append(names, scope[bits.TrailingZeros64(rest)])
	}
	if len(h.others) > 0 {
		names = append(names, h.others...)
		slices.Sort(names)
	}
	return names
}

func (h held) union(o held) held {
	h.known |= o.known
	if len(o.others) > 0 {
		h.others = slices.Compact(slices.Sorted(slices.Values(slices.Concat(h.others, o.others))))
	}
	return h
}

func (h held) minus(o held) held {
	h.known &^= o.known
	if len(h.others) > 0 && len(o.others) > 0 {
		h.others = among(h.others, o.others, false)
	}
	return h
}

func (h held) intersect(o held) held {
	h.known &= o.known
	if len(h.others) > 0 {
		h.others = among(h.others, o.others, true)
	}
	return h
}

// among are those of a's names that b has too, or has not; both are in order.
func among(a, b []string, both bool) (names []string) {
	for _, name := range a {
		for len(b) > 0 && b[0] < name {
			b = b[1:]
		}
		if (len(b) > 0 && b[0] == name) == both {
			names = append(names, name)
		}
	}
	return names
}

// find is where a place is in a list, or would be. Most sets that meet are of the same places: it looks there first.
func find(list []held, place held) (at int, found bool) {
	for at = range min(2, len(list)) {
		if list[at].compare(place) == 0 {
			return at, true
		}
	}
	return slices.BinarySearchFunc(list, place, held.compare)
}

// joined puts a list in order, with one entry for each place.
func joined(list []held) []held {
	slices.SortStableFunc(list, held.compare)
	last := 0
	for _, h := range list[1:] {
		if list[last].compare(h) == 0 {
			list[last] = list[last].union(h)
		} else {
			last++
			list[last] = h
		}
	}
	return list[:last+1]
}

// unite is what either list holds, place by place.
func unite(a, b []held) []held {
	all := make([]held, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch order := a[0].compare(b[0]); {
		case order < 0:
			all, a = append(all, a[0]), a[1:]
		case order > 0:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, a[0].union(b[0])), a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// against is what is left of each place, given what the other set holds there; nil where nothing is.
func (s Rights) against(o Rights, of func(held, held) held) []held {
	var left []held
	for h, other := range s.beside(o) {
		if h = of(h, other); !h.empty() {
			if left == nil {
				left = make([]held, 0, len(s.at))
			}
			left = append(left, h)
		}
	}
	return left
}

// beside lists the places of s with what the other set holds there.
func (s Rights) beside(o Rights) iter.Seq2[held, held] {
	return func(yield func(held, held) bool) {
		rest := o.at
		for _, h := range s.at {
			at, found := find(rest, h)
			other := held{scope: h.scope, id: h.id}
			if rest = rest[at:]; found {
				other, rest = rest[0], rest[1:]
			}
			if !yield(h, other) {
				return
			}
		}
	}
}
