package record

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// observe reads everything a decision about a record depends on, from caches, and writes nothing.
func (r *Reconciler) observe(ctx context.Context, record *v1alpha1.AccessRecord, orphans plan.Orphans) (plan.Inputs, error) {
	in := r.unsaved.recall(plan.Inputs{Record: record, Now: r.now(), Orphans: orphans, Retry: r.retries.of(client.ObjectKeyFromObject(record))})
	var err error
	if in.Profiles, err = index.BoundingProfiles(ctx, r.Client, string(record.Spec.Email)); err != nil {
		return in, err
	}
	backend := &v1alpha1.HostingBackend{}
	err = r.Get(ctx, backendKey(record), backend)
	if apierrors.IsNotFound(err) {
		return in, nil
	}
	if err != nil {
		return in, fmt.Errorf("get HostingBackend: %w", err)
	}
	in.Backend = backend
	in.Provider, in.Row = r.Connections.Ensure(backendKey(record)).View().Person(string(record.Spec.Email))
	in.Offboards, err = r.offboards(ctx, backend, in.Profiles)
	return in, err
}

// offboards are the namespaces whose Profiles act on what grants of all namespaces give.
func (r *Reconciler) offboards(ctx context.Context, backend *v1alpha1.HostingBackend, profiles []v1alpha1.Profile) (map[string]bool, error) {
	offboards := map[string]bool{}
	for i := range profiles {
		namespace := profiles[i].Namespace
		if _, known := offboards[namespace]; known {
			continue
		}
		labels, err := resolve.NamespaceLabels(ctx, r.Client, namespace)
		if err != nil {
			return nil, err
		}
		offboards[namespace] = access.Offboards(backend, access.Origin{Namespace: namespace, Labels: labels})
	}
	return offboards, nil
}

// refresh reads the record and the row anew, past the caches. Where the row cannot be read it is
// decided on the record as it is now, and the row as the list had it.
func (r *Reconciler) refresh(ctx context.Context, in plan.Inputs) (plan.Inputs, error) {
	record := &v1alpha1.AccessRecord{}
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(in.Record), record)
	if apierrors.IsNotFound(err) || err == nil && (record.UID != in.Record.UID || !record.DeletionTimestamp.IsZero()) {
		return in, errChanged
	}
	if err != nil {
		return in, fmt.Errorf("read AccessRecord: %w", err)
	}
	in.Record = record
	in = r.unsaved.recall(in)
	connection := r.Connections.Ensure(backendKey(record))
	row, err := connection.ReadRow(ctx, planned(in), string(record.Spec.Email), in.RowID())
	if err != nil {
		return plan.Failed(in, err), nil
	}
	in.Provider.Ahead, in.Now = connection.View().Ahead, r.now()
	return plan.Refreshed(in, row), nil
}
