package relinquishment

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// maxTries is how often a holding is given up that is listed all the same.
const maxTries = 5

// begin makes the results of what is confirmed. An owner is known where the list showed the
// id before it was confirmed; nothing else is ever given up.
func begin(confirm []int64, held []v1alpha1.Holding, now metav1.Time) []v1alpha1.DropResult {
	results := make([]v1alpha1.DropResult, len(confirm))
	for i, id := range confirm {
		results[i] = v1alpha1.DropResult{ID: id, State: v1alpha1.DropPending, At: now}
		for _, h := range held {
			if h.ID == id {
				results[i].Owner, results[i].OwnerID = h.Owner, h.OwnerID
			}
		}
	}
	return results
}

// judge moves results on by what a list shows that was read after all that was done. It
// changes nothing that is final, and never moves towards giving up.
func judge(results []v1alpha1.DropResult, list []hosting.Holding, protected func(hosting.Holding) bool, now metav1.Time) []v1alpha1.DropResult {
	moved := slices.Clone(results)
	for i := range moved {
		if !open(moved[i]) {
			continue
		}
		state, reason := moved[i].State, ""
		h, held := find(list, moved[i].ID)
		switch {
		case !held && state == v1alpha1.DropIntended:
			state = v1alpha1.DropDropped
		case !held:
			state = v1alpha1.DropAlreadyGone
		case moved[i].OwnerID == 0:
			state, reason = v1alpha1.DropRefused, v1alpha1.ReasonNotListed
		case moved[i].OwnerID != h.OwnerID:
			state, reason = v1alpha1.DropRefused, v1alpha1.ReasonOwnerChanged
		case protected(h):
			state, reason = v1alpha1.DropRefused, v1alpha1.ReasonProtected
		}
		enter(&moved[i], state, now)
		moved[i].Reason = reason
	}
	return moved
}

// intend notes that an id is about to be given up.
func intend(results []v1alpha1.DropResult, id int64, now metav1.Time) []v1alpha1.DropResult {
	return each(results, id, func(r *v1alpha1.DropResult) { enter(r, v1alpha1.DropIntended, now) })
}

// answered notes that the provider answered that an id was given up, and what a list read
// after that shows. What stays listed is not tried for ever.
func answered(results []v1alpha1.DropResult, id int64, list []hosting.Holding, now metav1.Time) []v1alpha1.DropResult {
	return each(results, id, func(r *v1alpha1.DropResult) {
		_, held := find(list, id)
		if !held {
			enter(r, v1alpha1.DropDropped, now)
			return
		}
		if r.Tries++; r.Tries >= maxTries {
			enter(r, v1alpha1.DropRefused, now)
			r.Reason = v1alpha1.ReasonNotConverging
		}
	})
}

func each(results []v1alpha1.DropResult, id int64, change func(*v1alpha1.DropResult)) []v1alpha1.DropResult {
	moved := slices.Clone(results)
	for i := range moved {
		if moved[i].ID == id {
			change(&moved[i])
		}
	}
	return moved
}

func enter(r *v1alpha1.DropResult, state v1alpha1.DropState, now metav1.Time) {
	if r.State != state {
		r.State, r.At = state, now
	}
}

// open says whether something is still to be done or found out.
func open(r v1alpha1.DropResult) bool {
	return r.State == v1alpha1.DropPending || r.State == v1alpha1.DropIntended
}

// next is the id whose turn it is: the one begun first. 0: all is done.
func next(results []v1alpha1.DropResult) int64 {
	var first int64
	for _, r := range results {
		if r.State == v1alpha1.DropIntended {
			return r.ID
		}
		if r.State == v1alpha1.DropPending && first == 0 {
			first = r.ID
		}
	}
	return first
}

// missing says whether a list lacks an id of which something is to be done or found out.
func missing(results []v1alpha1.DropResult, list []hosting.Holding) bool {
	return slices.ContainsFunc(results, func(r v1alpha1.DropResult) bool {
		_, held := find(list, r.ID)
		return open(r) && !held
	})
}

// either is what at least one of two lists shows; where both do, as the second has it.
func either(first, second []hosting.Holding) []hosting.Holding {
	all := slices.Clone(second)
	for _, h := range first {
		if _, there := find(second, h.ID); !there {
			all = append(all, h)
		}
	}
	return all
}

func find(list []hosting.Holding, id int64) (hosting.Holding, bool) {
	for _, h := range list {
		if h.ID == id {
			return h, true
		}
	}
	return hosting.Holding{}, false
}

// guard says which holdings are never given up: those on a profile that any HostingBackend
// of the cluster acts for (I6). Ids tell profiles apart at one endpoint only.
func guard(backends []v1alpha1.HostingBackend, endpoint string) func(hosting.Holding) bool {
	return func(h hosting.Holding) bool {
		return slices.ContainsFunc(backends, func(b v1alpha1.HostingBackend) bool {
			if access.SameAddress(string(b.Spec.Endpoint.Customer), h.Owner) {
				return true
			}
			identity := b.Status.Identity
			return identity != nil && (access.SameAddress(identity.Email, h.Owner) ||
				b.Spec.Endpoint.URL == endpoint && identity.CustomerID == h.OwnerID)
		})
	}
}
