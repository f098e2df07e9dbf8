package backend

import (
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/timing"
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

// I1: a look at a backend that can be read leads to another, also where a reading becomes due while it lasts: an event
// that comes right before then takes the place of the look that was to come.
func TestEachLookLeadsToAnother(t *testing.T) {
	clock := clocktesting.NewFakeClock(time.Now())
	r := &Reconciler{Clock: clock, Timing: timing.Timing{}.Shipped()}
	backend := &v1alpha1.HostingBackend{}
	backend.Spec.Interval.Duration = time.Minute
	c := provider.NewConnections(clock, nil).Ensure(types.NamespacedName{Name: "acme"})
	look := func(what string, want time.Duration) {
		t.Helper()
		if o := r.outcome(backend, c); o.After != want {
			t.Errorf("%s (%s): the next look is in %s, want %s", what, o.Reason, o.After, want)
		}
	}
	look("never read", time.Second)
	c.Configure("owner", "key", "mark", &table{}, nil)
	if _, err := c.Refresh(t.Context(), func(_, _ *provider.Snapshot) error { return nil }); err != nil {
		t.Fatal(err)
	}
	c.Schedule(time.Minute)
	look("read", time.Minute)
	clock.Step(time.Minute)
	look("due meanwhile", time.Second)
	c.Close(&hosting.Error{Class: hosting.ClassUnavailable})
	look("failed, and due meanwhile", time.Second)
	clock.Step(time.Hour)
	look("failed long ago", time.Second)
}
