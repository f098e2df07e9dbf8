package hosting

import (
	"cmp"
	"fmt"
	"iter"
	"math/bits"
	"slices"
)

// Right is one permission at one place. ID is the provider's id of the account or server,
// 0 for overall permissions and for the "2FA required" box.
type Right struct {
	Scope Scope
	ID    int64
	Name  string
}

// TwoFactorRight is the "2FA required" box, handled as any other right: having it means
// the box is checked.
var TwoFactorRight = Right{Scope: ScopeFlag, Name: TwoFactor}

// Compare orders rights by scope, place and name.
func (r Right) Compare(o Right) int {
	return cmp.Or(cmp.Compare(r.Scope, o.Scope), cmp.Compare(r.ID, o.ID), cmp.Compare(r.Name, o.Name))
}

// Rights is a set of rights. The zero value is empty. A set never changes: it may be copied, shared, and read by many
// at once.
type Rights struct {
	// at are the places where somebody holds something, in order.
	at []held
}

// NewRights makes a set. Rights may come in any order, and twice.
func NewRights(rights ...Right) Rights {
	if !slices.IsSortedFunc(rights, Right.Compare) {
		rights = slices.SortedFunc(slices.Values(rights), Right.Compare)
	}
	places := 0
	for i, r := range rights {
		if i == 0 || !rights[i-1].samePlace(r) {
			places++
		}
	}
	if places == 0 {
		return Rights{}
	}
	at := make([]held, 0, places) // sets are kept for long: no room is to spare
	for i, r := range rights {
		if i == 0 || !rights[i-1].samePlace(r) {
			at = append(at, held{scope: r.Scope, id: r.ID})
		}
		at[len(at)-1].add(r.Name)
	}
	return Rights{at}
}

// samePlace says whether both are at the same place.
func (r Right) samePlace(o Right) bool { return r.ID == o.ID && r.Scope == o.Scope }

// RightsAt is the set of permissions by their names on each place of a scope; ids may come in any order, and twice.
func RightsAt(scope Scope, ids []int64, names ...string) Rights {
	one := held{scope: scope}
	for _, name := range slices.Sorted(slices.Values(names)) {
		one.add(name)
	}
	if one.empty() || len(ids) == 0 {
		return Rights{}
	}
	if !slices.IsSorted(ids) {
		ids = slices.Sorted(slices.Values(ids))
	}
	set := Rights{at: make([]held, 0, len(ids))}
	for i, id := range ids {
		if one.id = id; i == 0 || ids[i-1] != id {
			set.at = append(set.at, one)
		}
	}
	return set
}

// Empty says whether the set holds nothing.
func (s Rights) Empty() bool { return len(s.at) == 0 }

// Len is how many rights the set holds.
func (s Rights) Len() (n int) {
	for _, h := range s.at {
		n += bits.OnesCount64(h.known) + len(h.others)
	}
	return n
}

// Has says whether r is in the set.
func (s Rights) Has(r Right) bool {
	at, found := find(s.at, held{scope: r.Scope, id: r.ID})
	return found && s.at[at].has(r.Name)
}

// With is the set and one right more.
func (s Rights) With(r Right) Rights { return s.Union(NewRights(r)) }

// Union is what either set holds.
func (s Rights) Union(o Rights) Rights {
	switch {
	case s.Contains(o): // as most sets do that are joined: grants name the same places
		return s
	case o.Contains(s):
		return o
	}
	return Rights{unite(s.at, o.at)}
}

// UnionOf is what any of the sets holds.
func UnionOf(sets ...Rights) Rights {
	sets = slices.DeleteFunc(slices.Clone(sets), Rights.Empty)
	switch len(sets) {
	case 0:
		return Rights{}
	case 1:
		return sets[0]
	}
	largest := slices.MaxFunc(sets, func(a, b Rights) int { return cmp.Compare(len(a.at), len(b.at)) })
	all := slices.Clone(largest.at)
	var others []held
	for _, s := range sets {
		rest := all
		for _, h := range s.at {
			at, found := find(rest, h)
			if rest = rest[at:]; found {
				rest[0] = rest[0].union(h)
			} else {
				others = append(others, h)
			}
		}
	}
	if len(others) > 0 {
		all = unite(all, joined(others))
	}
	return Rights{all}
}

// Minus is what s holds and o does not.
func (s Rights) Minus(o Rights) Rights {
	if s.Empty() || o.Empty() {
		return s
	}
	if o.Contains(s) {
		return Rights{}
	}
	return Rights{s.against(o, held.minus)}
}

// Intersect is what both sets hold.
func (s Rights) Intersect(o Rights) Rights {
	switch {
	case s.Empty() || o.Empty():
		return Rights{}
	case o.Contains(s):
		return s
	}
	return Rights{s.against(o, held.intersect)}
}

// Contains says whether s holds all of o.
func (s Rights) Contains(o Rights) bool {
	for h, other := range o.beside(s) {
		if !h.minus(other).empty() {
			return false
		}
	}
	return true
}

// Equal says whether both sets hold the same.
func (s Rights) Equal(o Rights) bool { return slices.EqualFunc(s.at, o.at, held.equal) }

// Where is what of the set a function says yes to.
func (s Rights) Where(yes func(Right) bool) Rights {
	var list []Right
	for r := range s.All() {
		if yes(r) {
			list = append(list, r)
		}
	}
	return NewRights(list...)
}

// Parts cuts the set in parts that none of the others cuts any more: of each part, every one of them holds all or
// nothing. What holds for one right of a part (First) because of these sets then holds for all of it.
func (s Rights) Parts(others ...Rights) []Rights {
	if s.Empty() {
		return nil
	}
	parts := []Rights{s}
	for _, other := range others {
		for i := range parts {
			both := parts[i].Intersect(other)
			if rest := parts[i].Minus(both); !both.Empty() && !rest.Empty() {
				parts[i] = both
				parts = append(parts, rest)
			}
		}
	}
	return parts
}

// First is the first right in order; the zero Right where the set is empty.
func (s Rights) First() Right {
	for r := range s.All() {
		return r
	}
	return Right{}
}

// All lists the set in order.
func (s Rights) All() iter.Seq[Right] {
	return func(yield func(Right) bool) {
		for _, h := range s.at {
			for _, name := range h.names() {
				if !yield(Right{h.scope, h.id, name}) {
					return
				}
			}
		}
	}
}

// Sorted lists the set in order.
func (s Rights) Sorted() []Right { return slices.AppendSeq(make([]Right, 0, s.Len()), s.All()) }

// String tells the rights in order, for people who look for faults.
func (s Rights) String() string { return fmt.Sprint(s.Sorted()) }

// Bundle is the same permissions on each of some places of a scope: both in order, IDs empty where the scope has no places.
type Bundle struct {
	Scope       Scope
	IDs         []int64
	Permissions []string
}

// Bundles are the set with places of equal permissions together, in the order of their first places.
func (s Rights) Bundles() []Bundle {
	var bundles []Bundle
	at := map[alike]int{}
	for _, h := range s.at {
		i, there := at[h.alike()]
		if !there {
			i, bundles = len(bundles), append(bundles, Bundle{Scope: h.scope, Permissions: h.names()})
			at[h.alike()] = i
		}
		if h.id != 0 {
			bundles[i].IDs = append(bundles[i].IDs, h.id)
		}
	}
	return bundles
}
