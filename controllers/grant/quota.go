package grant

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/index"
)

// reserve reserves what a grant demands of the quota: nil where there is room for all of it.
func (r *Reconciler) reserve(ctx context.Context, in handover.Inputs, demands []handover.Demand) (*handover.Excess, error) {
	for _, demand := range demands {
		if people := len(demand.Names); people > demand.Most {
			return &handover.Excess{Demand: demand, People: people}, nil // whatever other grants name
		}
		records := &v1alpha1.AccessRecordList{}
		source := index.Source(in.Backend.Name, in.Origin.Namespace)
		if err := r.List(ctx, records, client.InNamespace(in.Backend.Namespace), client.MatchingFields{index.RecordSource: source}, client.UnsafeDisableDeepCopy); err != nil {
			return nil, fmt.Errorf("list AccessRecords of a namespace: %w", err)
		}
		others := handover.NamedByOthers(in, demand.Rule, records.Items)
		of := quota{backend: client.ObjectKeyFromObject(in.Backend), namespace: in.Origin.Namespace, rule: demand.Rule}
		if people, ok := r.reservations.reserve(of, in.Grant.UID, demand.Names, others, demand.Most, r.Clock.Now()); !ok {
			return &handover.Excess{Demand: demand, People: people}, nil
		}
	}
	return nil, nil
}

// quota is what people are counted for.
type quota struct {
	backend   types.NamespacedName
	namespace string
	rule      int
}

// reservations remember whom grants were allowed to name until the cache shows it, so that many grants
// at one moment name no more people than one. They only refuse: nothing else depends on them.
type reservations struct {
	mu sync.Mutex
	of map[quota]map[types.UID]reservation
}

type reservation struct {
	people map[string]bool
	until  time.Time
}

// reservationTime is how long a grant's people are remembered: long enough for the cache.
const reservationTime = time.Minute

// reserve says how many people there are with those of a grant, and whether they are not too many:
// then they are remembered. others are those whom other grants name, as the cache has it.
func (r *reservations) reserve(of quota, uid types.UID, named map[string]bool, others map[types.UID]map[string]bool, most int, now time.Time) (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	together := maps.Clone(named)
	for _, people := range others {
		maps.Copy(together, people)
	}
	for other, reserved := range r.of[of] {
		switch {
		case !now.Before(reserved.until) || shown(reserved.people, others[other]):
			delete(r.of[of], other)
		case other != uid:
			maps.Copy(together, reserved.people)
		}
	}
	if len(together) > most {
		return len(together), false
	}
	if r.of == nil {
		r.of = map[quota]map[types.UID]reservation{}
	}
	if r.of[of] == nil {
		r.of[of] = map[types.UID]reservation{}
	}
	r.of[of][uid] = reservation{people: named, until: now.Add(reservationTime)}
	return len(together), true
}

// shown says whether the cache has all that was reserved: from then on it alone tells.
func shown(reserved, cached map[string]bool) bool {
	return !slices.ContainsFunc(slices.Collect(maps.Keys(reserved)), func(name string) bool { return !cached[name] })
}

// release forgets a grant that is gone.
func (r *reservations) release(uid types.UID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for of, reserved := range r.of {
		delete(reserved, uid)
		if len(reserved) == 0 {
			delete(r.of, of)
		}
	}
}
