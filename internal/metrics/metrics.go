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
		Help: "People in a backend's permission table: managed, undeclared, invited, without_two_factor (required of them, and not set up).",
	}, []string{"namespace", "backend", "state"})

	invitations = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "hostgrant_backend_invitations",
		Help: "People with a record on a backend by how far their invitation is, for instance Sent, Expired, Unanswered.",
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
	metrics.Registry.MustRegister(tableRead, people, invitations, held, calls)
}

// Backend tells when a backend was last read, and counts people by state.
func Backend(key types.NamespacedName, verified time.Time, counts map[string]int) {
	tableRead.WithLabelValues(key.Namespace, key.Name).Set(float64(verified.Unix()))
	for state, count := range counts {
		people.WithLabelValues(key.Namespace, key.Name, state).Set(float64(count))
	}
}

// Invitations counts people by how far their invitation is.
func Invitations(key types.NamespacedName, counts map[string]int) {
	for state, count := range counts {
		invitations.WithLabelValues(key.Namespace, key.Name, state).Set(float64(count))
	}
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
	invitations.DeletePartialMatch(labels)
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
