package backend

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

type queueOfBackends = workqueue.TypedRateLimitingInterface[ctrl.Request]

// ofRecord has the people of a record's backend counted again, at most once in CountDelay: each counting looks at all of
// them.
func (r *Reconciler) ofRecord() handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q queueOfBackends) { r.countLater(q, e.Object) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queueOfBackends) { r.countLater(q, e.ObjectNew) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q queueOfBackends) { r.countLater(q, e.Object) },
	}
}

func (r *Reconciler) countLater(q queueOfBackends, o client.Object) {
	record, ok := o.(*v1alpha1.AccessRecord)
	if !ok {
		return
	}
	key := types.NamespacedName{Namespace: record.Namespace, Name: string(record.Spec.BackendRef.Name)}
	q.AddAfter(ctrl.Request{NamespacedName: key}, r.untilCount(key))
}

// untilCount is how long a backend that was reported is not counted again.
func (r *Reconciler) untilCount(key types.NamespacedName) time.Duration {
	at, _ := r.reported.Load(key)
	reported, ok := at.(time.Time)
	if !ok {
		return 0
	}
	return max(0, r.Timing.CountDelay-r.Clock.Since(reported))
}
