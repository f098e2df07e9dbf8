package admission

import (
	"os"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

type (
	policy  = admissionv1.ValidatingAdmissionPolicy
	binding = admissionv1.ValidatingAdmissionPolicyBinding
)

var stored = time.Unix(1_800_000_000, 0)

// asShipped are the policy and the binding as they ship.
func asShipped(t *testing.T) (*policy, *binding) {
	t.Helper()
	body, err := os.ReadFile("../../config/admission/removalapprovals.yaml")
	if err != nil {
		t.Fatal(err)
	}
	documents := strings.Split(string(body), "\n---\n")
	p, b := &policy{}, &binding{}
	for i, o := range []any{p, b} {
		if err := yaml.UnmarshalStrict([]byte(documents[i]), o); err != nil {
			t.Fatal(err)
		}
	}
	p.CreationTimestamp, b.CreationTimestamp = metav1.NewTime(stored), metav1.NewTime(stored)
	return p, b
}

// proofs are changes of what ships, and what the refusal of an approval then says; nothing where there is none.
var proofs = map[string]struct {
	change func(*policy, *binding)
	says   string
}{
	"as it ships": {func(*policy, *binding) {}, ""},
	"no policy": {func(p *policy, _ *binding) {
		p.Name = ""
	}, "Policy " + Policy + " is missing"},
	"no binding": {func(_ *policy, b *binding) {
		b.Name = ""
	}, "Binding of " + Policy + " is missing"},
	"under the names of an overlay": {func(p *policy, b *binding) {
		p.Name, b.Name, b.Spec.PolicyName = "acme-"+p.Name, "acme-"+b.Name, "acme-"+p.Name
	}, ""},
	"only warns": {func(_ *policy, b *binding) {
		b.Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Warn}
	}, "does not deny everywhere"},
	"of another": {func(_ *policy, b *binding) {
		b.Spec.PolicyName = "x"
	}, "Binding of " + Policy + " is missing"},
	"narrowed": {func(_ *policy, b *binding) {
		b.Spec.MatchResources = &admissionv1.MatchResources{}
	}, "does not deny everywhere"},
	"allows all without a list": {func(_ *policy, b *binding) {
		b.Spec.ParamRef.ParameterNotFoundAction = ptr.To(admissionv1.AllowAction)
	}, "does not deny everywhere"},
	"fails open": {func(p *policy, _ *binding) {
		p.Spec.FailurePolicy = ptr.To(admissionv1.Ignore)
	}, "checks less"},
	"of labelled namespaces": {func(p *policy, _ *binding) {
		p.Spec.MatchConstraints.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
	}, "checks less"},
	"under a condition": {func(p *policy, _ *binding) {
		p.Spec.MatchConditions = []admissionv1.MatchCondition{{Name: "never", Expression: "false"}}
	}, "checks less"},
	"of nothing": {func(p *policy, _ *binding) {
		p.Spec.Validations = nil
	}, "checks less"},
	"of anything": {func(p *policy, _ *binding) {
		p.Spec.Validations[0].Expression = "true"
	}, "checks less"},
	"of a list of its own": {func(p *policy, _ *binding) {
		p.Spec.Variables[0].Expression = "['somebody']"
	}, "checks less"},
	"of what has no namespace": {func(p *policy, _ *binding) {
		p.Spec.MatchConstraints.ResourceRules[0].Scope = ptr.To(admissionv1.ClusterScope)
	}, "checks less"},
	"by each tenant's own list": {func(_ *policy, b *binding) {
		b.Spec.ParamRef.Namespace = ""
	}, "does not deny everywhere"},
	"of other kinds": {func(p *policy, _ *binding) {
		p.Spec.MatchConstraints.ResourceRules[0].Resources = []string{"teams"}
	}, "Policy " + Policy + " is missing"},
	"of updates": {func(p *policy, _ *binding) {
		p.Spec.MatchConstraints.ResourceRules[0].Operations = []admissionv1.OperationType{admissionv1.Update}
	}, "checks less"},
	"changed since": {func(_ *policy, b *binding) {
		b.ManagedFields = []metav1.ManagedFieldsEntry{{Time: ptr.To(metav1.NewTime(stored.Add(time.Hour)))}}
	}, "installed or changed after this approval"},
	"with a status since": {func(p *policy, _ *binding) {
		p.ManagedFields = []metav1.ManagedFieldsEntry{{Subresource: "status", Time: ptr.To(metav1.NewTime(stored.Add(time.Hour)))}}
	}, ""},
}

// Whatever lets somebody else's name pass proves nothing.
func TestOnlyWhatShipsProvesWhoApproves(t *testing.T) {
	for what, c := range proofs {
		p, b := asShipped(t)
		c.change(p, b)
		policies, bindings := []policy{{}}, []binding{{}} // others are there as well
		if p.Name != "" {
			policies = append(policies, *p)
		}
		if b.Name != "" {
			bindings = append(bindings, *b)
		}
		approval := &v1alpha1.RemovalApproval{}
		approval.CreationTimestamp = metav1.NewTime(stored.Add(11 * time.Second))
		got := ProofAmong(policies, bindings, 10*time.Second).Refusal(approval)
		if (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: %q, expected %q", what, got, c.says)
		}
		approval.CreationTimestamp = metav1.NewTime(stored.Add(10 * time.Second))
		if ProofAmong(policies, bindings, 10*time.Second).Refusal(approval) == "" {
			t.Errorf("%s: an API server may not have known the policy yet", what)
		}
	}
}
