// Package grant reconciles PermissionGrants: it resolves whom and what a grant names and
// hands one contribution per person over to that person's AccessRecord. It never talks to
// a provider.
package grant

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=permissiongrants,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=hostgrant.io,resources=permissiongrants/status,verbs=get;patch
// +kubebuilder:rbac:groups=hostgrant.io,resources=permissiongrants/finalizers,verbs=update
// +kubebuilder:rbac:groups=hostgrant.io,resources=permissionsets;profiles;teams;hostingbackends,verbs=get;list;watch
// +kubebuilder:rbac:groups=hostgrant.io,resources=accessrecords,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups=apiextensions.k8s.io,resources=customresourcedefinitions,resourceNames=permissiongrants.hostgrant.io,verbs=get

// Reconciler hands grants over to records.
type Reconciler struct {
	client.Client
	// Live reads past the cache: only what is there now proves that a deletion was meant.
	Live  client.Reader
	Clock clock.PassiveClock
	// Events tell of dates.
	Events events.EventRecorder
	Timing timing.Timing

	seats   seats
	written apply.Written
}

// SetupWithManager wires the controller: what it watches, and whom each change concerns.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	specs := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(mgr).
		Named("permissiongrant").
		For(&v1alpha1.PermissionGrant{}, builder.WithPredicates(predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&v1alpha1.HostingBackend{}, handler.EnqueueRequestsFromMapFunc(r.ofBackend), specs).
		Watches(&v1alpha1.AccessRecord{}, handler.EnqueueRequestsFromMapFunc(ofRecord)).
		Watches(&v1alpha1.PermissionSet{}, handler.EnqueueRequestsFromMapFunc(r.ofReference(resolve.KindPermissionSet)), specs).
		Watches(&v1alpha1.Team{}, handler.EnqueueRequestsFromMapFunc(r.ofReference(resolve.KindTeam)), specs).
		Watches(&v1alpha1.Profile{}, handler.EnqueueRequestsFromMapFunc(r.ofProfile), specs).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.ofSecret)).
		WatchesMetadata(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(r.ofNamespace), builder.WithPredicates(predicate.LabelChangedPredicate{})).
		WithOptions(options).
		Complete(r)
}

// Reconcile makes the contributions of one grant what its spec says, and its status what
// the records say.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	grant := &v1alpha1.PermissionGrant{}
	if err := r.Get(ctx, req.NamespacedName, grant); err != nil {
		r.written.Forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !grant.DeletionTimestamp.IsZero() {
		return r.release(ctx, grant)
	}
	if !controllerutil.ContainsFinalizer(grant, v1alpha1.GrantFinalizer) {
		before := grant.DeepCopy()
		controllerutil.AddFinalizer(grant, v1alpha1.GrantFinalizer)
		// The lock keeps a finalizer that somebody else adds at this moment.
		if err := r.Patch(ctx, grant, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
			return ctrl.Result{}, fmt.Errorf("add finalizer: %w", err)
		}
	}
	if grant.Spec.Suspend {
		if err := r.enforceRules(ctx, grant); err != nil {
			return ctrl.Result{}, err
		}
		return r.report(ctx, grant, nil, status.NeedsAction(v1alpha1.ReasonSuspended, "suspend is set: what the grant gave stays as it is"))
	}
	given, err := r.handOver(ctx, grant)
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: timing.Jitter(r.Timing.Retry)}, nil // a record was replaced meanwhile
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	return r.report(ctx, grant, given, outcome(grant, given, r.now(), r.Timing.FullRetry))
}

// report writes the status if it differs.
func (r *Reconciler) report(ctx context.Context, grant *v1alpha1.PermissionGrant, given *handover, o status.Outcome) (ctrl.Result, error) {
	want := grantStatus(grant, given, o, r.now())
	before := grant.Status.Conditions
	wrote, err := apply.Status(ctx, r.Client, &r.written, grant, &grant.Status, &want, false)
	if wrote {
		r.announce(grant, before)
	}
	return apply.Result(o, err)
}

// announce tells once of dates that have come near or were missed.
func (r *Reconciler) announce(grant *v1alpha1.PermissionGrant, before []metav1.Condition) {
	for kind, event := range map[string]string{
		v1alpha1.ConditionExpiringSoon: v1alpha1.EventExpiringSoon, v1alpha1.ConditionReviewOverdue: v1alpha1.EventReviewOverdue,
	} {
		now := meta.FindStatusCondition(grant.Status.Conditions, kind)
		if now != nil && !meta.IsStatusConditionTrue(before, kind) {
			r.Events.Eventf(grant, nil, corev1.EventTypeWarning, event, "Remind", "%s", now.Message)
		}
	}
}

func (r *Reconciler) ofReference(kind string) handler.MapFunc {
	return func(ctx context.Context, o client.Object) []ctrl.Request {
		return r.grants(ctx, o.GetNamespace(), index.GrantReferences, resolve.Reference{Kind: kind, Name: o.GetName()}.String())
	}
}

// ofProfile finds grants that name a profile, themselves or through a team.
func (r *Reconciler) ofProfile(ctx context.Context, o client.Object) []ctrl.Request {
	requests := r.ofReference(resolve.KindProfile)(ctx, o)
	teams := &v1alpha1.TeamList{}
	if err := r.List(ctx, teams, client.InNamespace(o.GetNamespace()), client.MatchingFields{index.TeamProfiles: o.GetName()}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list teams of a profile")
	}
	for i := range teams.Items {
		requests = append(requests, r.ofReference(resolve.KindTeam)(ctx, &teams.Items[i])...)
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
