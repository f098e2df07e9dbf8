package backend

import (
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// I1: fifty backends that were read together are not read together for ever, and none is read more
// often than its interval says.
func TestReadingsSpread(t *testing.T) {
	const interval = 5 * time.Minute
	backoff := workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](time.Hour, time.Hour)
	for what, err := range map[string]error{
		"read":         nil,
		"refused":      &hosting.Error{Class: hosting.ClassUnauthorized},
		"implausible":  &hosting.Error{Class: hosting.ClassImplausible},
		"down":         &hosting.Error{Class: hosting.ClassUnavailable},
		"unclassified": errors.New("x"),
	} {
		r, due := &Reconciler{backoff: backoff}, map[time.Duration]bool{}
		for range 50 {
			wait := r.nextReading(types.NamespacedName{Name: what}, interval, err)
			if wait < interval || wait > interval+interval/10 {
				t.Errorf("%s: the next reading is in %s", what, wait)
			}
			due[wait.Round(time.Second)] = true
		}
		if len(due) < 10 {
			t.Errorf("%s: fifty are read in %d different seconds", what, len(due))
		}
	}
}

func TestReadingsAreTriedAgainSooner(t *testing.T) {
	r := &Reconciler{backoff: workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](time.Second, time.Minute)}
	key := types.NamespacedName{Name: "x"}
	down := &hosting.Error{Class: hosting.ClassUnavailable}
	for _, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		if wait := r.nextReading(key, time.Hour, down); wait < want || wait > want*11/10 {
			t.Errorf("tried again in %s, want %s", wait, want)
		}
	}
	r.nextReading(key, time.Hour, nil)
	if wait := r.nextReading(key, time.Hour, down); wait > 2*time.Second {
		t.Error("a good reading does not end the back-off:", wait)
	}
	limited := &hosting.Error{Class: hosting.ClassRateLimited, RetryAfter: 40 * time.Second}
	if wait := r.nextReading(key, time.Hour, limited); wait < 40*time.Second || wait > 44*time.Second {
		t.Error("asked to wait 40 s, and waits", wait)
	}
}
