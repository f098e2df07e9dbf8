package approval

import (
	"context"
	"fmt"
	"slices"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingadmissionpolicies;validatingadmissionpolicybindings,resourceNames=removalapprovals.hostgrant.io,verbs=get

// Policy is the name of the admission policy that holds approvedBy to who creates an approval, and of
// its binding. Without both nothing proves who approves.
const Policy = "removalapprovals.hostgrant.io"

// install says how to get the policy and its binding.
const install = "install both with kubectl apply --server-side -k config/admission, then create the approval again"

// proof tells since when the API server has checked who creates approvals.
type proof struct {
	// lacks is why it does not; empty where it does.
	lacks string
	since time.Time
}

// proof reads the policy and its binding past the cache: a change counts at once.
func (r *Reconciler) proof(ctx context.Context) (proof, error) {
	policy, binding := &admissionv1.ValidatingAdmissionPolicy{}, &admissionv1.ValidatingAdmissionPolicyBinding{}
	for _, o := range []client.Object{policy, binding} {
		if err := client.IgnoreNotFound(r.Live.Get(ctx, types.NamespacedName{Name: Policy}, o)); err != nil {
			return proof{}, fmt.Errorf("get admission policy: %w", err)
		}
	}
	return proofOf(policy, binding, r.Timing.PolicyLag), nil
}

// proofOf says what a policy and its binding prove; either has no name where it is missing.
// An API server applies a policy up to lag after it was stored.
func proofOf(policy *admissionv1.ValidatingAdmissionPolicy, binding *admissionv1.ValidatingAdmissionPolicyBinding, lag time.Duration) proof {
	switch {
	case policy.Name == "":
		return proof{lacks: "the ValidatingAdmissionPolicy " + Policy + " is missing"}
	case binding.Name == "":
		return proof{lacks: "the ValidatingAdmissionPolicyBinding " + Policy + " is missing"}
	case weak(policy.Spec):
		return proof{lacks: "the ValidatingAdmissionPolicy " + Policy + " checks less than the one that ships"}
	case narrowed(binding.Spec):
		return proof{lacks: "the ValidatingAdmissionPolicyBinding " + Policy + " does not deny everywhere, as the one that ships does"}
	}
	since := changed(policy)
	if later := changed(binding); later.After(since) {
		since = later
	}
	return proof{since: since.Add(lag)}
}

// weak says whether a policy lets some approvals pass unchecked.
func weak(spec admissionv1.ValidatingAdmissionPolicySpec) bool {
	match := spec.MatchConstraints
	if match == nil || len(spec.MatchConditions)+len(match.ExcludeResourceRules) > 0 || len(spec.Validations) == 0 {
		return true
	}
	if ignores := spec.FailurePolicy != nil && *spec.FailurePolicy == admissionv1.Ignore; ignores || selects(match.NamespaceSelector) || selects(match.ObjectSelector) {
		return true
	}
	return !slices.ContainsFunc(match.ResourceRules, covers)
}

// covers says whether a rule of a policy is of every approval that is created.
func covers(rule admissionv1.NamedRuleWithOperations) bool {
	return len(rule.ResourceNames) == 0 && slices.Contains(rule.APIGroups, v1alpha1.SchemeGroupVersion.Group) &&
		slices.Contains(rule.APIVersions, "*") && slices.Contains(rule.Resources, "removalapprovals") && slices.Contains(rule.Operations, admissionv1.Create)
}

// narrowed says whether a binding applies the policy to less than everything, or does not deny.
func narrowed(spec admissionv1.ValidatingAdmissionPolicyBindingSpec) bool {
	params := spec.ParamRef
	return spec.PolicyName != Policy || !slices.Contains(spec.ValidationActions, admissionv1.Deny) || spec.MatchResources != nil ||
		params == nil || params.ParameterNotFoundAction == nil || *params.ParameterNotFoundAction != admissionv1.DenyAction
}

func selects(selector *metav1.LabelSelector) bool {
	return selector != nil && len(selector.MatchLabels)+len(selector.MatchExpressions) > 0
}

// changed is when an object was made, or anything but its status was last changed: what was created
// while it said something else was not checked by what it says now.
func changed(o client.Object) time.Time {
	at := o.GetCreationTimestamp().Time
	for _, entry := range o.GetManagedFields() {
		if entry.Subresource == "" && entry.Time != nil && entry.Time.After(at) {
			at = entry.Time.Time
		}
	}
	return at
}

// refusal is why nothing proves who created an approval; empty where that is proven. Times have whole
// seconds, so the same second proves nothing.
func (p proof) refusal(approval *v1alpha1.RemovalApproval) string {
	switch {
	case p.lacks != "":
		return "nothing proves who approves: " + p.lacks + "; " + install
	case !approval.CreationTimestamp.After(p.since):
		return "nothing proves who approves: the admission policy " + Policy + " or its binding was installed or changed after this approval; create the approval again"
	}
	return ""
}
