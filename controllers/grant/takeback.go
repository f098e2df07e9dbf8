package grant

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/contribute"
)

// disposition is what becomes of a contribution.
type disposition int

const (
	keep disposition = iota
	// withdraw: it is taken back, and its deletion policy holds.
	withdraw
	// evict: a rule forbids it, and its deletion policy does not hold.
	evict
)

// takeBack un-applies the grant's contributions, as fate says, but for those of a record that
// hands them over to another one: there they are met again.
func (r *Reconciler) takeBack(ctx context.Context, uid types.UID, records []v1alpha1.AccessRecord, fate func(*v1alpha1.AccessRecord, v1alpha1.Contribution) disposition) error {
	for i := range records {
		c, ok := find(records[i].Spec.Contributions, uid)
		if !ok || contribute.Misnamed(&records[i]) {
			continue
		}
		what := fate(&records[i], c)
		if what == evict {
			known, err := r.settlePolicy(ctx, &records[i], c, false)
			if err != nil {
				return err
			}
			if !known {
				what = keep // until the record knows
			}
		}
		if what == keep {
			continue
		}
		if err := contribute.Apply(ctx, r.Client, &records[i], uid, nil); err != nil {
			return err
		}
	}
	return nil
}

// settlePolicy gives a contribution a deletion policy, and says whether the record knows it.
func (r *Reconciler) settlePolicy(ctx context.Context, record *v1alpha1.AccessRecord, c v1alpha1.Contribution, retain bool) (bool, error) {
	if c.Retain == retain {
		return echoed(record, c), nil
	}
	c.Retain = retain
	c.Digest = c.Digest[:min(len(c.Digest), 24)] + policyMark(retain)
	return false, contribute.Apply(ctx, r.Client, record, c.UID, &c)
}

func policyMark(retain bool) string {
	if retain {
		return "-retain"
	}
	return "-revoke"
}

func echoed(record *v1alpha1.AccessRecord, c v1alpha1.Contribution) bool {
	return slices.ContainsFunc(record.Status.Contributions, func(echo v1alpha1.ContributionStatus) bool {
		return echo.UID == c.UID && echo.Digest == c.Digest
	})
}
