// Package admission judges the admission policies of an installation: do they prove who approves removals, do they
// keep AccessRecords the manager's own? It is pure.
package admission

import (
	"slices"
	"strings"
	"sync"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/config/admission"
)

// Policy is the name that the admission policy ships with which holds approvedBy to who creates an approval,
// and its binding. Without both nothing proves who approves.
const Policy = "removalapprovals.hostgrant.io"

// install says how to get the policy and its binding.
const install = "install the policy and its binding with kubectl apply --server-side -k config/admission, then create the approval again"

// Proof tells since when the API server has checked who creates approvals.
type Proof struct {
	// Lacks is why it does not; empty where it does.
	Lacks string
	// Since when an approval is proven by being created.
	Since time.Time
}

// ProofAmong is what the first policy proves that checks approvals with one of its bindings; else what the
// last one looked at lacks.
func ProofAmong(policies []admissionv1.ValidatingAdmissionPolicy, bindings []admissionv1.ValidatingAdmissionPolicyBinding, lag time.Duration) Proof {
	found := proofOf(&admissionv1.ValidatingAdmissionPolicy{}, nil, lag)
	for i := range policies {
		if match := policies[i].Spec.MatchConstraints; match == nil || !slices.ContainsFunc(match.ResourceRules, concerns) {
			continue
		}
		found = proofOf(&policies[i], &admissionv1.ValidatingAdmissionPolicyBinding{}, lag)
		for n := range bindings {
			if bindings[n].Spec.PolicyName != policies[i].Name {
				continue
			}
			if found = proofOf(&policies[i], &bindings[n], lag); found.Lacks == "" {
				return found
			}
		}
	}
	return found
}

// concerns says whether a rule of a policy is of approvals by name.
func concerns(rule admissionv1.NamedRuleWithOperations) bool { return of(rule, "removalapprovals") }

// of says whether a rule of a policy names a resource of ours.
func of(rule admissionv1.NamedRuleWithOperations, resource string) bool {
	return slices.Contains(rule.APIGroups, v1alpha1.SchemeGroupVersion.Group) && slices.Contains(rule.Resources, resource)
}

// proofOf says what a policy and its binding prove; either has no name where it is missing.
// An API server applies a policy up to lag after it was stored.
func proofOf(policy *admissionv1.ValidatingAdmissionPolicy, binding *admissionv1.ValidatingAdmissionPolicyBinding, lag time.Duration) Proof {
	switch {
	case policy.Name == "":
		return Proof{Lacks: "the ValidatingAdmissionPolicy " + Policy + " is missing"}
	case weak(policy.Spec):
		return Proof{Lacks: "the ValidatingAdmissionPolicy " + policy.Name + " checks less than the one that ships"}
	case binding.Name == "":
		return Proof{Lacks: "the ValidatingAdmissionPolicyBinding of " + policy.Name + " is missing"}
	case narrowed(binding.Spec):
		return Proof{Lacks: "the ValidatingAdmissionPolicyBinding " + binding.Name + " does not deny everywhere, as the one that ships does"}
	}
	since := changed(policy)
	if later := changed(binding); later.After(since) {
		since = later
	}
	return Proof{Since: since.Add(lag)}
}

// weak says whether a policy lets some approvals pass unchecked.
func weak(spec admissionv1.ValidatingAdmissionPolicySpec) bool {
	return spec.MatchConstraints == nil || limited(spec) || failsOpen(spec) || !checks(spec) || !slices.ContainsFunc(spec.MatchConstraints.ResourceRules, covers)
}

// limited says whether a policy, of which it is known what it matches, leaves out some of that.
func limited(spec admissionv1.ValidatingAdmissionPolicySpec) bool {
	match := spec.MatchConstraints
	return len(spec.MatchConditions)+len(match.ExcludeResourceRules) > 0 || selects(match.NamespaceSelector) || selects(match.ObjectSelector)
}

func failsOpen(spec admissionv1.ValidatingAdmissionPolicySpec) bool {
	return spec.FailurePolicy != nil && *spec.FailurePolicy == admissionv1.Ignore
}

// shipped are what the policy checks as it ships: its validations, and the variables that these use.
var shipped = sync.OnceValue(func() (expressions []string) {
	policy := &admissionv1.ValidatingAdmissionPolicy{}
	text, _, _ := strings.Cut(admission.RemovalApprovals, "\n---\n")
	if err := yaml.Unmarshal([]byte(text), policy); err != nil {
		return []string{err.Error()} // no policy has that
	}
	return expressionsOf(policy.Spec)
})

// expressionsOf are the expressions of a policy, without differences in spaces.
func expressionsOf(spec admissionv1.ValidatingAdmissionPolicySpec) (list []string) {
	for _, v := range spec.Variables {
		list = append(list, v.Name+" = "+strings.Join(strings.Fields(v.Expression), " "))
	}
	for _, v := range spec.Validations {
		list = append(list, strings.Join(strings.Fields(v.Expression), " "))
	}
	return list
}

// checks says whether a policy checks all that the one that ships does.
func checks(spec admissionv1.ValidatingAdmissionPolicySpec) bool {
	has := expressionsOf(spec)
	lacks := func(expression string) bool { return !slices.Contains(has, expression) }
	params := spec.ParamKind
	return !slices.ContainsFunc(shipped(), lacks) && params != nil && params.APIVersion == "v1" && params.Kind == "ConfigMap"
}

// covers says whether a rule of a policy is of every approval that is created.
func covers(rule admissionv1.NamedRuleWithOperations) bool {
	return everywhere(rule) && concerns(rule) && slices.Contains(rule.Operations, admissionv1.Create)
}

// everywhere says whether a rule is of objects of any name in any namespace, in any version.
func everywhere(rule admissionv1.NamedRuleWithOperations) bool {
	cluster := rule.Scope != nil && *rule.Scope == admissionv1.ClusterScope
	return !cluster && len(rule.ResourceNames) == 0 && slices.Contains(rule.APIVersions, "*")
}

// narrowed says whether a binding applies the policy to less than everything, or does not deny.
func narrowed(spec admissionv1.ValidatingAdmissionPolicyBindingSpec) bool {
	params := spec.ParamRef
	return !slices.Contains(spec.ValidationActions, admissionv1.Deny) || spec.MatchResources != nil ||
		params == nil || params.Name == "" || params.Namespace == "" || params.Selector != nil ||
		params.ParameterNotFoundAction == nil || *params.ParameterNotFoundAction != admissionv1.DenyAction
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

// Refusal is why nothing proves who created an approval; empty where that is proven. Times have whole
// seconds, so the same second proves nothing.
func (p Proof) Refusal(approval *v1alpha1.RemovalApproval) string {
	switch {
	case p.Lacks != "":
		return "nothing proves who created this approval, so nobody loses anything by it: " + p.Lacks + "; " + install
	case !approval.CreationTimestamp.After(p.Since):
		return "nothing proves who created this approval, so nobody loses anything by it: the admission policy or its binding was installed or changed after this approval; create the approval again"
	}
	return ""
}
