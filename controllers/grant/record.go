package grant

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/handover"
)

// withNews is the priority of a grant whose AccessRecord changed: of many grants that are applied at once, each is Ready soon
// after its record, instead of after all others were looked at first.
const withNews = 1

type queueOfGrants = workqueue.TypedRateLimitingInterface[ctrl.Request]

// ofRecord wakes the grants that contribute to a record: all of them where it comes or goes, else those which
// see something else of it than before. A person whom many grants name would otherwise have all of them looked at for each.
func (r *Reconciler) ofRecord() handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q queueOfGrants) { r.wakeGrants(q, nil, e.Object) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q queueOfGrants) { r.wakeGrants(q, e.Object, nil) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queueOfGrants) {
			r.wakeGrants(q, e.ObjectOld, e.ObjectNew)
		},
	}
}

// wakeGrants wakes the grants that see something else of a record than before, those of many people a little later,
// together with what changes of the others; nil for no record.
func (r *Reconciler) wakeGrants(q queueOfGrants, before, after client.Object) {
	was, is := viewsOf(before), viewsOf(after)
	for uid, now := range is {
		then, known := was[uid]
		switch {
		case !known:
			r.wake(q, now, nil) // nothing was done for it yet; or the manager has just started and sees all records
		case !then.Equal(now):
			r.wake(q, now, ptr.To(withNews))
		}
		delete(was, uid)
	}
	for _, then := range was {
		r.wake(q, then, nil)
	}
}

func (r *Reconciler) wake(q queueOfGrants, v handover.View, priority *int) {
	grant := types.NamespacedName{Namespace: v.Contribution.Grant.Namespace, Name: string(v.Contribution.Grant.Name)}
	wait := r.crowds.wait(grant)
	if wait > 0 {
		priority = nil // each look resolves many people: raised, it would keep small grants waiting
	}
	q.(priorityqueue.PriorityQueue[ctrl.Request]).AddWithOpts(priorityqueue.AddOpts{After: wait, Priority: priority}, ctrl.Request{NamespacedName: grant})
}

// viewsOf are what each grant sees of a record that it contributes to, by UID; nothing for no record.
func viewsOf(o client.Object) map[types.UID]handover.View {
	record, ok := o.(*v1alpha1.AccessRecord)
	if !ok || record == nil {
		return nil
	}
	return handover.ViewsOf(record)
}
