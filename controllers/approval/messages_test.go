package approval

import (
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	shipped "github.com/hostgrant/hostgrant/config/admission"
	"github.com/hostgrant/hostgrant/internal/admission"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/testkit/golden"
)

var stored = time.Unix(1_800_000_000, 0)

// asShipped are the policy and the binding as they ship.
func asShipped(t *testing.T) (*admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding) {
	t.Helper()
	p, b := &admissionv1.ValidatingAdmissionPolicy{}, &admissionv1.ValidatingAdmissionPolicyBinding{}
	documents := strings.Split(shipped.RemovalApprovals, "\n---\n")
	for i, o := range []any{p, b} {
		if err := yaml.Unmarshal([]byte(documents[i]), o); err != nil {
			t.Fatal(err)
		}
	}
	return p, b
}

// The table of the messages of an approval, as TestMessages of internal/plan is of a record.
func TestMessages(t *testing.T) {
	table := &golden.Table{}
	approval := &v1alpha1.RemovalApproval{Spec: v1alpha1.RemovalApprovalSpec{Digest: "3f9c0d1e2b4a"}}
	approval.CreationTimestamp = metav1.NewTime(stored.Add(time.Minute))
	scopeOf := func(change ...func(*scope)) *scope {
		s := &scope{key: types.NamespacedName{Namespace: "hosting", Name: "owner"}, backend: &v1alpha1.HostingBackend{}, guard: gate.NewGuard(stored), proof: admission.Proof{Since: stored}}
		s.backend.Spec.Mode = v1alpha1.ModeEnforce
		for _, c := range change {
			c(s)
		}
		return s
	}
	tell := func(what string, o status.Outcome) {
		table.Conditions(what, status.Conditions(nil, 1, metav1.Time{}, o))
	}
	held := func(s *scope) {
		s.guard.Update("owner-1", gate.Person{Losses: []gate.Loss{{Namespaces: []string{"agency"}, Batch: "81e99b3abf40", Since: stored}}})
	}
	tell("no backend", *scopeOf(func(s *scope) { s.backend, s.guard = nil, nil }).obstacle(approval))
	tell("created before the policy", *scopeOf(func(s *scope) { s.proof.Since = stored.Add(time.Hour) }).obstacle(approval))
	p, b := asShipped(t)
	weaker, narrower := *p.DeepCopy(), *b.DeepCopy()
	weaker.Spec.Validations, narrower.Spec.ValidationActions = nil, nil
	for _, lacking := range []struct {
		what     string
		policies []admissionv1.ValidatingAdmissionPolicy
		bindings []admissionv1.ValidatingAdmissionPolicyBinding
	}{
		{"no policy", nil, []admissionv1.ValidatingAdmissionPolicyBinding{*b}},
		{"a weaker policy", []admissionv1.ValidatingAdmissionPolicy{weaker}, []admissionv1.ValidatingAdmissionPolicyBinding{*b}},
		{"no binding", []admissionv1.ValidatingAdmissionPolicy{*p}, nil},
		{"a narrower binding", []admissionv1.ValidatingAdmissionPolicy{*p}, []admissionv1.ValidatingAdmissionPolicyBinding{narrower}},
	} {
		tell(lacking.what, *scopeOf(func(s *scope) { s.proof = admission.ProofAmong(lacking.policies, lacking.bindings, 0) }).obstacle(approval))
	}
	tell("the manager has just started", starting())
	tell("nothing is held", scopeOf().unknown(approval))
	tell("another batch is held", scopeOf(held).unknown(approval))
	tell("under way", scopeOf().underWay(3))
	tell("suspended", scopeOf(func(s *scope) { s.backend.Spec.Suspend = true }).underWay(3))
	tell("observed", scopeOf(func(s *scope) { s.backend.Spec.Mode = v1alpha1.ModeObserve }).underWay(1))
	tell("done", approved(3, 1))
	table.Compare(t, "testdata/messages.txt")
}
