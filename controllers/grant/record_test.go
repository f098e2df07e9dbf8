package grant

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Of many grants that are applied at once, those that something was done for are finished before others are begun.
func TestGrantsUnderWayComeFirst(t *testing.T) {
	q := priorityqueue.New[ctrl.Request]("test")
	t.Cleanup(q.ShutDown)
	for _, name := range []string{"first", "second", "third"} {
		q.Add(ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "ns", Name: name}})
	}
	r := &Reconciler{}
	r.wakeGrants(q, namedBy("third", 0, v1alpha1.PersonInvited), namedBy("third", 0, v1alpha1.PersonActive))
	var order []string
	for range 3 {
		request, _, _ := q.GetWithPriority()
		order = append(order, request.Name)
		q.Done(request)
	}
	if order[0] != "third" || order[1] == order[2] {
		t.Errorf("%v", order)
	}
}
