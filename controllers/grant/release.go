package grant

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// release un-applies everything a deleted grant contributed and lets it go when that is
// revoked, or owed for a while. Correctness does not depend on it: the records remember.
func (r *Reconciler) release(ctx context.Context, grant *v1alpha1.PermissionGrant) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(grant, v1alpha1.GrantFinalizer) {
		return ctrl.Result{}, nil
	}
	home, err := contribute.HomeOf(ctx, r.Live, grant.Namespace)
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("look at the grant's home: %w", err)
	}
	if !home.InUse {
		// The kind or the namespace is being removed: nobody asked to revoke this grant.
		ctrl.LoggerFrom(ctx).Info("abandoned: what the grant gave stays as it is", "reason", v1alpha1.EventAbandoned)
		r.Events.Eventf(grant, nil, corev1.EventTypeWarning, v1alpha1.EventAbandoned, "Abandon", "the kind or the namespace is being removed; what the grant gave stays as it is")
		return ctrl.Result{}, r.letGo(ctx, grant)
	}
	records, err := r.records(ctx, grant.UID)
	if err != nil {
		return ctrl.Result{}, err
	}
	settled, err := r.settleRetention(ctx, grant, records)
	if err != nil {
		return ctrl.Result{}, err
	}
	r.seats.leave(grant.UID)
	if settled {
		if err := r.takeBack(ctx, grant.UID, records, func(*v1alpha1.AccessRecord, v1alpha1.Contribution) disposition { return withdraw }); err != nil {
			return ctrl.Result{}, err
		}
	}
	for i := range records {
		waits, err := r.waits(ctx, grant, &records[i])
		if err != nil {
			return ctrl.Result{}, err
		}
		if waits {
			o := status.Waiting(v1alpha1.ReasonTerminating, "taking back what only this grant gave")
			return r.report(ctx, grant, nil, o.In(r.Timing.Retry))
		}
	}
	return ctrl.Result{}, r.letGo(ctx, grant)
}

// letGo removes the finalizer.
func (r *Reconciler) letGo(ctx context.Context, grant *v1alpha1.PermissionGrant) error {
	before := grant.DeepCopy()
	controllerutil.RemoveFinalizer(grant, v1alpha1.GrantFinalizer)
	err := r.Patch(ctx, grant, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("remove finalizer: %w", err)
	}
	return nil
}

// settleRetention makes sure that the records know the deletion policy as it is now, before
// the contribution that carries it is taken back: what is taken back unseen leaves by the
// policy that the record knew before.
func (r *Reconciler) settleRetention(ctx context.Context, grant *v1alpha1.PermissionGrant, records []v1alpha1.AccessRecord) (bool, error) {
	settled := true
	for i := range records {
		c, ok := find(records[i].Spec.Contributions, grant.UID)
		if !ok {
			continue
		}
		retain, err := r.mayRetain(ctx, grant, &records[i], c)
		if err != nil {
			return false, err
		}
		known, err := r.settlePolicy(ctx, &records[i], c, retain)
		if err != nil {
			return false, err
		}
		settled = settled && (known || c.Retain == retain && r.overdue(grant))
	}
	return settled, nil
}

// mayRetain says whether what a deleted grant gave is to stay: its policy says so, and no
// rule has anything against it.
func (r *Reconciler) mayRetain(ctx context.Context, grant *v1alpha1.PermissionGrant, record *v1alpha1.AccessRecord, c v1alpha1.Contribution) (bool, error) {
	if grant.Spec.DeletionPolicy != v1alpha1.DeletionRetain {
		return false, nil
	}
	backend := &v1alpha1.HostingBackend{}
	err := r.Get(ctx, types.NamespacedName{Namespace: record.Namespace, Name: string(record.Spec.BackendRef.Name)}, backend)
	if apierrors.IsNotFound(err) {
		return true, nil // nothing is revoked there
	}
	if err != nil {
		return false, fmt.Errorf("get HostingBackend: %w", err)
	}
	from, err := r.origin(ctx, grant)
	if err != nil {
		return false, err
	}
	c.Retain = true
	return access.Permit(backend, from, c, string(record.Spec.Email)).Refusal == "", nil
}

// overdue says whether a deleted grant has waited long enough for anybody.
func (r *Reconciler) overdue(grant *v1alpha1.PermissionGrant) bool {
	return r.Clock.Since(grant.DeletionTimestamp.Time) >= r.Timing.FinalizerTimeout
}

// waits says whether a deletion still waits for a record; it does not where the backend is gone.
func (r *Reconciler) waits(ctx context.Context, grant *v1alpha1.PermissionGrant, record *v1alpha1.AccessRecord) (bool, error) {
	backend := &v1alpha1.HostingBackend{}
	err := r.Get(ctx, types.NamespacedName{Namespace: record.Namespace, Name: string(record.Spec.BackendRef.Name)}, backend)
	if err != nil {
		return false, client.IgnoreNotFound(err)
	}
	return unsettled(grant, record, backend, r.Clock.Now(), r.Timing), nil
}

// unsettled says whether a record may still take back what only a deleted grant gave. It will not
// where the backend is suspended or only observed, or where removals are held back: nothing is
// revoked there now, and the debt, if any, is on the record. Nor does it where all is revoked, and is
// only looked for once more. It is pure.
func unsettled(grant *v1alpha1.PermissionGrant, record *v1alpha1.AccessRecord, backend *v1alpha1.HostingBackend, now time.Time, t timing.Timing) bool {
	_, contributes := find(record.Spec.Contributions, grant.UID)
	echoes := slices.ContainsFunc(record.Status.Contributions, func(c v1alpha1.ContributionStatus) bool { return c.UID == grant.UID })
	if contributes || echoes {
		return contributes || now.Sub(grant.DeletionTimestamp.Time) < t.RecordTimeout
	}
	held := meta.IsStatusConditionTrue(record.Status.Conditions, v1alpha1.ConditionRemovalHeld)
	ready := meta.FindStatusCondition(record.Status.Conditions, v1alpha1.ConditionReady)
	done := ready != nil && ready.Reason == v1alpha1.ReasonWriteUnanswered
	if held || done || backend.Spec.Suspend || backend.Spec.Mode != v1alpha1.ModeEnforce {
		return false
	}
	return slices.ContainsFunc(record.Status.Owed, func(o v1alpha1.OwedRights) bool {
		return slices.Contains(o.By, grant.UID) && now.Sub(o.Since.Time) < t.FinalizerTimeout
	})
}
