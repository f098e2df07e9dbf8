package record

import (
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/internal/timing"
)

// A record that changed since it was read is not deleted, and is looked at again: nothing else wakes it.
func TestARecordThatChangedIsNotDeleted(t *testing.T) {
	record := given()
	r := &Reconciler{Timing: timing.Timing{}.Shipped()}
	r.Client, _ = counting(t, record)
	stale := given()
	stale.ResourceVersion = "1"
	again, err := r.again(r.remove(t.Context(), stale))
	if err != nil || again.RequeueAfter < time.Second {
		t.Error("changed meanwhile:", again, err)
	}
	if err := r.Get(t.Context(), client.ObjectKeyFromObject(record), record); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"as it was read", "gone already"} {
		if again, err := r.again(r.remove(t.Context(), record)); err != nil || again.RequeueAfter > 0 {
			t.Errorf("%s: %v, %v", what, again, err)
		}
	}
	if err := r.Get(t.Context(), client.ObjectKeyFromObject(record), record); err == nil {
		t.Error("is there still")
	}
}
