package record

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// dropOrphans takes back contributions whose grant is gone without having done so itself,
// for instance because its finalizer was removed by hand, and tells of those that stay; nil where
// some were taken back, which changes the spec. That a grant cannot be found is no proof: while its
// CRD or its namespace is being removed, everything is not found.
func (r *Reconciler) dropOrphans(ctx context.Context, record *v1alpha1.AccessRecord) (*plan.Orphans, error) {
	orphans, dropped := &plan.Orphans{}, false
	key := client.ObjectKeyFromObject(record)
	known, lost := r.lost.of(key), map[types.UID]time.Time{}
	defer func() { r.lost.set(key, lost) }()
	for _, c := range record.Spec.Contributions {
		since, isKnown := known[c.UID]
		isKnown = isKnown && r.Clock.Since(since) < lostFor
		what, err := r.fate(ctx, record, c, isKnown)
		if err != nil {
			return nil, err
		}
		switch what {
		case grantDeleted:
			if err := contribute.Apply(ctx, r.Client, record, c.UID, nil); err != nil {
				return nil, err
			}
			dropped = true
		case grantLost:
			if lost[c.UID] = since; !isKnown {
				lost[c.UID] = r.Clock.Now()
			}
			orphans.Lost = append(orphans.Lost, c.Grant.Namespace+"/"+string(c.Grant.Name))
		case grantReplaced:
			orphans.Replaced = true
		}
	}
	if dropped {
		return nil, nil
	}
	return orphans, nil
}

// fate of a contribution's grant.
type fate int

const (
	grantThere fate = iota
	grantDeleted
	// grantLost: it cannot be found, and that is no proof.
	grantLost
	// grantReplaced: another has its name, and has not taken its place yet.
	grantReplaced
)

// fate asks the cache first: it answers for nothing in the usual case. lost: the API server was asked lately,
// and the grant is as lost as it was where the cache still has none.
func (r *Reconciler) fate(ctx context.Context, record *v1alpha1.AccessRecord, c v1alpha1.Contribution, lost bool) (fate, error) {
	what, err := r.fateBy(ctx, r.Client, record, c)
	if lost || what != grantLost || err != nil {
		return what, err
	}
	if what, err = r.fateBy(ctx, r.Live, record, c); what != grantLost || err != nil {
		return what, err
	}
	if proof, err := r.absenceIsProof(ctx, record, c.Grant.Namespace); !proof || err != nil {
		return grantLost, err
	}
	return grantDeleted, nil
}

// fateBy is what one reader says of a contribution's grant; grantLost where it has none.
func (r *Reconciler) fateBy(ctx context.Context, reader client.Reader, record *v1alpha1.AccessRecord, c v1alpha1.Contribution) (fate, error) {
	grant := &v1alpha1.PermissionGrant{}
	err := reader.Get(ctx, types.NamespacedName{Namespace: c.Grant.Namespace, Name: string(c.Grant.Name)}, grant)
	switch {
	case apierrors.IsNotFound(err):
		return grantLost, nil
	case err != nil:
		return grantThere, fmt.Errorf("get the contribution's grant: %w", err)
	case grant.UID == c.UID:
		return grantThere, nil
	case succeeds(grant, record, r.now(), r.Timing.ReferenceGrace):
		return grantDeleted, nil
	}
	return grantReplaced, nil
}

// succeeds says whether a grant takes the place of the one whose name it has, so that nobody
// loses access in between: it has handed over what it gives. One that waits for what was not
// created again yet, or is suspended, has not, until the grace of what is missing is over.
func succeeds(grant *v1alpha1.PermissionGrant, record *v1alpha1.AccessRecord, now metav1.Time, grace time.Duration) bool {
	if slices.ContainsFunc(record.Spec.Contributions, func(c v1alpha1.Contribution) bool { return c.UID == grant.UID }) {
		return true
	}
	if grant.Status.ObservedGeneration != grant.Generation || grant.Spec.Suspend {
		return false
	}
	ready := meta.FindStatusCondition(grant.Status.Conditions, v1alpha1.ConditionReady)
	if ready != nil && ready.Reason == v1alpha1.ReasonBackendNotFound {
		return false
	}
	waits := slices.ContainsFunc(grant.Status.Issues, func(i v1alpha1.GrantIssue) bool {
		return i.Reason == v1alpha1.ReasonReferenceNotFound || i.Reason == v1alpha1.ReasonAddressNotFound
	})
	return !waits || now.Sub(grant.CreationTimestamp.Time) >= grace
}

// absenceIsProof says whether a grant that is not found was really deleted: its CRD and its
// namespace are in use and older than the record, so that they did not take it with them.
func (r *Reconciler) absenceIsProof(ctx context.Context, record *v1alpha1.AccessRecord, namespace string) (bool, error) {
	home, err := contribute.HomeOf(ctx, r.Live, namespace)
	if err != nil {
		return false, fmt.Errorf("look at the home of a contribution's grant: %w", err)
	}
	return home.InUse && !record.CreationTimestamp.Before(&home.Since), nil
}
