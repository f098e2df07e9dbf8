package grant

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// TestGrantsWithNewsComeFirst: of many grants that are applied at once, those that something was done for come before others.
// After a start, when all records are seen anew, whoever changes a grant comes first.
func TestGrantsWithNewsComeFirst(t *testing.T) {
	r := &Reconciler{}
	for name, c := range map[string]struct {
		happens func(q priorityqueue.PriorityQueue[ctrl.Request])
		first   string
	}{
		"a record with news": {func(q priorityqueue.PriorityQueue[ctrl.Request]) {
			r.ofRecord().Update(t.Context(), event.UpdateEvent{ObjectOld: namedBy("other", 0, v1alpha1.PersonInvited), ObjectNew: namedBy("other", 0, v1alpha1.PersonActive)}, q)
		}, "other"},
		"a record with news, of a large grant": {func(q priorityqueue.PriorityQueue[ctrl.Request]) {
			r.crowds.set(types.NamespacedName{Namespace: "ns", Name: "large"}, few+1)
			q.Add(ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "ns", Name: "large"}})
			r.ofRecord().Update(t.Context(), event.UpdateEvent{ObjectOld: namedBy("large", 0, v1alpha1.PersonInvited), ObjectNew: namedBy("large", 0, v1alpha1.PersonActive)}, q)
		}, "new"},
		"a start": {func(q priorityqueue.PriorityQueue[ctrl.Request]) {
			r.ofRecord().Create(t.Context(), event.CreateEvent{Object: namedBy("other", 0, v1alpha1.PersonActive), IsInInitialList: true}, q)
		}, "new"},
	} {
		t.Run(name, func(t *testing.T) {
			q := priorityqueue.New[ctrl.Request]("test")
			t.Cleanup(q.ShutDown)
			q.Add(ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "ns", Name: "new"}})
			c.happens(q)
			var order []string
			for range 2 {
				request, _ := q.Get()
				order = append(order, request.Name)
				q.Done(request)
			}
			if order[0] != c.first || order[0] == order[1] {
				t.Errorf("%v", order)
			}
		})
	}
}
