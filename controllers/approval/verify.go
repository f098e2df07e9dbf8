package approval

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/internal/admission"
)

// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingadmissionpolicies;validatingadmissionpolicybindings,verbs=list

// proof reads the policies and their bindings past the cache: a change counts at once. An installation may
// give them other names.
func (r *Reconciler) proof(ctx context.Context) (admission.Proof, error) {
	policies, bindings := &admissionv1.ValidatingAdmissionPolicyList{}, &admissionv1.ValidatingAdmissionPolicyBindingList{}
	for _, list := range []client.ObjectList{policies, bindings} {
		if err := r.Live.List(ctx, list); err != nil {
			return admission.Proof{}, fmt.Errorf("list admission policies: %w", err)
		}
	}
	return admission.ProofAmong(policies.Items, bindings.Items, r.Timing.PolicyLag), nil
}
