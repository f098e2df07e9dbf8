package profile

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// access lists what the person has, by the records of the same namespace and those that the
// profile reaches. What others hold about the same address elsewhere is none of its business.
func (r *Reconciler) access(ctx context.Context, profile *v1alpha1.Profile, address string) ([]v1alpha1.ProfileAccess, error) {
	records := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, records, client.MatchingFields{index.RecordEmail: access.AddressDigest(address)}); err != nil {
		return nil, fmt.Errorf("list AccessRecords: %w", err)
	}
	byBackend := map[types.NamespacedName]v1alpha1.ProfileAccess{}
	for i := range records.Items {
		record := &records.Items[i]
		if record.Status.Person == "" {
			continue // not looked at yet
		}
		key := types.NamespacedName{Namespace: record.Namespace, Name: string(record.Spec.BackendRef.Name)}
		if reached, err := r.reaches(ctx, profile, key); err != nil {
			return nil, err
		} else if !reached {
			continue
		}
		byBackend[key] = v1alpha1.ProfileAccess{
			Namespace: key.Namespace, Backend: record.Spec.BackendRef.Name, Record: v1alpha1.ObjectName(record.Name),
			Person: record.Status.Person, Permissions: record.Status.Permissions,
		}
	}
	return inOrder(byBackend), nil
}

// reaches says whether a profile shows what its person has on a backend: one of the same
// namespace, or one whose rules let a profile that bounds act there.
func (r *Reconciler) reaches(ctx context.Context, profile *v1alpha1.Profile, key types.NamespacedName) (bool, error) {
	if key.Namespace == profile.Namespace {
		return true, nil
	}
	if !index.Bounds(profile) {
		return false, nil
	}
	backend := &v1alpha1.HostingBackend{}
	if err := r.Get(ctx, key, backend); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	labels, err := resolve.NamespaceLabels(ctx, r.Client, profile.Namespace)
	if err != nil {
		return false, err
	}
	return access.Offboards(backend, access.Origin{Namespace: profile.Namespace, Labels: labels}), nil
}
