package grant

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/index"
)

func (r *Reconciler) ofReference(kind string) handler.MapFunc {
	return func(ctx context.Context, o client.Object) []ctrl.Request {
		return r.grants(ctx, o.GetNamespace(), index.GrantReferences, handover.Reference{Kind: kind, Name: o.GetName()}.String())
	}
}

// ofProfile finds grants that name a profile, themselves or through a team.
func (r *Reconciler) ofProfile(ctx context.Context, o client.Object) []ctrl.Request {
	requests := r.ofReference(handover.KindProfile)(ctx, o)
	teams := &v1alpha1.TeamList{}
	if err := r.List(ctx, teams, client.InNamespace(o.GetNamespace()), client.MatchingFields{index.TeamProfiles: o.GetName()}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list teams of a profile")
	}
	for i := range teams.Items {
		requests = append(requests, r.ofReference(handover.KindTeam)(ctx, &teams.Items[i])...)
	}
	return requests
}

// ofSecret finds grants that reach a person whose address is in the secret.
func (r *Reconciler) ofSecret(ctx context.Context, o client.Object) []ctrl.Request {
	profiles := &v1alpha1.ProfileList{}
	if err := r.List(ctx, profiles, client.InNamespace(o.GetNamespace()), client.MatchingFields{index.ProfileSecret: o.GetName()}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list profiles of a secret")
	}
	var requests []ctrl.Request
	for i := range profiles.Items {
		requests = append(requests, r.ofProfile(ctx, &profiles.Items[i])...)
	}
	return requests
}

func (r *Reconciler) grants(ctx context.Context, namespace, field, value string) []ctrl.Request {
	grants := &v1alpha1.PermissionGrantList{}
	if err := r.List(ctx, grants, client.InNamespace(namespace), client.MatchingFields{field: value}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list grants", "index", field)
	}
	requests := make([]ctrl.Request, len(grants.Items))
	for i := range grants.Items {
		requests[i] = ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&grants.Items[i])}
	}
	return requests
}

// ofRecord wakes the grants that contribute to a record.
func ofRecord(_ context.Context, o client.Object) []ctrl.Request {
	record, ok := o.(*v1alpha1.AccessRecord)
	if !ok {
		return nil
	}
	requests := make([]ctrl.Request, len(record.Spec.Contributions))
	for i, c := range record.Spec.Contributions {
		requests[i].Namespace, requests[i].Name = c.Grant.Namespace, string(c.Grant.Name)
	}
	return requests
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
