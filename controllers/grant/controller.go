// Package grant reconciles PermissionGrants: it hands one contribution per person over to that person's
// AccessRecord, as internal/handover decides. It never talks to a provider.
package grant

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=permissiongrants,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=hostgrant.io,resources=permissiongrants/status,verbs=get;patch
// +kubebuilder:rbac:groups=hostgrant.io,resources=permissiongrants/finalizers,verbs=update
// +kubebuilder:rbac:groups=hostgrant.io,resources=permissionsets;profiles;teams;hostingbackends,verbs=get;list;watch
// +kubebuilder:rbac:groups=hostgrant.io,resources=accessrecords,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create
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

	reservations reservations
	crowds       crowds
	written      apply.Written
	// postponed are statuses that only say that something is on its way.
	postponed apply.Postponed
}

// SetupWithManager wires the controller: what it watches, and whom each change concerns.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	specs := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(mgr).
		Named("permissiongrant").
		For(&v1alpha1.PermissionGrant{}, builder.WithPredicates(predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&v1alpha1.HostingBackend{}, handler.EnqueueRequestsFromMapFunc(r.ofBackend), specs).
		Watches(&v1alpha1.AccessRecord{}, r.ofRecord()).
		Watches(&v1alpha1.PermissionSet{}, handler.EnqueueRequestsFromMapFunc(r.ofReference(handover.KindPermissionSet)), specs).
		Watches(&v1alpha1.Team{}, handler.EnqueueRequestsFromMapFunc(r.ofReference(handover.KindTeam)), specs).
		Watches(&v1alpha1.Profile{}, handler.EnqueueRequestsFromMapFunc(r.ofProfile), specs).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.ofSecret)).
		WatchesMetadata(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(r.ofNamespace), builder.WithPredicates(predicate.LabelChangedPredicate{})).
		WithOptions(options).
		Complete(r)
}

// Reconcile makes the contributions of one grant what its spec says, and its status what
// the records say.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	result, err := r.reconcile(ctx, req)
	result.Priority = ptr.To(0) // there is no news when it comes again by itself
	return result, err
}

func (r *Reconciler) reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	grant := &v1alpha1.PermissionGrant{}
	if err := r.Get(ctx, req.NamespacedName, grant); err != nil {
		r.written.Forget(req.NamespacedName)
		r.postponed.Forget(req.NamespacedName)
		r.crowds.set(req.NamespacedName, 0)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !grant.DeletionTimestamp.IsZero() {
		return r.release(ctx, grant)
	}
	if err := r.setFinalizer(ctx, grant, controllerutil.AddFinalizer); err != nil {
		return ctrl.Result{}, err
	}
	in, err := r.observe(ctx, grant)
	if err != nil {
		return ctrl.Result{}, err
	}
	r.crowds.set(req.NamespacedName, len(in.Records))
	desired := handover.Compute(in)
	excess, err := r.reserve(ctx, in, desired.Demands)
	if err != nil {
		return ctrl.Result{}, err
	}
	decision := handover.Decide(in, desired, excess)
	err = r.apply(ctx, grant, in.Backend, decision.Actions)
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return ctrl.Result{RequeueAfter: timing.Jitter(r.Timing.Retry)}, nil // the cache lags behind, or a record was replaced
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	return r.publish(ctx, grant, handover.Status(in, decision))
}

// release takes back what a deleted grant gave, and lets the grant go.
func (r *Reconciler) release(ctx context.Context, grant *v1alpha1.PermissionGrant) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(grant, v1alpha1.GrantFinalizer) {
		return ctrl.Result{}, nil
	}
	in, err := r.observeDeletion(ctx, grant)
	if err != nil {
		return ctrl.Result{}, err
	}
	r.reservations.release(grant.UID)
	actions, waits := handover.Release(in)
	if err := r.apply(ctx, grant, nil, actions); err != nil {
		return ctrl.Result{}, err
	}
	if waits {
		return r.publish(ctx, grant, handover.Terminating(in))
	}
	if in.Abandoned {
		ctrl.LoggerFrom(ctx).Info("the CRD or the namespace of the grant is being deleted: nothing is revoked, and what the grant gave stays at the provider", "reason", v1alpha1.EventAbandoned)
		r.Events.Eventf(grant, nil, corev1.EventTypeWarning, v1alpha1.EventAbandoned, "Abandon", "the CRD or the namespace of the grant is being deleted: nothing is revoked, and what the grant gave stays at the provider. Revoke there what must not stay")
	}
	return ctrl.Result{}, client.IgnoreNotFound(r.setFinalizer(ctx, grant, controllerutil.RemoveFinalizer))
}

// publish writes the status if it differs, and then tells the events.
func (r *Reconciler) publish(ctx context.Context, grant *v1alpha1.PermissionGrant, report handover.Report) (ctrl.Result, error) {
	if wait := r.postponed.PutOff(client.ObjectKeyFromObject(grant), report.Passing, r.Clock.Now(), r.Timing.StatusDelay); wait > 0 {
		return apply.Result(report.Outcome.Within(wait), nil)
	}
	wrote, err := apply.Status(ctx, r.Client, &r.written, grant, &grant.Status, &report.Status, false)
	if wrote {
		for _, event := range report.Events {
			r.Events.Eventf(grant, nil, corev1.EventTypeWarning, event.Reason, "Remind", "%s", event.Message)
		}
	}
	return apply.Result(report.Outcome, err)
}

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
		ctrl.LoggerFrom(ctx).Error(err, "could not list the Teams that name a Profile")
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
		ctrl.LoggerFrom(ctx).Error(err, "could not list the Profiles that use a Secret")
	}
	var requests []ctrl.Request
	for i := range profiles.Items {
		requests = append(requests, r.ofProfile(ctx, &profiles.Items[i])...)
	}
	return requests
}

func (r *Reconciler) grants(ctx context.Context, namespace, field, value string) []ctrl.Request {
	grants := &v1alpha1.PermissionGrantList{}
	// Only their names are read: of a backend with 10,000 grants, copies would take 20 MiB.
	if err := r.List(ctx, grants, client.InNamespace(namespace), client.MatchingFields{field: value}, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list PermissionGrants", "index", field)
	}
	requests := make([]ctrl.Request, len(grants.Items))
	for i := range grants.Items {
		requests[i] = ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&grants.Items[i])}
	}
	return requests
}

// ofNamespace finds the grants of a namespace whose labels changed that refer to a backend
// elsewhere: a rule may select it now, or no longer.
func (r *Reconciler) ofNamespace(ctx context.Context, o client.Object) []ctrl.Request {
	grants := &v1alpha1.PermissionGrantList{}
	if err := r.List(ctx, grants, client.InNamespace(o.GetName()), client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list the PermissionGrants of a namespace")
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
