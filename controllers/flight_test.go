package controllers_test

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// inFlight counts the calls for rows that are at a provider which takes its time for each.
type inFlight struct {
	takes time.Duration

	mu        sync.Mutex
	now, most int
}

func (f *inFlight) count(by int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now += by
	f.most = max(f.most, f.now)
}

func (f *inFlight) highest() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.most
}

func (f *inFlight) before(r *http.Request) bool {
	if r.Method == http.MethodGet && !oneRow.MatchString(r.URL.Path) && r.URL.Query().Get("email") == "" {
		return true // a list
	}
	f.count(1)
	defer f.count(-1)
	select {
	case <-time.After(f.takes):
		return true
	case <-r.Context().Done():
		return false
	}
}

// toldToWait is what a backend tells of who waits.
func toldToWait(w *world.World, b *v1alpha1.HostingBackend) func() (*v1alpha1.WaitingPeople, error) {
	return func() (*v1alpha1.WaitingPeople, error) {
		now := &v1alpha1.HostingBackend{}
		err := w.K8s.Get(w.Ctx, client.ObjectKeyFromObject(b), now)
		return now.Status.Waiting, err
	}
}

var _ = Describe("As many people are written to at a time as the pace and the provider's latency can use", func() {
	DescribeTable("of 48 who come at once, with 200 ms a call", func(writesPerMinute int32, fewest, most int) {
		var people []string
		for i := range 48 {
			people = append(people, fmt.Sprintf("p%d@acme.example", i))
		}
		w, calls := world.New(k8s, people...), &inFlight{takes: 200 * time.Millisecond}
		endpoint, bundle := w.ThroughProxy(world.Proxy{Before: calls.before})
		for i, email := range people {
			w.Create(world.Overall(world.GrantFor(world.Name("g", i), email), "Billing"))
		}
		b := w.Backend(func(b *v1alpha1.HostingBackend) { // the last: all are there when it comes
			b.Spec.Endpoint.URL, b.Spec.Endpoint.CABundle = endpoint, bundle
			b.Spec.Interval.Duration = 10 * time.Minute
			b.Spec.RateLimit.WritesPerMinute = writesPerMinute
		})
		if most < 32 {
			Eventually(toldToWait(w, b), "20s").Should(Equal(&v1alpha1.WaitingPeople{People: 50, Minutes: 1}), "who waits is told on the backend")
		}
		Eventually(w.Ready, time.Minute).Should(Equal(len(people)))
		Eventually(toldToWait(w, b), "20s").Should(BeNil())
		AddReportEntry("calls at a time, at most", fmt.Sprint(calls.highest()))
		Expect(calls.highest()).To(And(BeNumerically(">=", fewest), BeNumerically("<=", most)))
	},
		Entry("without a limit that matters", int32(60000), 5, 32),
		Entry("with 120 writes a minute", int32(120), 2, 8),
	)
})
