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
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// offer is what a grant would give one person.
type offer struct {
	address      string
	contribution v1alpha1.Contribution
	permission   access.Permission
	// record is the name of the person's, has whether it holds something of the grant already.
	record string
	has    bool
}

// offers are what a grant gives those people, as far as one by one they may have it.
func (s *references) offers(grant *v1alpha1.PermissionGrant, people []resolve.Person, records []v1alpha1.AccessRecord) []offer {
	has := map[string]bool{}
	for i := range records {
		_, has[records[i].Name] = find(records[i].Spec.Contributions, grant.UID)
	}
	sets, list := resolve.Join(s.sets), make([]offer, len(people))
	for i, person := range people {
		one := offer{address: person.Address, contribution: resolve.Contribution(grant, sets, person), record: access.RecordName(s.backend.Name, person.Address)}
		one.permission, one.has = s.permit(one.contribution, person.Address), has[one.record]
		list[i] = one
	}
	return list
}

// applyContributions gives people what is offered to them, and returns the records of those who have it.
func (r *Reconciler) applyContributions(ctx context.Context, given *handover, s *references, offers []offer) (map[types.UID]bool, error) {
	frozen := given.frozen(s.setIssues)
	admits, err := !frozen, error(nil) // else nobody new is given anything anyway
	if admits {
		admits, err = r.quota(ctx, given, s, offers)
	}
	if err != nil {
		return nil, err
	}
	named := map[types.UID]bool{}
	for _, o := range offers {
		if o.permission.Refusal != "" {
			given.refuse(o.permission.Refusal)
			continue
		}
		if !admits && !o.has {
			continue
		}
		one, err := r.applyContribution(ctx, given, s, resolve.Adopting(o.contribution, o.permission.Adopt), o.address, frozen)
		if err != nil {
			return nil, err
		}
		if one != nil {
			named[one.UID] = true
		}
	}
	return named, nil
}

// quota says whether a grant may give something to people who have nothing of it yet, and notes
// why not. All of them are refused or none: a part of those that it names would be anybody's.
func (r *Reconciler) quota(ctx context.Context, given *handover, s *references, offers []offer) (bool, error) {
	named, newcomers := map[int]map[string]bool{}, map[int]bool{}
	for _, o := range offers {
		if o.permission.Refusal != "" {
			continue
		}
		rule := o.permission.Rule
		if named[rule] == nil {
			named[rule] = map[string]bool{}
		}
		named[rule][o.record] = true
		newcomers[rule] = newcomers[rule] || !o.has
	}
	for _, rule := range slices.Sorted(maps.Keys(named)) {
		most := access.MaxPeople(s.backend, rule, s.origin.Namespace)
		if most == 0 || !newcomers[rule] {
			continue
		}
		together, ok, err := r.fits(ctx, s, offers[0].contribution.UID, rule, named[rule], most)
		if err != nil {
			return false, err
		}
		if !ok {
			given.issues = append(given.issues, resolve.Issue{Subject: "backendRef", Reason: v1alpha1.ReasonTooManyPeople,
				Message: access.TooManyPeople(s.backend, rule, s.origin.Namespace, together)})
			given.crowded = given.crowded || len(named[rule]) <= most // there is room once others go
			return false, nil
		}
	}
	return true, nil
}

// fits says how many people the grants of a namespace would name by a rule, and whether that
// many may be named.
func (r *Reconciler) fits(ctx context.Context, s *references, uid types.UID, rule int, named map[string]bool, most int) (int, bool, error) {
	if len(named) > most {
		return len(named), false, nil // whatever others do
	}
	records := &v1alpha1.AccessRecordList{}
	source := index.Source(s.backend.Name, s.origin.Namespace)
	if err := r.List(ctx, records, client.InNamespace(s.backend.Namespace), client.MatchingFields{index.RecordSource: source}, client.UnsafeDisableDeepCopy); err != nil {
		return 0, false, fmt.Errorf("list AccessRecords of a namespace: %w", err)
	}
	others := map[types.UID]map[string]bool{}
	for i := range records.Items {
		record := &records.Items[i]
		for _, c := range record.Spec.Contributions {
			if c.UID == uid || c.Grant.Namespace != s.origin.Namespace {
				continue
			}
			if counts, ok := access.CountsFor(s.backend, s.origin, c, string(record.Spec.Email)); ok && counts == rule {
				if others[c.UID] == nil {
					others[c.UID] = map[string]bool{}
				}
				others[c.UID][record.Name] = true
			}
		}
	}
	key := seat{backend: client.ObjectKeyFromObject(s.backend), namespace: s.origin.Namespace, rule: rule}
	together, ok := r.seats.take(key, uid, named, others, most, r.Clock.Now())
	return together, ok, nil
}

// seat is what people are counted for.
type seat struct {
	backend   types.NamespacedName
	namespace string
	rule      int
}

// seats remember whom grants were allowed to name until the cache shows it, so that many grants
// at one moment name no more people than one. They only refuse: nothing else depends on them.
type seats struct {
	mu    sync.Mutex
	taken map[seat]map[types.UID]taking
}

type taking struct {
	people map[string]bool
	until  time.Time
}

// seatTime is how long a grant's people are remembered: long enough for the cache.
const seatTime = time.Minute

// take says how many people there are with those of a grant, and whether they are not too many:
// then they are remembered. others are those whom other grants name, as the cache has it.
func (s *seats) take(of seat, uid types.UID, named map[string]bool, others map[types.UID]map[string]bool, most int, now time.Time) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	together := maps.Clone(named)
	for _, people := range others {
		maps.Copy(together, people)
	}
	for other, t := range s.taken[of] {
		switch {
		case !now.Before(t.until) || shown(t.people, others[other]):
			delete(s.taken[of], other)
		case other != uid:
			maps.Copy(together, t.people)
		}
	}
	if len(together) > most {
		return len(together), false
	}
	if s.taken == nil {
		s.taken = map[seat]map[types.UID]taking{}
	}
	if s.taken[of] == nil {
		s.taken[of] = map[types.UID]taking{}
	}
	s.taken[of][uid] = taking{people: named, until: now.Add(seatTime)}
	return len(together), true
}

// shown says whether the cache has all that was taken: from then on it alone tells.
func shown(taken, cached map[string]bool) bool {
	for name := range taken {
		if !cached[name] {
			return false
		}
	}
	return true
}

// leave forgets a grant that is gone.
func (s *seats) leave(uid types.UID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for of, takings := range s.taken {
		delete(takings, uid)
		if len(takings) == 0 {
			delete(s.taken, of)
		}
	}
}
