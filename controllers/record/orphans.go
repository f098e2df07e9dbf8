package record

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/contribute"
)

// dropOrphans takes back contributions whose grant is gone without having done so itself,
// for instance because its finalizer was removed by hand. That a grant cannot be found is
// no proof: while its CRD or its namespace is being removed, everything is not found.
func (r *Reconciler) dropOrphans(ctx context.Context, record *v1alpha1.AccessRecord) (bool, error) {
	dropped := false
	for _, c := range record.Spec.Contributions {
		gone, err := r.gone(ctx, record, c)
		if err != nil {
			return dropped, err
		}
		if !gone {
			continue
		}
		if err := contribute.Apply(ctx, r.Client, record, c.UID, nil); err != nil {
			return dropped, err
		}
		dropped = true
	}
	return dropped, nil
}

// gone says whether a contribution's grant is known not to exist. The cache is asked first:
// it answers for nothing in the usual case. A grant re-created under the same name counts
// once it has handed over what it gives, so that nobody loses access in between.
func (r *Reconciler) gone(ctx context.Context, record *v1alpha1.AccessRecord, c v1alpha1.Contribution) (bool, error) {
	for _, reader := range []client.Reader{r.Client, r.Live} {
		grant := &v1alpha1.PermissionGrant{}
		err := reader.Get(ctx, types.NamespacedName{Namespace: c.Grant.Namespace, Name: string(c.Grant.Name)}, grant)
		if err == nil {
			return grant.UID != c.UID && grant.Status.ObservedGeneration == grant.Generation, nil
		}
		if !apierrors.IsNotFound(err) {
			return false, fmt.Errorf("get the contribution's grant: %w", err)
		}
	}
	return r.absenceIsProof(ctx, record, c.Grant.Namespace)
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
