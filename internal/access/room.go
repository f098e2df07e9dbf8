package access

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

const (
	// maxScattered is what the ids of all rights take, in bytes, if each right is told by itself:
	// then the shortest status fits, whatever becomes of each right.
	maxScattered = 512 << 10
	// maxTries is how many contributions a record refuses one by one, before all others that are
	// new are refused with them: to find out takes time.
	maxTries = 8
)

// Room tells which contributions a record has room for, so that its status can be written now, and
// when all of them have left and are due to go.
type Room struct {
	Memory       Memory
	Places, Pins Places
	// Live is what the row holds.
	Live hosting.Rights
	// Names are pinned besides, by contributions that do not count now.
	Names Places
	// Settled are the contributions that were taken in before as they are now.
	Settled map[types.UID]bool
}

// Full lists the contributions that there is no room for: those that come last, and among these
// each that by itself is too much. What was taken in before and brings nothing new stays. want is
// what all of them want together.
func (r Room) Full(want Want, contributions []v1alpha1.Contribution) map[types.UID]bool {
	var taken, settled, others []v1alpha1.Contribution
	known := r.Memory.Named().Union(r.Live)
	for _, c := range contributions {
		switch {
		case r.Settled[c.UID] && known.Contains(want.By[c.UID].Rights):
			taken = append(taken, c)
		case r.Settled[c.UID]:
			settled = append(settled, c)
		default:
			others = append(others, c)
		}
	}
	if len(taken) == len(contributions) || r.has(want, contributions) {
		return nil
	}
	r.Names = r.pinned(want)
	full, tries := map[types.UID]bool{}, 0
	for _, c := range slices.Concat(settled, others) {
		if with := append(slices.Clip(taken), c); tries < maxTries && r.has(Unite(with, r.Places, r.Pins, r.Memory.Named()), with) {
			taken = with
			continue
		}
		full[c.UID] = true
		tries++
	}
	return full
}

// pinned are the names that stay pinned whoever of those is refused who use them.
func (r Room) pinned(want Want) Places {
	names := Places{}
	maps.Copy(names, r.Names)
	for key, id := range want.Pins {
		if _, known := r.Pins[key]; known {
			names[key] = id
		}
	}
	return names
}

// Take unites contributions that are taken in, and keeps what those that are not have already.
func (r Room) Take(taken, refused []v1alpha1.Contribution) Want {
	named := r.Memory.Named()
	want := Unite(taken, r.Places, r.Pins, named)
	if len(refused) == 0 {
		return want
	}
	rest := Unite(refused, r.Places, r.Pins, named)
	kept := rest.Rights.Union(rest.Kept).Intersect(named)
	want.Retain = want.Retain.Minus(kept.Minus(rest.Retain)).Union(kept.Minus(want.Rights).Minus(want.Kept).Intersect(rest.Retain))
	want.Kept = want.Kept.Union(kept.Minus(want.Rights))
	for namespace, rights := range rest.From {
		if has := rights.Intersect(named); !has.Empty() {
			want.From[namespace] = want.From[namespace].Union(has)
		}
	}
	for key, id := range rest.Pins {
		if _, known := r.Pins[key]; known {
			want.Pins[key] = id
		}
	}
	return want
}

// has says whether there is room for what is wanted beside all that is remembered.
func (r Room) has(want Want, contributions []v1alpha1.Contribution) bool {
	rights, pins := want.Rights.Union(r.Memory.Named()), maps.Clone(want.Pins)
	maps.Copy(pins, r.Names)
	if rights.Len() <= fewRights && len(pins) <= fewRights || r.ample(rights, pins, contributions) {
		return true
	}
	if len(pins) > maxPins || scattered(rights) > maxScattered {
		return false
	}
	given, left := r.foresee(want, contributions)
	for _, memory := range []Memory{given, left} {
		status := v1alpha1.AccessRecordStatus{Live: Names{}.Live(rights)}
		pins.StorePins(&status)
		if memory.enter(&status); !fits(&status) {
			return false
		}
	}
	return true
}

// What a right, or a pin, takes in JSON at most, beside names and whom it is from: once as live, and once as applied or owed.
const (
	rightSize = 640
	pinSize   = 160
	// escapedSize is what JSON makes of one byte of a name at most.
	escapedSize = 6
)

// ample says whether there is room even if each right is told by itself, with everybody whom anything is from: to find
// that out takes a moment, and the exact answer much longer.
func (r Room) ample(rights hosting.Rights, pins Places, contributions []v1alpha1.Contribution) bool {
	longest, whom := 0, 0
	for _, bundle := range rights.Bundles() {
		for _, name := range bundle.Permissions {
			longest = max(longest, len(name))
		}
	}
	for _, c := range contributions {
		whom += len(c.UID) + len(c.Grant.Namespace) + 6
	}
	remembered := 0
	for _, part := range r.Memory.Applied {
		remembered = max(remembered, listSize(part.Value.Namespaces))
	}
	for _, part := range r.Memory.Owed {
		remembered = max(remembered, listSize(part.Value.Namespaces)+listSize(part.Value.By)+len(part.Value.Batch))
	}
	size := rights.Len() * (rightSize + 2*escapedSize*longest + whom + 2*remembered)
	for key := range pins {
		size += pinSize + escapedSize*len(key.Name)
	}
	return rights.Len() <= maxBundles && len(pins) <= maxPins && size <= maxTold
}

func listSize[T ~string](list []T) (size int) {
	for _, one := range list {
		size += len(one) + 3
	}
	return size
}

// fewRights have room however they are told.
const fewRights = 32

// scattered is what the ids of rights take where no two are told together.
func scattered(rights hosting.Rights) (size int) {
	for _, bundle := range rights.Bundles() {
		for _, id := range bundle.IDs {
			size += len(bundle.Permissions) * (len(strconv.FormatInt(id, 10)) + 1)
		}
	}
	return size
}

// foresee is the memory once all that is wanted was given, and once all of that is due to go.
func (r Room) foresee(want Want, contributions []v1alpha1.Contribution) (given, left Memory) {
	by := map[string][]types.UID{}
	for _, c := range contributions {
		by[c.Grant.Namespace] = append(by[c.Grant.Namespace], c.UID)
	}
	declared := want.Rights.Union(want.Kept)
	entries := want.entries(declared.Minus(r.Memory.Applied.Rights()), Entry{})
	for _, part := range r.Memory.Applied.Only(declared) {
		entries = append(entries, want.entries(part.Rights, Entry{Namespaces: part.Value.Namespaces})...)
	}
	given = Memory{Applied: r.Memory.Applied.With(entries...), Owed: r.Memory.Owed.Without(declared)}
	var debts []RightPart[Debt]
	for _, part := range given.Applied {
		debt := Debt{Cause: v1alpha1.CauseRemoved, Namespaces: part.Value.Namespaces, Since: foreseen, Batch: anyBatch}
		for _, namespace := range part.Value.Namespaces {
			debt.By = append(debt.By, by[namespace]...)
		}
		debts = append(debts, RightPart[Debt]{part.Rights, debt})
	}
	return given, Memory{Owed: r.Memory.Owed.With(debts...)}
}

// What debts to come are told with.
var (
	foreseen = metav1.Unix(4_000_000_000, 0)
	anyBatch = strings.Repeat("x", 32)
)
