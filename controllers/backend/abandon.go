package backend

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/metrics"
	"github.com/hostgrant/hostgrant/internal/status"
)

// An event has room for so many names of records, a line of the log for more.
const (
	namedInEvent = 4
	namedInLog   = 200
)

// abandon forgets a backend that was deleted. Nothing is revoked: deleting the description
// of a provider is not a wish to take everything away. What is left there is named by its
// record, for addresses are kept out of logs.
func (r *Reconciler) abandon(ctx context.Context, key types.NamespacedName) {
	r.backoff.Forget(key)
	r.missing.Delete(key)
	r.reported.Delete(key)
	r.written.Forget(key)
	metrics.Forget(key)
	r.Budgets.Drop(key)
	snapshot, log := r.Connections.Drop(key), ctrl.LoggerFrom(ctx)
	given, owed, err := r.leftovers(ctx, key)
	if err != nil {
		log.Error(err, "could not name what is left at the provider")
	}
	if snapshot == nil && len(given)+len(owed) == 0 {
		if err == nil {
			r.abandoned.Delete(key) // nothing is left to tell of
		}
		return
	}
	if _, told := r.abandoned.LoadOrStore(key, true); told {
		return // its records wake it until they are gone
	}
	people := "everybody"
	if snapshot != nil {
		people = status.Count(len(snapshot.Addresses()), "person", "people")
	}
	log.Info("the HostingBackend was deleted, and nothing was revoked: the provider's table stays as it is", "reason", v1alpha1.EventAbandoned,
		"people", people, "given", brief(given, namedInLog), "owed", brief(owed, namedInLog))
	gone := &v1alpha1.HostingBackend{}
	gone.Namespace, gone.Name = key.Namespace, key.Name
	r.Events.Eventf(gone, nil, corev1.EventTypeWarning, v1alpha1.EventAbandoned, "Abandon",
		"the HostingBackend was deleted, and nothing was revoked: the provider's table stays as it is, with %s in it. Given by Hostgrant: %s. Due to be taken away: %s",
		people, brief(given, namedInEvent), brief(owed, namedInEvent))
}

// leftovers are the names of a backend's records whose people hold something that was given
// through us, and of those who should not hold it any more.
func (r *Reconciler) leftovers(ctx context.Context, key types.NamespacedName) (given, owed []string, err error) {
	records := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, records, client.InNamespace(key.Namespace), client.MatchingFields{index.RecordBackend: key.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, nil, fmt.Errorf("list AccessRecords: %w", err)
	}
	for i := range records.Items {
		record := &records.Items[i]
		if len(record.Status.Applied) > 0 {
			given = append(given, record.Name)
		}
		if len(record.Status.Owed) > 0 {
			owed = append(owed, record.Name)
		}
	}
	slices.Sort(given)
	slices.Sort(owed)
	return given, owed, nil
}

// brief names the first few.
func brief(names []string, most int) string {
	switch {
	case len(names) == 0:
		return "nobody"
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
