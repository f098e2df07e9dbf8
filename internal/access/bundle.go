package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// bundleRights writes a set compactly: places with equal permissions share one entry. The
// result is in a fixed order, so that equal sets read equal.
func bundleRights(rights []hosting.Right) []v1alpha1.Rights {
	type place struct {
		scope hosting.Scope
		id    int64
	}
	names := map[place][]string{}
	for _, r := range rights {
		at := place{r.Scope, r.ID}
		names[at] = append(names[at], r.Name)
	}
	bundles := map[string]*v1alpha1.Rights{}
	places := slices.SortedFunc(maps.Keys(names), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.id, b.id))
	})
	for _, at := range places {
		slices.Sort(names[at])
		key := string(at.scope) + "/" + strings.Join(names[at], ",")
		bundle, ok := bundles[key]
		if !ok {
			bundle = &v1alpha1.Rights{Scope: v1alpha1.Scope(at.scope), Permissions: names[at]}
			bundles[key] = bundle
		}
		if at.id != 0 {
			bundle.IDs = append(bundle.IDs, at.id)
		}
	}
	out := make([]v1alpha1.Rights, 0, len(bundles))
	for _, key := range slices.Sorted(maps.Keys(bundles)) {
		out = append(out, *bundles[key])
	}
	return out
}

// unbundle lists the rights of one entry.
func unbundle(b v1alpha1.Rights) []hosting.Right {
	ids := b.IDs
	if len(ids) == 0 {
		ids = []int64{0}
	}
	rights := make([]hosting.Right, 0, len(ids)*len(b.Permissions))
	for _, id := range ids {
		for _, name := range b.Permissions {
			rights = append(rights, hosting.Right{Scope: hosting.Scope(b.Scope), ID: id, Name: name})
		}
	}
	return rights
}

// Bundle is the compact form of a set of rights; nil for the empty set.
func Bundle(rights hosting.Rights) []v1alpha1.Rights {
	if len(rights) == 0 {
		return nil
	}
	return bundleRights(rights.Sorted())
}

// Unbundle is the inverse of Bundle.
func Unbundle(bundles []v1alpha1.Rights) hosting.Rights {
	rights := hosting.Rights{}
	for _, b := range bundles {
		for _, r := range unbundle(b) {
			rights.Add(r)
		}
	}
	return rights
}

// MemoryOf reads the memory of a record's status.
func MemoryOf(status v1alpha1.AccessRecordStatus) Memory {
	memory := Memory{Applied: map[hosting.Right]Entry{}, Owed: map[hosting.Right]Debt{}, Intended: status.WriteIntendedAt}
	for _, a := range status.Applied {
		if a.Foreign {
			continue // never ours
		}
		for _, r := range unbundle(a.Rights) {
			memory.Applied[r] = Entry{Adopted: a.Adopted, Retain: a.Retain, Namespaces: a.Namespaces}
		}
	}
	for _, o := range status.Owed {
		for _, r := range unbundle(o.Rights) {
			memory.Owed[r] = Debt{Cause: o.Cause, By: o.By, Namespaces: o.Namespaces, Since: o.Since, Batch: o.Batch}
		}
	}
	return memory
}

// OwesAll says whether all that the row held when last read is due to go: then the row may
// be gone by our own doing.
func OwesAll(status v1alpha1.AccessRecordStatus) bool {
	owed := hosting.Rights{}
	for right := range MemoryOf(status).Owed {
		owed.Add(right)
	}
	return owed.Contains(Unbundle(status.Live))
}

// Store writes the memory into a record's status.
func (m Memory) Store(status *v1alpha1.AccessRecordStatus) {
	status.Applied, status.Owed, status.WriteIntendedAt = nil, nil, m.Intended
	status.Applied = m.applied(true)
	if len(status.Applied) > maxBundles {
		status.Applied = m.applied(false)
	}
	for _, g := range m.Debts(nil) {
		for _, b := range bundleRights(g.Rights) {
			status.Owed = append(status.Owed, v1alpha1.OwedRights{
				Rights: b, Cause: g.Cause, By: g.By, Namespaces: g.Namespaces, Since: g.Since, Batch: g.Batch,
			})
		}
	}
}

// maxBundles is how many entries a status holds; the CRD bounds it.
const maxBundles = 1000

// applied lists what was applied, grouped; with namespaces it is longer, and tells who named
// what.
func (m Memory) applied(namespaces bool) []v1alpha1.AppliedRights {
	key := func(e Entry) string {
		if !namespaces {
			e.Namespaces = nil
		}
		return fmt.Sprint(e)
	}
	var list []v1alpha1.AppliedRights
	for _, g := range groupRights(m.Applied, key) {
		for _, b := range bundleRights(g.rights) {
			one := v1alpha1.AppliedRights{Rights: b, Adopted: g.value.Adopted, Retain: g.value.Retain}
			if namespaces {
				one.Namespaces = g.value.Namespaces
			}
			list = append(list, one)
		}
	}
	return list
}

// DebtGroup is rights that are owed for the same reason.
type DebtGroup struct {
	Debt
	Rights []hosting.Right
}

// Debts lists what is owed, grouped and in a fixed order: all of it where among is nil, else
// what is among these rights.
func (m Memory) Debts(among hosting.Rights) []DebtGroup {
	owed := m.Owed
	if among != nil {
		owed = maps.Clone(m.Owed)
		maps.DeleteFunc(owed, func(r hosting.Right, _ Debt) bool { return !among.Has(r) })
	}
	groups := groupRights(owed, func(d Debt) string { return fmt.Sprint(d.Since.Unix(), d.Cause, d.By, d.Namespaces, d.Batch) })
	list := make([]DebtGroup, len(groups))
	for i, g := range groups {
		list[i] = DebtGroup{Debt: g.value, Rights: g.rights}
	}
	return list
}

type rightsGroup[V any] struct {
	rights []hosting.Right
	value  V
}

// groupRights gathers rights with equal values, in a fixed order.
func groupRights[V any](entries map[hosting.Right]V, key func(V) string) []*rightsGroup[V] {
	groups := map[string]*rightsGroup[V]{}
	for _, right := range slices.SortedFunc(maps.Keys(entries), hosting.Right.Compare) {
		k := key(entries[right])
		if groups[k] == nil {
			groups[k] = &rightsGroup[V]{value: entries[right]}
		}
		groups[k].rights = append(groups[k].rights, right)
	}
	ordered := make([]*rightsGroup[V], 0, len(groups))
	for _, k := range slices.Sorted(maps.Keys(groups)) {
		ordered = append(ordered, groups[k])
	}
	return ordered
}

// PinsOf reads the pins of a record's status.
func PinsOf(status v1alpha1.AccessRecordStatus) Places {
	pins := make(Places, len(status.Pins))
	for _, p := range status.Pins {
		pins[PlaceKey{hosting.Scope(p.Scope), string(p.Name)}] = p.ID
	}
	return pins
}

// StorePins writes pins into a record's status, in a fixed order.
func (p Places) StorePins(status *v1alpha1.AccessRecordStatus) {
	status.Pins = nil
	for _, key := range slices.SortedFunc(maps.Keys(p), PlaceKey.Compare) {
		status.Pins = append(status.Pins, v1alpha1.PlacePin{Scope: v1alpha1.Scope(key.Scope), Name: v1alpha1.PlaceName(key.Name), ID: p[key]})
	}
}
