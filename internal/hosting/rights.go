package hosting

import (
	"cmp"
	"maps"
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
	if r.Scope != o.Scope {
		return cmp.Compare(r.Scope, o.Scope)
	}
	if r.ID != o.ID {
		return cmp.Compare(r.ID, o.ID)
	}
	return cmp.Compare(r.Name, o.Name)
}

// Rights is a set of rights. The zero value is empty and may be read.
type Rights map[Right]struct{}

// NewRights makes a set.
func NewRights(rights ...Right) Rights {
	set := make(Rights, len(rights))
	for _, r := range rights {
		set[r] = struct{}{}
	}
	return set
}

// Has says whether r is in the set.
func (s Rights) Has(r Right) bool { _, ok := s[r]; return ok }

// Add puts r into the set.
func (s Rights) Add(r Right) { s[r] = struct{}{} }

// Clone copies the set; never nil.
func (s Rights) Clone() Rights {
	clone := make(Rights, len(s))
	maps.Copy(clone, s)
	return clone
}

// Union is what either set holds.
func (s Rights) Union(o Rights) Rights {
	if len(s) < len(o) {
		s, o = o, s
	}
	union := s.Clone()
	maps.Copy(union, o)
	return union
}

// Minus is what s holds and o does not.
func (s Rights) Minus(o Rights) Rights {
	if len(o) == 0 {
		return s.Clone()
	}
	rest := Rights{}
	for r := range s {
		if !o.Has(r) {
			rest.Add(r)
		}
	}
	return rest
}

// Intersect is what both sets hold.
func (s Rights) Intersect(o Rights) Rights {
	both := Rights{}
	if len(o) < len(s) {
		s, o = o, s
	}
	for r := range s {
		if o.Has(r) {
			both.Add(r)
		}
	}
	return both
}

// Contains says whether s holds all of o.
func (s Rights) Contains(o Rights) bool {
	for r := range o {
		if !s.Has(r) {
			return false
		}
	}
	return true
}

// Equal says whether both sets hold the same.
func (s Rights) Equal(o Rights) bool { return len(s) == len(o) && s.Contains(o) }

// Sorted lists the set in order.
func (s Rights) Sorted() []Right { return SortedRights(s) }

// SortedRights lists the rights that something is known of, in order.
func SortedRights[M ~map[Right]V, V any](known M) []Right {
	list := make([]Right, 0, len(known))
	for r := range known {
		list = append(list, r)
	}
	slices.SortFunc(list, Right.Compare)
	return list
}
