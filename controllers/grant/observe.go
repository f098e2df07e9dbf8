package grant

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// observe reads everything that a decision about a grant depends on. It writes nothing.
func (r *Reconciler) observe(ctx context.Context, grant *v1alpha1.PermissionGrant) (handover.Inputs, error) {
	in := handover.Inputs{Grant: grant, Now: metav1.NewTime(r.Clock.Now()), ReferenceGrace: r.Timing.ReferenceGrace, FullRetry: r.Timing.FullRetry}
	var err error
	if in.Backend, err = r.backend(ctx, grant.Spec.BackendRef.Key(grant.Namespace)); in.Backend == nil || err != nil {
		return in, err
	}
	if in.Origin, err = r.origin(ctx, grant); err != nil {
		return in, err
	}
	if in.Records, err = r.records(ctx, grant.UID); err != nil || grant.Spec.Suspend {
		return in, err
	}
	if in.People, err = resolve.Subjects(ctx, r.Client, grant.Namespace, grant.Spec.Subjects); err != nil {
		return in, err
	}
	if in.Sets, in.SetIssues, err = resolve.Sets(ctx, r.Client, grant.Namespace, grant.Spec.PermissionSetRefs); err != nil {
		return in, err
	}
	for _, name := range handover.Newcomers(in) {
		record := v1alpha1.AccessRecord{}
		err := r.Get(ctx, types.NamespacedName{Namespace: in.Backend.Namespace, Name: name}, &record)
		if err == nil {
			in.Records = append(in.Records, record)
		} else if !apierrors.IsNotFound(err) {
			return in, fmt.Errorf("get AccessRecord: %w", err)
		}
	}
	return in, nil
}

// observeDeletion reads everything that the release of a grant depends on. Only that its namespace and the
// kind are there now, past the cache, proves that a deletion was meant.
func (r *Reconciler) observeDeletion(ctx context.Context, grant *v1alpha1.PermissionGrant) (handover.Deletion, error) {
	in := handover.Deletion{
		Grant: grant, Now: metav1.NewTime(r.Clock.Now()), Backends: map[types.NamespacedName]*v1alpha1.HostingBackend{},
		FinalizerTimeout: r.Timing.FinalizerTimeout, RecordTimeout: r.Timing.RecordTimeout, Retry: r.Timing.Retry,
	}
	home, err := contribute.HomeOf(ctx, r.Live, grant.Namespace)
	if err != nil {
		return in, fmt.Errorf("look at the grant's home: %w", err)
	}
	if in.Abandoned = !home.InUse; in.Abandoned {
		return in, nil
	}
	if in.Origin, err = r.origin(ctx, grant); err != nil {
		return in, err
	}
	if in.Records, err = r.records(ctx, grant.UID); err != nil {
		return in, err
	}
	for i := range in.Records {
		key := handover.BackendOf(&in.Records[i])
		if _, known := in.Backends[key]; !known {
			if in.Backends[key], err = r.backend(ctx, key); err != nil {
				return in, err
			}
		}
	}
	return in, nil
}

// backend is nil where there is none.
func (r *Reconciler) backend(ctx context.Context, key types.NamespacedName) (*v1alpha1.HostingBackend, error) {
	backend := &v1alpha1.HostingBackend{}
	err := r.Get(ctx, key, backend)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get HostingBackend: %w", err)
	}
	return backend, nil
}

func (r *Reconciler) origin(ctx context.Context, grant *v1alpha1.PermissionGrant) (access.Origin, error) {
	labels, err := resolve.NamespaceLabels(ctx, r.Client, grant.Namespace)
	return handover.OriginOf(grant, labels), err
}

// records lists what the cache has that contains, echoes or owes to the grant.
func (r *Reconciler) records(ctx context.Context, uid types.UID) ([]v1alpha1.AccessRecord, error) {
	list := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, list, client.MatchingFields{index.RecordGrants: string(uid)}); err != nil {
		return nil, fmt.Errorf("list AccessRecords: %w", err)
	}
	return list.Items, nil
}
