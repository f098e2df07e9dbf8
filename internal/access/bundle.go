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

// fewBundles is up to how many entries a set is told by places, which reads best.
const fewBundles = 64

// bundleRights writes a set compactly: places with equal permissions share one entry, or, where
// that takes many entries and more room, permissions on equal places do. The result is in a fixed
// order, so that equal sets read equal.
func bundleRights(rights []hosting.Right) []v1alpha1.Rights {
	rights = slices.SortedFunc(slices.Values(rights), hosting.Right.Compare)
	bundles := split(byPlace(rights))
	if len(bundles) <= fewBundles {
		return bundles
	}
	if others := split(byPermission(rights)); SizeOf(others) < SizeOf(bundles) {
		return others
	}
	return bundles
}

// byPlace has places with equal permissions share an entry.
func byPlace(rights []hosting.Right) []v1alpha1.Rights {
	bundles, at := map[string]*v1alpha1.Rights{}, 0
	for at < len(rights) {
		place, names := rights[at], []string{}
		for ; at < len(rights) && rights[at].Scope == place.Scope && rights[at].ID == place.ID; at++ {
			names = append(names, rights[at].Name)
		}
		key := string(place.Scope) + "/" + strings.Join(names, ",")
		if bundles[key] == nil {
			bundles[key] = &v1alpha1.Rights{Scope: v1alpha1.Scope(place.Scope), Permissions: names}
		}
		if place.ID != 0 {
			bundles[key].IDs = append(bundles[key].IDs, place.ID)
		}
	}
	return inOrder(bundles)
}

// byPermission has permissions on equal places share an entry.
func byPermission(rights []hosting.Right) []v1alpha1.Rights {
	type permission struct {
		scope hosting.Scope
		name  string
	}
	places := map[permission][]int64{}
	for _, r := range rights {
		of := permission{r.Scope, r.Name}
		places[of] = append(places[of], r.ID)
	}
	inTurn := slices.SortedFunc(maps.Keys(places), func(a, b permission) int {
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.name, b.name))
	})
	bundles := map[string]*v1alpha1.Rights{}
	for _, of := range inTurn {
		key := fmt.Sprint(of.scope, places[of])
		if bundles[key] == nil {
			bundles[key] = &v1alpha1.Rights{Scope: v1alpha1.Scope(of.scope)}
			if places[of][0] != 0 {
				bundles[key].IDs = places[of]
			}
		}
		bundles[key].Permissions = append(bundles[key].Permissions, of.name)
	}
	return inOrder(bundles)
}

func inOrder(bundles map[string]*v1alpha1.Rights) []v1alpha1.Rights {
	list := make([]v1alpha1.Rights, 0, len(bundles))
	for _, key := range slices.Sorted(maps.Keys(bundles)) {
		list = append(list, *bundles[key])
	}
	return list
}

// What one entry holds; the CRD bounds it.
const (
	maxIDs         = 10000
	maxPermissions = 256
)

// split has no entry hold more than one may.
func split(bundles []v1alpha1.Rights) []v1alpha1.Rights {
	list := make([]v1alpha1.Rights, 0, len(bundles))
	for _, b := range bundles {
		for names := range slices.Chunk(b.Permissions, maxPermissions) {
			if len(b.IDs) == 0 {
				list = append(list, v1alpha1.Rights{Scope: b.Scope, Permissions: names})
			}
			for ids := range slices.Chunk(b.IDs, maxIDs) {
				list = append(list, v1alpha1.Rights{Scope: b.Scope, IDs: ids, Permissions: names})
			}
		}
	}
	return list
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
	groups := groupRights(owed, Debt.key)
	list := make([]DebtGroup, len(groups))
	for i, g := range groups {
		list[i] = DebtGroup{Debt: g.value, Rights: g.rights}
	}
	return list
}

// key is the same for debts of one reason.
func (d Debt) key() string {
	return fmt.Sprint(d.Since.Unix(), d.Cause, d.By, d.Namespaces, d.Batch, d.ApprovedBy)
}

type rightsGroup[V any] struct {
	rights []hosting.Right
	value  V
}

// groupRights gathers rights with equal values, in a fixed order.
func groupRights[V any](entries map[hosting.Right]V, key func(V) string) []*rightsGroup[V] {
	groups := map[string]*rightsGroup[V]{}
	for _, right := range hosting.SortedRights(entries) {
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
