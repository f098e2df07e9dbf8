package world

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/contribute"
)

// What records' status writes may say, in CEL, where some are refused.
const (
	NothingAtAll = "false"
	// NoRow lets through those that tell of no row at the provider: as if the others came too late.
	NoRow = "!has(object.status) || !has(object.status.rowID) || object.status.rowID == 0"
)

// RefuseStatus has the API server refuse status writes of the world's records, but for those
// that say what they may, until the function returned is called. own is a client that may
// write records.
func (w *World) RefuseStatus(own client.Client, but string) (lift func()) {
	GinkgoHelper()
	policy := &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "refuse-" + w.Namespace},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: ptr.To(admissionv1.Fail),
			MatchConstraints: &admissionv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": w.Namespace}},
				ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Update, admissionv1.Create},
					Rule:       admissionv1.Rule{APIGroups: []string{"hostgrant.io"}, APIVersions: []string{"*"}, Resources: []string{"accessrecords/status"}},
				}}},
			},
			Validations: []admissionv1.Validation{{
				Expression: but,
				Message:    "refused by the test", Reason: ptr.To(metav1.StatusReasonForbidden),
			}},
		},
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy.Name},
		Spec:       admissionv1.ValidatingAdmissionPolicyBindingSpec{PolicyName: policy.Name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny}},
	}
	Expect(w.K8s.Create(w.Ctx, policy)).To(Succeed())
	Expect(w.K8s.Create(w.Ctx, binding)).To(Succeed())
	probe := contribute.NewRecord(&v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "probe"}}, "probe@acme.example")
	Expect(own.Create(w.Ctx, probe)).To(Succeed())
	Eventually(func() error {
		return own.Status().Patch(w.Ctx, probe.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(`{"status":{"rowID":1}}`)))
	}).Should(MatchError(ContainSubstring("refused by the test")))
	Expect(client.IgnoreNotFound(own.Delete(w.Ctx, probe))).To(Succeed())
	return func() {
		Expect(w.K8s.Delete(w.Ctx, binding)).To(Succeed())
		Expect(w.K8s.Delete(w.Ctx, policy)).To(Succeed())
	}
}
