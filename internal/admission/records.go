package admission

import (
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
)

// RecordsPolicy is the name that the admission policy ships with which keeps AccessRecords the manager's own, and
// its binding.
const RecordsPolicy = "accessrecords.hostgrant.io"

// RecordsLack is what is missing for AccessRecords to be the manager's own: a policy that checks each write of them and
// fails closed, and a binding of it that denies everywhere. It is empty where both are there. Whom the policy lets write is
// not judged: an installation may name other managers.
func RecordsLack(policies []admissionv1.ValidatingAdmissionPolicy, bindings []admissionv1.ValidatingAdmissionPolicyBinding) string {
	lacks := "the ValidatingAdmissionPolicy " + RecordsPolicy + " is missing"
	for i := range policies {
		policy := &policies[i]
		if match := policy.Spec.MatchConstraints; match == nil || !slices.ContainsFunc(match.ResourceRules, ofRecords) {
			continue
		}
		denies := func(b admissionv1.ValidatingAdmissionPolicyBinding) bool {
			return b.Spec.PolicyName == policy.Name && deniesRecords(policy.Spec, b.Spec)
		}
		switch {
		case failsOpen(policy.Spec):
			lacks = "the ValidatingAdmissionPolicy " + policy.Name + " lets pass what it cannot check"
		case limited(policy.Spec) || len(policy.Spec.Validations) == 0 || !ofEachWrite(policy.Spec.MatchConstraints.ResourceRules):
			lacks = "the ValidatingAdmissionPolicy " + policy.Name + " checks less than the one that ships"
		case slices.ContainsFunc(bindings, denies):
			return ""
		default:
			lacks = "no ValidatingAdmissionPolicyBinding of " + policy.Name + " denies everywhere"
		}
	}
	return lacks
}

func ofRecords(rule admissionv1.NamedRuleWithOperations) bool { return of(rule, "accessrecords") }

// ofEachWrite says whether rules are of everything that changes a record or its status.
func ofEachWrite(rules []admissionv1.NamedRuleWithOperations) bool {
	for resource, operations := range map[string][]admissionv1.OperationType{
		"accessrecords": {admissionv1.Create, admissionv1.Update, admissionv1.Delete}, "accessrecords/status": {admissionv1.Update},
	} {
		for _, operation := range operations {
			covered := func(rule admissionv1.NamedRuleWithOperations) bool {
				return everywhere(rule) && of(rule, resource) && (slices.Contains(rule.Operations, operation) || slices.Contains(rule.Operations, admissionv1.OperationAll))
			}
			if !slices.ContainsFunc(rules, covered) {
				return false
			}
		}
	}
	return true
}

// deniesRecords says whether a binding applies a policy to everything, also where nothing tells it who the managers are.
func deniesRecords(policy admissionv1.ValidatingAdmissionPolicySpec, binding admissionv1.ValidatingAdmissionPolicyBindingSpec) bool {
	ref := binding.ParamRef
	told := policy.ParamKind == nil || ref != nil && ref.ParameterNotFoundAction != nil && *ref.ParameterNotFoundAction == admissionv1.DenyAction
	return told && binding.MatchResources == nil && slices.Contains(binding.ValidationActions, admissionv1.Deny)
}
