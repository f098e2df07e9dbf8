package record

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// TestALostGrantIsNotAskedForAfterEachReading: while the cache does not have it either, the API server is asked once an
// hour. When the grant is there again, that is known at once.
func TestALostGrantIsNotAskedForAfterEachReading(t *testing.T) {
	record, clock := given(), clocktesting.NewFakeClock(time.Unix(1_800_000_000, 0))
	r := &Reconciler{Clock: clock, lost: newLostGrants()}
	cache, _ := counting(t, record)
	live, asked := counting(t, record) // without the kind of the grants: that it is not found is no proof
	r.Client, r.Live = cache, live
	look := func(want int) {
		t.Helper()
		orphans, err := r.dropOrphans(t.Context(), record)
		if err != nil || orphans == nil || len(orphans.Lost) != want {
			t.Fatalf("%+v: %v", orphans, err)
		}
	}
	look(1)
	first := *asked
	if first == 0 {
		t.Fatal("the API server was not asked")
	}
	for range 20 {
		clock.Step(time.Minute)
		look(1)
	}
	if *asked != first {
		t.Errorf("asked %d times more within 20 minutes", *asked-first)
	}
	clock.Step(lostFor)
	if look(1); *asked != 2*first {
		t.Errorf("asked %d times in all after an hour, %d at first", *asked, first)
	}
	grant := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "g", UID: "u"}}
	if err := cache.Create(t.Context(), grant); err != nil {
		t.Fatal(err)
	}
	if look(0); len(r.lost.byRecord) > 0 {
		t.Error("a grant that is there is remembered as lost")
	}
}
