package controllers_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	dto "github.com/prometheus/client_model/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// series finds what a manager serves at /metrics: the series of a name that have all of these labels, as
// "name=value" each.
func series(name string, labels ...string) (found []*dto.Metric) {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			has := map[string]bool{}
			for _, l := range metric.GetLabel() {
				has[l.GetName()+"="+l.GetValue()] = true
			}
			lacks := false
			for _, label := range labels {
				lacks = lacks || !has[label]
			}
			if !lacks {
				found = append(found, metric)
			}
		}
	}
	return found
}

// named are the metrics that the runbook names, with the one label that it gives for some.
var named = regexp.MustCompile("(?m)^\\| `(hostgrant_[a-z_]+)(?:\\{([a-z_]+)=\"([A-Za-z_]+)\"\\})?` \\|")

var _ = Describe("The metrics", func() {
	It("are those that the runbook names, and tell what it says", func() {
		w := world.New(k8s, "ann@acme.example", "bob@acme.example")
		of := []string{"namespace=" + w.Namespace, "backend=acme"}
		gauge := func(name string, labels ...string) func() float64 {
			return func() float64 {
				found := series(name, append(labels, of...)...)
				if len(found) != 1 {
					return -1
				}
				return found[0].GetGauge().GetValue()
			}
		}
		people := func(state string) func() float64 { return gauge("hostgrant_backend_people", "state="+state) }
		w.Has(reference.Row{Email: "bob@acme.example", Overall: []string{"Billing"}})
		before := time.Now().Add(-time.Second)
		b := w.Backend(func(b *v1alpha1.HostingBackend) {
			b.Spec.RemovalLimit.Percent, b.Spec.RemovalLimit.Settle = 25, &metav1.Duration{Duration: 2 * time.Second}
		})
		g := world.Overall(world.GrantFor("a", "ann@acme.example", newcomer), "Billing")
		g.Spec.RequireTwoFactor = true
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		w.RefreshTable(b)
		Expect(time.Unix(int64(gauge("hostgrant_backend_table_read_timestamp_seconds")()), 0)).To(BeTemporally(">=", before.Truncate(time.Second)))
		Eventually(people("managed")).Should(BeEquivalentTo(2))
		Eventually(people("undeclared")).Should(BeEquivalentTo(1))
		Eventually(people("invited")).Should(BeEquivalentTo(1))
		Eventually(people("without_two_factor")).Should(BeEquivalentTo(1))
		Eventually(gauge("hostgrant_backend_invitations", "state=Sent")).Should(BeEquivalentTo(1))
		Expect(gauge("hostgrant_backend_removals_held")()).To(BeZero())

		By("each of those in the runbook")
		text, err := os.ReadFile("../docs/runbook.md")
		Expect(err).NotTo(HaveOccurred())
		rows := named.FindAllStringSubmatch(string(text), -1)
		Expect(len(rows)).To(Equal(strings.Count(string(text), "| `hostgrant_")), "a row of the runbook is not understood")
		Expect(len(rows)).To(BeNumerically(">=", 7))
		for _, row := range rows {
			labels := []string{}
			if row[2] != "" {
				labels = append(labels, row[2]+"="+row[3])
			}
			Expect(series(row[1], labels...)).NotTo(BeEmpty(), row[0])
		}

		By("removals that are held")
		w.Delete(g)
		Eventually(gauge("hostgrant_backend_removals_held")).Should(BeEquivalentTo(2))

		By("a provider that fails")
		failed := func() (count uint64) {
			for _, metric := range series("hostgrant_provider_call_duration_seconds", "outcome=Unavailable") {
				count += metric.GetHistogram().GetSampleCount()
			}
			return count
		}
		already := failed()
		w.Fails(faults.Fault{Kind: faults.Refuse, Status: http.StatusServiceUnavailable})
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Interval.Duration = 2 * time.Minute })
		Eventually(failed).Should(BeNumerically(">", already))
		Expect(series("hostgrant_provider_call_duration_seconds", "outcome=OK")).NotTo(BeEmpty())

		By("a backend that is gone")
		w.Fails()
		w.Delete(b)
		Eventually(func() int { return len(series("hostgrant_backend_people", of...)) }).Should(BeZero())
	})
})
