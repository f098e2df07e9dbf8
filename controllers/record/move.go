package record

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// moves says whether a record has an earlier name of its person, or its person has another
// that has. The first hands all it holds to the second, which does nothing before: it would
// take for somebody else's what is ours.
func (r *Reconciler) moves(ctx context.Context, record *v1alpha1.AccessRecord) (bool, error) {
	if handover.Misnamed(record) {
		return true, r.move(ctx, client.ObjectKeyFromObject(record))
	}
	same := &v1alpha1.AccessRecordList{}
	err := r.List(ctx, same, client.InNamespace(record.Namespace), client.UnsafeDisableDeepCopy,
		client.MatchingFields{index.RecordEmail: access.AddressDigest(string(record.Spec.Email))})
	if err != nil {
		return false, fmt.Errorf("list AccessRecords: %w", err)
	}
	return slices.ContainsFunc(same.Items, func(other v1alpha1.AccessRecord) bool {
		return other.Spec.BackendRef == record.Spec.BackendRef && handover.Misnamed(&other) && other.DeletionTimestamp.IsZero()
	}), nil
}

// move hands the contributions and then the memory of a record over to the one that has its
// person's name, and deletes it. It may end anywhere and begin again: nothing is handed over
// twice. Whatever changed meanwhile is read again.
func (r *Reconciler) move(ctx context.Context, key types.NamespacedName) error {
	old := &v1alpha1.AccessRecord{}
	if err := r.Live.Get(ctx, key, old); err != nil || !old.DeletionTimestamp.IsZero() {
		return client.IgnoreNotFound(err)
	}
	heir, err := r.heir(ctx, old)
	if heir == nil || err != nil {
		return err
	}
	want := inherited(heir.Status, old.Status)
	if _, err := apply.Status(ctx, r.Client, &r.written, heir, &heir.Status, &want, true); err != nil {
		return ignoreChanged(err)
	}
	err = r.Delete(ctx, old, client.Preconditions{UID: &old.UID, ResourceVersion: &old.ResourceVersion})
	return ignoreChanged(err)
}

// heir is the record of old's person, with all of old's contributions; nil where there is none
// yet that was read with them.
func (r *Reconciler) heir(ctx context.Context, old *v1alpha1.AccessRecord) (*v1alpha1.AccessRecord, error) {
	heir := &v1alpha1.AccessRecord{}
	key := client.ObjectKey{Namespace: old.Namespace, Name: access.RecordName(string(old.Spec.BackendRef.Name), string(old.Spec.Email))}
	err := r.Live.Get(ctx, key, heir)
	if apierrors.IsNotFound(err) {
		heir.ObjectMeta = metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name, Labels: old.Labels, OwnerReferences: old.OwnerReferences}
		heir.Spec = v1alpha1.AccessRecordSpec{BackendRef: old.Spec.BackendRef, Email: old.Spec.Email}
		if address, err := access.DeliveryAddress(string(old.Spec.Email)); err == nil {
			heir.Spec.Email = v1alpha1.Email(address)
		}
		err = client.IgnoreAlreadyExists(r.Create(ctx, heir, apply.Owner))
		return nil, err
	}
	if err != nil || !heir.DeletionTimestamp.IsZero() {
		return nil, err
	}
	whole := true
	for _, c := range old.Spec.Contributions {
		if slices.ContainsFunc(heir.Spec.Contributions, func(have v1alpha1.Contribution) bool { return have.UID == c.UID }) {
			continue
		}
		whole = false
		if err := contribute.Apply(ctx, r.Client, heir, c.UID, &c); err != nil {
			return nil, ignoreChanged(err)
		}
	}
	if !whole {
		return nil, nil
	}
	return heir, nil
}

// inherited is the status of a record that takes over what another one remembers.
func inherited(mine, other v1alpha1.AccessRecordStatus) v1alpha1.AccessRecordStatus {
	if mine.ObservedGeneration < 0 { // it never did anything
		next := *other.DeepCopy()
		next.ObservedGeneration, next.Conditions = mine.ObservedGeneration, nil
		return next
	}
	next := *mine.DeepCopy()
	next.Sources = joined(mine.Sources, other.Sources, plan.MaxSources, func(s v1alpha1.SourceNamespace) string { return s.Namespace })
	next.Contributions = joined(mine.Contributions, other.Contributions, maxEchoes, func(c v1alpha1.ContributionStatus) types.UID { return c.UID })
	next.Pins = joined(mine.Pins, other.Pins, maxPins, func(p v1alpha1.PlacePin) string { return string(p.Scope) + "/" + string(p.Name) })
	if next.RowID == 0 {
		next.RowID, next.Person, next.TwoFactor, next.Permissions = other.RowID, other.Person, other.TwoFactor, other.Permissions
		next.Live, next.LiveDigest = other.Live, other.LiveDigest
	}
	if next.Invitation == nil {
		next.Invitation = other.Invitation
	}
	access.MemoryOf(mine).Inherit(access.MemoryOf(other)).Store(&next) // the last, as it bounds the whole
	return next
}

// What a status holds; the CRD bounds it.
const (
	maxEchoes = 64
	maxPins   = 2000
)

// joined is a list with what only another one has, as far as there is room.
func joined[T any, K comparable](mine, other []T, most int, key func(T) K) []T {
	for _, one := range other {
		if !slices.ContainsFunc(mine, func(have T) bool { return key(have) == key(one) }) {
			mine = append(slices.Clip(mine), one)
		}
	}
	return mine[:min(most, len(mine))]
}
