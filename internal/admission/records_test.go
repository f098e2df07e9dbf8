package admission

import (
	"os"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
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
