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
// no proof: while its CRD or its namespace is being removed, everything is not found. Those
// that stay although their grant is gone are the lost ones.
func (r *Reconciler) dropOrphans(ctx context.Context, record *v1alpha1.AccessRecord) (dropped bool, lost []string, err error) {
	for _, c := range record.Spec.Contributions {
		what, err := r.fate(ctx, record, c)
		if err != nil {
			return dropped, lost, err
		}
		switch what {
		case grantDeleted:
			if err := contribute.Apply(ctx, r.Client, record, c.UID, nil); err != nil {
				return dropped, lost, err
			}
			dropped = true
		case grantLost:
			lost = append(lost, c.Grant.Namespace+"/"+string(c.Grant.Name))
		}
	}
	return dropped, lost, nil
}

// fate of a contribution's grant.
type fate int

const (
	grantThere fate = iota
	grantDeleted
	// grantLost: it cannot be found, and that is no proof.
	grantLost
)

// fate asks the cache first: it answers for nothing in the usual case. A grant re-created
// under the same name takes the place of the old one once it has handed over what it gives,
// so that nobody loses access in between.
func (r *Reconciler) fate(ctx context.Context, record *v1alpha1.AccessRecord, c v1alpha1.Contribution) (fate, error) {
	for _, reader := range []client.Reader{r.Client, r.Live} {
		grant := &v1alpha1.PermissionGrant{}
		err := reader.Get(ctx, types.NamespacedName{Namespace: c.Grant.Namespace, Name: string(c.Grant.Name)}, grant)
		if err == nil && grant.UID != c.UID && grant.Status.ObservedGeneration == grant.Generation {
			return grantDeleted, nil
		}
		if err == nil {
			return grantThere, nil
		}
		if !apierrors.IsNotFound(err) {
			return grantThere, fmt.Errorf("get the contribution's grant: %w", err)
		}
	}
	if proof, err := r.absenceIsProof(ctx, record, c.Grant.Namespace); !proof || err != nil {
		return grantLost, err
	}
	return grantDeleted, nil
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

func lostMessage(grants []string) string {
	return listed(grants) + " went with the namespace or the kind, and nobody asked to take back what was given: it stays; declare it again under the same name, and delete it there if it is to go"
}
