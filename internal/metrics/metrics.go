// Package metrics holds what Hostgrant counts beyond controller-runtime's own metrics. No
// label holds an address, a token or anything a tenant can make up in numbers.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

var (
	tableRead = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "hostgrant_backend_table_read_timestamp_seconds",
		Help: "When the last good reading of a backend's permission table began.",
	}, []string{"namespace", "backend"})

	people = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "hostgrant_backend_people",
		Help: "People in a backend's permission table: managed, undeclared, invited.",
	}, []string{"namespace", "backend", "state"})

	held = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "hostgrant_backend_removals_held",
		Help: "People on a backend who would lose something, and do not because it looks like a mistake.",
	}, []string{"namespace", "backend"})

	calls = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "hostgrant_provider_call_duration_seconds",
		Help:    "Calls to providers by operation and outcome; waiting for the own budget not included.",
		Buckets: prometheus.ExponentialBuckets(0.01, 2.5, 9),
	}, []string{"operation", "outcome"})
)

func init() { //nolint:gochecknoinits // the registry is the library's global one
	metrics.Registry.MustRegister(tableRead, people, held, calls)
}

// Backend tells the state of one backend.
func Backend(key types.NamespacedName, verified time.Time, managed, undeclared, invited int32) {
	tableRead.WithLabelValues(key.Namespace, key.Name).Set(float64(verified.Unix()))
	people.WithLabelValues(key.Namespace, key.Name, "managed").Set(float64(managed))
	people.WithLabelValues(key.Namespace, key.Name, "undeclared").Set(float64(undeclared))
	people.WithLabelValues(key.Namespace, key.Name, "invited").Set(float64(invited))
}

// RemovalsHeld tells how many people's removals are held back on a backend.
func RemovalsHeld(key types.NamespacedName, people int) {
	held.WithLabelValues(key.Namespace, key.Name).Set(float64(people))
}

// Forget drops the series of a backend that is gone.
func Forget(key types.NamespacedName) {
	labels := prometheus.Labels{"namespace": key.Namespace, "backend": key.Name}
	tableRead.DeletePartialMatch(labels)
	people.DeletePartialMatch(labels)
	held.DeletePartialMatch(labels)
}

// Call counts one call to a provider; class is empty where it succeeded.
func Call(operation string, _ bool, class hosting.Class, took time.Duration) {
	outcome := "OK"
	if class != "" {
		outcome = string(class)
	}
	calls.WithLabelValues(operation, outcome).Observe(took.Seconds())
}
