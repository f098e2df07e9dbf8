// Package contribute hands contributions over to AccessRecords and takes them back, so that
// neither can re-create a record that was deleted nor touch its namesake.
package contribute

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

// NewRecord is the record of a person on a backend, with its identity and nothing else.
func NewRecord(backend *v1alpha1.HostingBackend, address string) *v1alpha1.AccessRecord {
	return &v1alpha1.AccessRecord{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: backend.Namespace,
			Name:      access.RecordName(backend.Name, address),
			Labels:    map[string]string{v1alpha1.LabelBackend: backend.Name},
		},
		Spec: v1alpha1.AccessRecordSpec{
			BackendRef: v1alpha1.LocalReference{Name: v1alpha1.ObjectName(backend.Name)},
			Email:      v1alpha1.Email(address),
		},
	}
}

// Apply makes a grant's contribution to exactly this record what is given; nil takes it
// back. Each grant has a field owner of its own and never forces, so grants cannot touch
// each other's contributions; the record's UID makes the apply fail with a conflict where
// the record was deleted or replaced meanwhile.
func Apply(ctx context.Context, c client.Client, record *v1alpha1.AccessRecord, grant types.UID, contribution *v1alpha1.Contribution) error {
	contributions := []any{}
	if contribution != nil {
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(contribution)
		if err != nil {
			return fmt.Errorf("convert contribution: %w", err)
		}
		contributions = append(contributions, fields)
	}
	patch := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"contributions": contributions}}}
	patch.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind("AccessRecord"))
	patch.SetNamespace(record.Namespace)
	patch.SetName(record.Name)
	patch.SetUID(record.UID)
	err := c.Apply(ctx, client.ApplyConfigurationFromUnstructured(patch), client.FieldOwner("hg-"+string(grant)))
	if replaced(err) {
		return apierrors.NewConflict(v1alpha1.SchemeGroupVersion.WithResource("accessrecords").GroupResource(), record.Name, err)
	}
	if err != nil {
		return fmt.Errorf("apply contribution: %w", err)
	}
	return nil
}

// replaced says whether an apply failed because another object has the name now. The API
// server calls that a conflict where there is none, and an invalid change where there is.
func replaced(err error) bool {
	return apierrors.IsInvalid(err) && apierrors.HasStatusCause(err, metav1.CauseTypeFieldValueInvalid) && strings.Contains(err.Error(), "metadata.uid")
}

// Names lists the records that are not being deleted.
func Names(records []v1alpha1.AccessRecord) []string {
	names := make([]string, 0, len(records))
	for i := range records {
		if records[i].DeletionTimestamp.IsZero() {
			names = append(names, records[i].Name)
		}
	}
	return names
}
