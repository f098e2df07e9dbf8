package access

import (
	"cmp"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// PlaceKey is the name of an account or a server.
type PlaceKey struct {
	Scope hosting.Scope
	Name  string
}

// Compare orders by scope and name.
func (k PlaceKey) Compare(o PlaceKey) int {
	return cmp.Or(cmp.Compare(k.Scope, o.Scope), cmp.Compare(k.Name, o.Name))
}

// Places maps names to the provider's ids, as read.
type Places map[PlaceKey]int64

// PlacesOf makes the map from what the provider listed.
func PlacesOf(accounts, servers []hosting.Place) Places {
	places := make(Places, len(accounts)+len(servers))
	for _, a := range accounts {
		places[PlaceKey{hosting.ScopeAccount, a.Name}] = a.ID
	}
	for _, s := range servers {
		places[PlaceKey{hosting.ScopeServer, s.Name}] = s.ID
	}
	return places
}

// ids lists the places of a scope.
func (p Places) ids(scope hosting.Scope) map[int64]bool {
	ids := map[int64]bool{}
	for key, id := range p {
		if key.Scope == scope {
			ids[id] = true
		}
	}
	return ids
}

// listed tells of each right whether what it is for is listed now; what is for everything is.
func (p Places) listed() func(hosting.Right) bool {
	ids := map[hosting.Scope]map[int64]bool{hosting.ScopeAccount: p.ids(hosting.ScopeAccount), hosting.ScopeServer: p.ids(hosting.ScopeServer)}
	return func(right hosting.Right) bool {
		list, placed := ids[right.Scope]
		return !placed || list[right.ID]
	}
}

// ProblemKind says what is wrong with a name.
type ProblemKind string

// The kinds of problems.
const (
	// PlaceUnknown: the provider has no place of that name.
	PlaceUnknown ProblemKind = "PlaceUnknown"
	// PlaceReplaced: the name now means another place than when it was first used.
	PlaceReplaced ProblemKind = "PlaceReplaced"
)

// Problem is a name that cannot be followed.
type Problem struct {
	Kind  ProblemKind
	Place PlaceKey
}

// ContributionWant is what one contribution asks for.
type ContributionWant struct {
	Rights   hosting.Rights
	Problems []Problem
}

// Want is what all contributions to one person ask for together.
type Want struct {
	// Rights to be present.
	Rights hosting.Rights
	// Kept rights are not to be added and not to be taken away: they are on places that
	// cannot be seen now, and absence is no proof.
	Kept hosting.Rights
	// Retain holds those of Rights and Kept that every contribution naming them retains.
	Retain hosting.Rights
	// Adopt holds those of Rights that a contribution may make its own where the person had
	// them before.
	Adopt hosting.Rights
	// Locks: the second factor is required only by namespaces that may not do so to people
	// who hold things of others; Own is what these namespaces give, and no other.
	Locks bool
	Own   hosting.Rights
	// Locked is what only grants give that require the second factor.
	Locked hosting.Rights
	// From is what the grants of each namespace name.
	From map[string]hosting.Rights
	// By contribution.
	By map[types.UID]ContributionWant
	// Pins of names to ids, those that no contribution uses any more left out.
	Pins Places
}

// Unite computes the union of contributions. Places are what the provider lists now, pins
// what names meant when first used, applied what the record put there earlier.
func Unite(contributions []v1alpha1.Contribution, places, pins Places, applied hosting.Rights) Want {
	want := Want{From: map[string]hosting.Rights{}, By: make(map[types.UID]ContributionWant, len(contributions)), Pins: Places{}}
	var rights, kept, revocable, adopt []hosting.Rights
	from := map[string][]hosting.Rights{}
	for _, c := range contributions {
		one := resolver{places: places, pins: pins, applied: applied, used: want.Pins}
		one.contribution(c)
		want.By[c.UID] = ContributionWant{Rights: one.rights, Problems: one.problems}
		rights, kept = append(rights, one.rights), append(kept, one.kept)
		from[c.Grant.Namespace] = append(from[c.Grant.Namespace], one.rights, one.kept)
		if !c.Retain {
			revocable = append(revocable, one.rights, one.kept)
		}
		if c.Adopt {
			adopt = append(adopt, one.rights)
		}
	}
	for namespace, named := range from {
		want.From[namespace] = hosting.UnionOf(named...)
	}
	want.Rights, want.Adopt = hosting.UnionOf(rights...), hosting.UnionOf(adopt...)
	want.Kept = hosting.UnionOf(kept...).Minus(want.Rights)
	want.Retain = want.Rights.Union(want.Kept).Minus(hosting.UnionOf(revocable...))
	want.demands(contributions)
	return want
}

// namespaces whose grants name a right, in order; before where none is known to.
func (w *Want) namespaces(right hosting.Right, before []string) []string {
	var list []string
	for namespace, rights := range w.From {
		if rights.Has(right) {
			list = append(list, namespace)
		}
	}
	if len(list) == 0 {
		return before
	}
	slices.Sort(list)
	return list
}

// entries are what is remembered of rights that are the record's own: what entry tells, with who names them now, or
// whom entry tells where nobody is known to.
func (w *Want) entries(rights hosting.Rights, entry Entry) (entries []RightPart[Entry]) {
	sets := []hosting.Rights{w.Retain}
	for _, namespace := range slices.Sorted(maps.Keys(w.From)) {
		sets = append(sets, w.From[namespace])
	}
	for _, part := range rights.Parts(sets...) {
		one := part.First()
		entries = append(entries, RightPart[Entry]{part, Entry{
			Adopted: entry.Adopted, Retain: w.Retain.Has(one), Namespaces: w.namespaces(one, entry.Namespaces),
		}})
	}
	return entries
}

// demands finds out who requires a second factor, and what they give themselves.
func (w *Want) demands(contributions []v1alpha1.Contribution) {
	demanding, free := map[string]bool{}, []hosting.Rights{}
	for _, c := range contributions {
		if c.RequireTwoFactor {
			demanding[c.Grant.Namespace] = true
		} else {
			free = append(free, w.By[c.UID].Rights)
		}
	}
	if len(demanding) == 0 {
		return // nothing of what follows is asked for
	}
	w.Locked = w.Rights.Minus(hosting.UnionOf(free...))
	w.Locks = !w.Adopt.Has(hosting.TwoFactorRight)
	for namespace := range demanding {
		w.Own = w.Own.Union(w.From[namespace])
	}
	for namespace, rights := range w.From {
		if !demanding[namespace] {
			w.Own = w.Own.Minus(rights)
		}
	}
}

// resolver turns the names of one contribution into ids.
type resolver struct {
	places, pins Places
	applied      hosting.Rights

	used         Places
	rights, kept hosting.Rights
	problems     []Problem
}

func (r *resolver) contribution(c v1alpha1.Contribution) {
	r.rights = hosting.RightsAt(hosting.ScopeOverall, []int64{0}, Words(c.Overall)...)
	if c.RequireTwoFactor {
		r.rights = r.rights.With(hosting.TwoFactorRight)
	}
	for _, a := range c.Accounts {
		r.bundle(hosting.ScopeAccount, Words(a.Names), a.All != nil, Words(a.Permissions))
	}
	for _, s := range c.Servers {
		r.bundle(hosting.ScopeServer, Words(s.Names), s.All != nil, Words(s.Permissions))
	}
}

func (r *resolver) bundle(scope hosting.Scope, names []string, all bool, permissions []string) {
	if all {
		r.everywhere(scope, permissions)
		return
	}
	var listed, pinned []int64
	for _, name := range names {
		key := PlaceKey{scope, name}
		if id, is := r.place(key); is {
			listed = append(listed, id)
		} else if id, is := r.pins[key]; is {
			r.used[key] = id
			pinned = append(pinned, id)
		}
	}
	r.rights = r.rights.Union(hosting.RightsAt(scope, listed, permissions...))
	r.kept = r.kept.Union(hosting.RightsAt(scope, pinned, permissions...).Intersect(r.applied))
}

// everywhere gives permissions on each place that is listed, and keeps what was given on
// places that are not.
func (r *resolver) everywhere(scope hosting.Scope, permissions []string) {
	ids := slices.Collect(maps.Keys(r.places.ids(scope)))
	listed := hosting.RightsAt(scope, ids, permissions...)
	r.rights = r.rights.Union(listed)
	r.kept = r.kept.Union(r.applied.Minus(listed).Where(func(right hosting.Right) bool {
		return right.Scope == scope && slices.Contains(permissions, right.Name)
	}))
}

// place follows one name, if it can. A name keeps the meaning it had when it was first used.
func (r *resolver) place(key PlaceKey) (id int64, follows bool) {
	pinned, isPinned := r.pins[key]
	id, isListed := r.places[key]
	switch {
	case isListed && (!isPinned || pinned == id):
		r.used[key] = id
		return id, true
	case isListed:
		r.problems = append(r.problems, Problem{PlaceReplaced, key})
	default:
		r.problems = append(r.problems, Problem{PlaceUnknown, key})
	}
	return 0, false
}

// Words are values as plain strings.
func Words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}
