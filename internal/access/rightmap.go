package access

import (
	"maps"
	"slices"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// keyed is a value that says when it tells the same as another.
type keyed interface {
	Entry | Debt
	key() string
}

// RightMap knows something of each of some rights. Those of which it knows the same share a part, and parts come in the
// order of their keys. It never changes: what changes it makes another.
type RightMap[V keyed] []RightPart[V]

// RightPart is rights, at least one, of which the same is known.
type RightPart[V keyed] struct {
	Rights hosting.Rights
	Value  V
}

// rightMap makes a map of parts that share no right.
func rightMap[V keyed](parts []RightPart[V]) RightMap[V] {
	values, rights := map[string]V{}, map[string][]hosting.Rights{}
	for _, part := range parts {
		if part.Rights.Empty() {
			continue
		}
		key := part.Value.key()
		if _, known := values[key]; !known {
			values[key] = part.Value
		}
		rights[key] = append(rights[key], part.Rights)
	}
	var m RightMap[V]
	for _, key := range slices.Sorted(maps.Keys(values)) {
		m = append(m, RightPart[V]{hosting.UnionOf(rights[key]...), values[key]})
	}
	return m
}

// lastMap makes a map of parts that may share rights: what comes last holds.
func lastMap[V keyed](parts []RightPart[V]) RightMap[V] {
	m := rightMap(parts)
	if m.Len() == m.Rights().Len() {
		return m
	}
	m = nil
	for _, part := range parts {
		m = m.With(part)
	}
	return m
}

// Rights are all of which something is known.
func (m RightMap[V]) Rights() hosting.Rights { return m.Where(func(V) bool { return true }) }

// Where are the rights to whose value a function says yes.
func (m RightMap[V]) Where(yes func(V) bool) hosting.Rights {
	var rights []hosting.Rights
	for _, part := range m {
		if yes(part.Value) {
			rights = append(rights, part.Rights)
		}
	}
	return hosting.UnionOf(rights...)
}

// Len is of how many rights something is known.
func (m RightMap[V]) Len() (n int) {
	for _, part := range m {
		n += part.Rights.Len()
	}
	return n
}

// Of is what is known of a right.
func (m RightMap[V]) Of(right hosting.Right) (value V, known bool) {
	for _, part := range m {
		if part.Rights.Has(right) {
			return part.Value, true
		}
	}
	return value, false
}

// With knows this of these rights, whatever it knew of them. No two parts share a right.
func (m RightMap[V]) With(parts ...RightPart[V]) RightMap[V] {
	return rightMap(append(m.Without(RightMap[V](parts).Rights()), parts...))
}

// Without knows nothing of these rights.
func (m RightMap[V]) Without(rights hosting.Rights) RightMap[V] {
	return m.each(func(part hosting.Rights) hosting.Rights { return part.Minus(rights) })
}

// Only knows nothing of other rights.
func (m RightMap[V]) Only(rights hosting.Rights) RightMap[V] {
	return m.each(func(part hosting.Rights) hosting.Rights { return part.Intersect(rights) })
}

func (m RightMap[V]) each(of func(hosting.Rights) hosting.Rights) RightMap[V] {
	var next RightMap[V]
	for _, part := range m {
		if part.Rights = of(part.Rights); !part.Rights.Empty() {
			next = append(next, part)
		}
	}
	return next
}

// Changed knows of each right what a function makes of what was known.
func (m RightMap[V]) Changed(to func(V) V) RightMap[V] {
	next := slices.Clone(m)
	for i := range next {
		next[i].Value = to(next[i].Value)
	}
	return rightMap(next)
}

// ChangedAt changes what is known of these rights alone.
func (m RightMap[V]) ChangedAt(rights hosting.Rights, to func(V) V) RightMap[V] {
	return rightMap(append(m.Without(rights), m.Only(rights).Changed(to)...))
}
