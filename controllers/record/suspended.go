package record

import (
	"maps"
	"slices"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// heldAs is the memory in which debts that are held as a suspension are remembered as such: from
// then on they go when their batch is named, and not an hour later with the next few.
func (p *pass) heldAs(held access.DebtGroup) access.Memory {
	if held.Cause != v1alpha1.CauseSuspended {
		return p.memory
	}
	group := hosting.NewRights(held.Rights...)
	memory := p.memory
	memory.Owed = maps.Clone(memory.Owed)
	for right, debt := range memory.Owed {
		if group.Has(right) {
			debt.Cause = held.Cause
			memory.Owed[right] = debt
		}
	}
	return memory
}

// along says whether nothing of a debt arose because the person was suspended: then it goes with
// what did.
func (p *pass) along(debt access.DebtGroup) bool {
	return debt.Cause == v1alpha1.CauseSuspended && !slices.ContainsFunc(debt.Rights, func(right hosting.Right) bool {
		return p.memory.Owed[right].Cause == v1alpha1.CauseSuspended
	})
}

// blamed are namespaces on whose account something goes now that are not in a list any more: they
// named the person more than a day ago.
func (p *pass) blamed(list []v1alpha1.SourceNamespace) []v1alpha1.SourceNamespace {
	accounts := map[string]bool{}
	for _, goes := range []map[string]bool{p.weighed.counted, p.weighed.suspended} {
		for namespace, now := range goes {
			known := slices.ContainsFunc(list, func(s v1alpha1.SourceNamespace) bool { return s.Namespace == namespace })
			accounts[namespace] = accounts[namespace] || p.acting && now && !known
		}
	}
	var blamed []v1alpha1.SourceNamespace
	for namespace, is := range accounts {
		if is {
			blamed = append(blamed, p.source(v1alpha1.SourceNamespace{Namespace: namespace, Since: p.now}, false))
		}
	}
	return blamed
}
