package grant

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// origin is what a backend's rules ask of a grant: its namespace, and when it begins.
func (r *Reconciler) origin(ctx context.Context, grant *v1alpha1.PermissionGrant) (access.Origin, error) {
	from := access.Origin{Namespace: grant.Namespace, Begins: grant.CreationTimestamp}
	if begins := grant.Spec.NotBefore; begins != nil && from.Begins.Before(begins) {
		from.Begins = *begins
	}
	var err error
	from.Labels, err = resolve.NamespaceLabels(ctx, r.Client, grant.Namespace)
	return from, err
}

// enforceRules takes back what a suspended grant gives and may not give any more: suspending
// it is no way around the rules.
func (r *Reconciler) enforceRules(ctx context.Context, grant *v1alpha1.PermissionGrant) error {
	backend := &v1alpha1.HostingBackend{}
	err := r.Get(ctx, grant.Spec.BackendRef.Key(grant.Namespace), backend)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("get HostingBackend: %w", err)
	}
	from, err := r.origin(ctx, grant)
	if err != nil {
		return err
	}
	records, err := r.records(ctx, grant.UID)
	if err != nil {
		return err
	}
	return r.takeBack(ctx, grant.UID, records, func(record *v1alpha1.AccessRecord, c v1alpha1.Contribution) disposition {
		if of(record, backend) && access.Permit(backend, from, c, string(record.Spec.Email)).Refusal != "" {
			return evict
		}
		return keep
	})
}

// refuse notes what a rule says; the same word about several people is one issue.
func (h *handover) refuse(refusal string) {
	issue := resolve.Issue{Subject: "backendRef", Reason: v1alpha1.ReasonRefusedByRule, Message: refusal}
	for _, have := range h.issues {
		if have == issue {
			return
		}
	}
	h.issues = append(h.issues, issue)
}

// ofNamespace finds the grants of a namespace whose labels changed that refer to a backend
// elsewhere: a rule may select it now, or no longer.
func (r *Reconciler) ofNamespace(ctx context.Context, o client.Object) []ctrl.Request {
	grants := &v1alpha1.PermissionGrantList{}
	if err := r.List(ctx, grants, client.InNamespace(o.GetName())); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list grants of a namespace")
	}
	var requests []ctrl.Request
	for i := range grants.Items {
		if ref := grants.Items[i].Spec.BackendRef.Namespace; ref != "" && ref != o.GetName() {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&grants.Items[i])})
		}
	}
	return requests
}

func (r *Reconciler) ofBackend(ctx context.Context, o client.Object) []ctrl.Request {
	return r.grants(ctx, metav1.NamespaceAll, index.GrantBackend, types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}.String())
}
