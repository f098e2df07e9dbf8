package world

import (
	"bytes"
	"context"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/client-go/kubernetes"
)

// KubernetesWrites are how often each of our resources was written to since the API server started, by
// "resource" or "resource/subresource", and events.
func (s *Cluster) KubernetesWrites(ctx context.Context) map[string]int {
	GinkgoHelper()
	clientset, err := kubernetes.NewForConfig(s.Admin)
	Expect(err).NotTo(HaveOccurred())
	body, err := clientset.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	Expect(err).NotTo(HaveOccurred())
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	Expect(err).NotTo(HaveOccurred())
	Expect(families).To(HaveKey("apiserver_request_total"))
	writes := map[string]int{}
	for _, metric := range families["apiserver_request_total"].GetMetric() {
		if slices.Contains([]string{"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"}, label(metric, "verb")) &&
			slices.Contains([]string{"hostgrant.io", "events.k8s.io", ""}, label(metric, "group")) {
			name := label(metric, "resource")
			if sub := label(metric, "subresource"); sub != "" {
				name += "/" + sub
			}
			writes[name] += int(metric.GetCounter().GetValue())
		}
	}
	return writes
}

func label(metric *dto.Metric, name string) string {
	for _, l := range metric.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}
