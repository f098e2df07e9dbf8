package timing

import (
	"math/rand/v2"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
)

// Backoff doubles the wait between tries, per object.
func Backoff(t Timing) workqueue.TypedRateLimiter[types.NamespacedName] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](t.MinBackoff, t.MaxBackoff)
}

// Jitter adds up to a tenth, so that many waits do not end together.
func Jitter(wait time.Duration) time.Duration {
	if wait <= 0 {
		return 0
	}
	return wait + time.Duration(rand.Int64N(int64(wait)/10+1)) //nolint:gosec // spreading load needs no secrecy
}
