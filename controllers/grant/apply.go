package grant

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/handover"
)

// apply does what was decided, in order. It may end anywhere: the next reconcile decides again.
func (r *Reconciler) apply(ctx context.Context, grant *v1alpha1.PermissionGrant, backend *v1alpha1.HostingBackend, actions []handover.Action) error {
	for _, action := range actions {
		record := action.Record
		if record == nil {
			var err error
			if record, err = r.createRecord(ctx, backend, action.Address); err != nil {
				return err
			}
		}
		if err := contribute.Apply(ctx, r.Client, record, grant.UID, action.Contribution); err != nil {
			return err
		}
	}
	return nil
}

// createRecord creates plainly: an apply that creates could also re-create what was just deleted.
func (r *Reconciler) createRecord(ctx context.Context, backend *v1alpha1.HostingBackend, address string) (*v1alpha1.AccessRecord, error) {
	record := contribute.NewRecord(backend, address)
	if err := controllerutil.SetOwnerReference(backend, record, r.Scheme()); err != nil {
		return nil, fmt.Errorf("own the record: %w", err)
	}
	if err := r.Create(ctx, record, apply.Owner); err != nil {
		return nil, fmt.Errorf("create AccessRecord: %w", err)
	}
	return record, nil
}

// setFinalizer adds or removes the finalizer. The lock keeps those that somebody else sets at this moment.
func (r *Reconciler) setFinalizer(ctx context.Context, grant *v1alpha1.PermissionGrant, set func(client.Object, string) bool) error {
	before := grant.DeepCopy()
	if !set(grant, v1alpha1.GrantFinalizer) {
		return nil
	}
	if err := r.Patch(ctx, grant, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("set the finalizer: %w", err)
	}
	return nil
}
