package backend

import (
	"context"
	"math"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/queue"
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

// toldFrom is how long the last of those who wait has to wait for it to be told: what is done sooner is seen when it is done.
const toldFrom = 10 * time.Second

// waiting tells how many people wait to be written to, and how long; nil where that is soon over. It is pure.
func waiting(people int, lasts time.Duration) *v1alpha1.WaitingPeople {
	if people == 0 || lasts <= toldFrom {
		return nil
	}
	//nolint:gosec // no table comes near what an int32 holds, and the slowest pace is a write a minute
	return &v1alpha1.WaitingPeople{People: int32(queue.Step(people)), Minutes: int32(queue.Step(int(math.Ceil(lasts.Minutes()))))}
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
