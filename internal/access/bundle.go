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

// Bundle is the compact form of a set of rights: places with equal permissions share one entry, or, where
// that takes many entries and more room, permissions on equal places do. The result is in a fixed
// order, so that equal sets read equal; nil for the empty set.
func Bundle(rights hosting.Rights) []v1alpha1.Rights {
	if rights.Empty() {
		return nil
	}
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
func byPlace(rights hosting.Rights) []v1alpha1.Rights {
	bundles := rights.Bundles()
	key := func(b hosting.Bundle) string { return string(b.Scope) + "/" + strings.Join(b.Permissions, ",") }
	slices.SortStableFunc(bundles, func(a, b hosting.Bundle) int { return cmp.Compare(key(a), key(b)) })
	list := make([]v1alpha1.Rights, len(bundles))
	for i, b := range bundles {
		list[i] = v1alpha1.Rights{Scope: v1alpha1.Scope(b.Scope), IDs: b.IDs, Permissions: b.Permissions}
	}
	return list
}

// byPermission has permissions on equal places share an entry.
func byPermission(rights hosting.Rights) []v1alpha1.Rights {
	type permission struct {
		scope hosting.Scope
		name  string
	}
	places := map[permission][]int64{}
	for r := range rights.All() {
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

// Unbundle is the inverse of Bundle.
func Unbundle(bundles []v1alpha1.Rights) hosting.Rights {
	parts := make([]hosting.Rights, len(bundles))
	for i, b := range bundles {
		ids := b.IDs
		if len(ids) == 0 {
			ids = []int64{0}
		}
		parts[i] = hosting.RightsAt(hosting.Scope(b.Scope), ids, b.Permissions...)
	}
	return hosting.UnionOf(parts...)
}

// Debts lists what is owed among rights, by why, in a fixed order.
func (m Memory) Debts(among hosting.Rights) RightMap[Debt] {
	return m.Owed.Only(among).Changed(func(d Debt) Debt { d.Intended = false; return d })
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
	if len(p) > 0 {
		status.Pins = make([]v1alpha1.PlacePin, 0, len(p))
	}
	for key, id := range p {
		status.Pins = append(status.Pins, v1alpha1.PlacePin{Scope: v1alpha1.Scope(key.Scope), Name: v1alpha1.PlaceName(key.Name), ID: id})
	}
	slices.SortFunc(status.Pins, func(a, b v1alpha1.PlacePin) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Name, b.Name))
	})
}
