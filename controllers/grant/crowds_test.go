package grant

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// namedBy is a record that a grant of the namespace ns contributes to.
func namedBy(grant string, i int, person v1alpha1.PersonState) *v1alpha1.AccessRecord {
	record := &v1alpha1.AccessRecord{}
	record.Name, record.Status.Person = fmt.Sprint("record-", i), person
	record.Spec.Contributions = []v1alpha1.Contribution{{UID: types.UID(grant), Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: v1alpha1.ObjectName(grant)}}}
	return record
}

// TestALargeGrantIsLookedAtOnceForMany: records of 1,000 people that change within a second make one look at their grant,
// not one each; and a grant of one person is looked at without a wait.
func TestALargeGrantIsLookedAtOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := priorityqueue.New[ctrl.Request]("test")
		t.Cleanup(q.ShutDown)
		// looks counts how often a grant is taken from the queue by a worker that is quicker than the records change.
		looks := func() (count int) {
			for synctest.Wait(); q.Len() > 0; synctest.Wait() {
				request, _ := q.Get()
				q.Done(request)
				count++
			}
			return count
		}
		r := &Reconciler{}
		r.crowds.set(types.NamespacedName{Namespace: "ns", Name: "team"}, 1000)
		r.crowds.set(types.NamespacedName{Namespace: "ns", Name: "one"}, 1)

		r.wakeGrants(q, namedBy("one", 0, v1alpha1.PersonInvited), namedBy("one", 0, v1alpha1.PersonActive))
		if got := looks(); got != 1 {
			t.Errorf("a grant of one person is looked at %d times at once", got)
		}
		early := 0
		for i := range 1000 {
			r.wakeGrants(q, namedBy("team", i, v1alpha1.PersonInvited), namedBy("team", i, v1alpha1.PersonActive))
			early += looks()
		}
		if early > 0 {
			t.Errorf("a grant of 1,000 people was looked at %d times while they changed", early)
		}
		time.Sleep(longestWait)
		if got := looks(); got != 1 {
			t.Errorf("and then %d times", got)
		}
		r.crowds.set(types.NamespacedName{Namespace: "ns", Name: "team"}, 0)
		if len(r.crowds.people) > 0 {
			t.Error("what is gone is remembered")
		}
	})
}
