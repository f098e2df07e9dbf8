package record

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/contribute"
)

const grantsCRD = "permissiongrants.hostgrant.io"

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
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := r.Live.Get(ctx, types.NamespacedName{Name: grantsCRD}, crd); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	home := &corev1.Namespace{}
	if err := r.Live.Get(ctx, types.NamespacedName{Name: namespace}, home); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	return inUse(crd) && home.DeletionTimestamp.IsZero() && home.Status.Phase != corev1.NamespaceTerminating &&
		!record.CreationTimestamp.Before(&crd.CreationTimestamp) && !record.CreationTimestamp.Before(&home.CreationTimestamp), nil
}

func inUse(crd *apiextensionsv1.CustomResourceDefinition) bool {
	established := false
	for _, condition := range crd.Status.Conditions {
		holds := condition.Status == apiextensionsv1.ConditionTrue
		switch condition.Type {
		case apiextensionsv1.Established:
			established = holds
		case apiextensionsv1.Terminating:
			if holds {
				return false
			}
		}
	}
	return established && crd.DeletionTimestamp.IsZero()
}
