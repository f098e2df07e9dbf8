package admission

import (
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
)

// RecordsPolicy is the name that the admission policy ships with which keeps AccessRecords the manager's own, and
// its binding.
const RecordsPolicy = "accessrecords.hostgrant.io"

// RecordsLack is what is missing for AccessRecords to be the manager's own: a policy of them that fails closed, and a
// binding of it that denies everywhere. It is empty where both are there. What the policy checks is not judged: an
// installation may name other managers.
func RecordsLack(policies []admissionv1.ValidatingAdmissionPolicy, bindings []admissionv1.ValidatingAdmissionPolicyBinding) string {
	lacks := "the ValidatingAdmissionPolicy " + RecordsPolicy + " is missing"
	for i := range policies {
		policy := &policies[i]
		if match := policy.Spec.MatchConstraints; match == nil || !slices.ContainsFunc(match.ResourceRules, ofRecords) {
			continue
		}
		if ignores := policy.Spec.FailurePolicy != nil && *policy.Spec.FailurePolicy == admissionv1.Ignore; ignores {
			lacks = "the ValidatingAdmissionPolicy " + policy.Name + " lets pass what it cannot check"
			continue
		}
		denies := func(b admissionv1.ValidatingAdmissionPolicyBinding) bool {
			return b.Spec.PolicyName == policy.Name && b.Spec.MatchResources == nil && slices.Contains(b.Spec.ValidationActions, admissionv1.Deny)
		}
		if slices.ContainsFunc(bindings, denies) {
			return ""
		}
		lacks = "no ValidatingAdmissionPolicyBinding of " + policy.Name + " denies everywhere"
	}
	return lacks
}

func ofRecords(rule admissionv1.NamedRuleWithOperations) bool { return of(rule, "accessrecords") }
