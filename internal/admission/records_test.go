package admission

import (
	"os"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"
)

// What ships keeps records the manager's own; without either part, or where it does not deny, they are not.
func TestRecordsAreTheManagers(t *testing.T) {
	body, err := os.ReadFile("../../config/admission/accessrecords.yaml")
	if err != nil {
		t.Fatal(err)
	}
	documents := strings.Split(string(body), "\n---\n")
	for what, c := range map[string]struct {
		change func(*policy, *binding)
		says   string
	}{
		"as it ships": {func(*policy, *binding) {}, ""},
		"renamed":     {func(p *policy, b *binding) { p.Name, b.Name, b.Spec.PolicyName = "a", "b", "a" }, ""},
		"no policy":   {func(p *policy, _ *binding) { p.Spec.MatchConstraints = nil }, "Policy accessrecords.hostgrant.io is missing"},
		"of approvals": {func(p *policy, _ *binding) {
			p.Spec.MatchConstraints.ResourceRules[0].Resources = []string{"removalapprovals"}
		}, "is missing"},
		"fails open": {func(p *policy, _ *binding) { p.Spec.FailurePolicy = ptr.To(admissionv1.Ignore) }, "lets pass what it cannot check"},
		"no binding": {func(_ *policy, b *binding) { b.Spec.PolicyName = "other" }, "no ValidatingAdmissionPolicyBinding of"},
		"only warns": {func(_ *policy, b *binding) {
			b.Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Warn}
		}, "denies everywhere"},
		"on a condition": {func(p *policy, _ *binding) {
			p.Spec.MatchConditions = []admissionv1.MatchCondition{{Name: "not", Expression: "false"}}
		}, "checks less"},
		"of some namespaces": {func(p *policy, _ *binding) {
			p.Spec.MatchConstraints.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
		}, "checks less"},
		"not of status": {func(p *policy, _ *binding) {
			p.Spec.MatchConstraints.ResourceRules[0].Resources = []string{"accessrecords"}
		}, "checks less"},
		"not of updates": {func(p *policy, _ *binding) {
			p.Spec.MatchConstraints.ResourceRules[0].Operations = []admissionv1.OperationType{admissionv1.Create, admissionv1.Delete}
		}, "checks less"},
		"of one record": {func(p *policy, _ *binding) {
			p.Spec.MatchConstraints.ResourceRules[0].ResourceNames = []string{"one"}
		}, "checks less"},
		"with an exception": {func(p *policy, _ *binding) {
			p.Spec.MatchConstraints.ExcludeResourceRules = p.Spec.MatchConstraints.ResourceRules
		}, "checks less"},
		"checks nothing": {func(p *policy, _ *binding) { p.Spec.Validations = nil }, "checks less"},
		"passes without the role": {func(_ *policy, b *binding) {
			b.Spec.ParamRef.ParameterNotFoundAction = ptr.To(admissionv1.AllowAction)
		}, "denies everywhere"},
		"of any operation": {func(p *policy, _ *binding) {
			p.Spec.MatchConstraints.ResourceRules[0].Operations = []admissionv1.OperationType{admissionv1.OperationAll}
		}, ""},
		"of one label":  {func(_ *policy, b *binding) { b.Spec.MatchResources = &admissionv1.MatchResources{} }, "denies everywhere"},
		"nothing there": {func(p *policy, b *binding) { *p, *b = policy{}, binding{} }, "is missing"},
	} {
		p, b := &policy{}, &binding{}
		for i, o := range []any{p, b} {
			if err := yaml.UnmarshalStrict([]byte(documents[i]), o); err != nil {
				t.Fatal(err)
			}
		}
		c.change(p, b)
		if got := RecordsLack([]policy{{}, *p}, []binding{{}, *b}); (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: %q, expected %q", what, got, c.says)
		}
	}
}
