package e2e_test

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

// kubernetesWrites is how many writing requests the API server has answered, as it counts
// them itself, apart from what it and its administration do on their own account.
func kubernetesWrites(ctx context.Context) float64 {
	GinkgoHelper()
	clientset, err := kubernetes.NewForConfig(cluster.Admin)
	Expect(err).NotTo(HaveOccurred())
	body, err := clientset.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	Expect(err).NotTo(HaveOccurred())
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	Expect(err).NotTo(HaveOccurred())
	Expect(families).To(HaveKey("apiserver_request_total"))
	sum := 0.0
	for _, metric := range families["apiserver_request_total"].GetMetric() {
		if slices.Contains([]string{"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"}, label(metric, "verb")) &&
			slices.Contains([]string{"hostgrant.io", "events.k8s.io", ""}, label(metric, "group")) {
			sum += metric.GetCounter().GetValue()
		}
	}
	return sum
}

func label(metric *dto.Metric, name string) string {
	for _, l := range metric.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}
