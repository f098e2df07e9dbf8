// Package profile reconciles Profiles: it says whether a person's address is known and what
// they have on the backends within its reach.
package profile

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
	"github.com/hostgrant/hostgrant/internal/status"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=profiles,verbs=get;list;watch
// +kubebuilder:rbac:groups=hostgrant.io,resources=profiles/status,verbs=get;patch
// +kubebuilder:rbac:groups=hostgrant.io,resources=accessrecords;hostingbackends,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch

// maxAccess is how many backends a status lists; the CRD bounds it.
const maxAccess = 64

// Reconciler reports on people.
type Reconciler struct {
	client.Client
	Clock clock.PassiveClock

	written apply.Written
}

// SetupWithManager wires the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("profile").
		For(&v1alpha1.Profile{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.AccessRecord{}, handler.EnqueueRequestsFromMapFunc(r.ofRecord), builder.WithPredicates(accessChanged)).
		Watches(&v1alpha1.HostingBackend{}, handler.EnqueueRequestsFromMapFunc(r.ofBackend), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.ofSecret)).
		WithOptions(options).
		Complete(r)
}

// Reconcile writes the status of one profile if it differs.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	profile := &v1alpha1.Profile{}
	if err := r.Get(ctx, req.NamespacedName, profile); err != nil {
		r.written.Forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !profile.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	address, issue, err := resolve.Email(ctx, r.Client, profile)
	if err != nil {
		return ctrl.Result{}, err
	}
	want := v1alpha1.ProfileStatus{ObservedGeneration: profile.Generation}
	o := status.Succeeded(v1alpha1.ReasonAsDeclared, "the person's address is known")
	switch {
	case issue != nil && issue.Reason == v1alpha1.ReasonAddressNotFound:
		o = status.Waiting(issue.Reason, issue.Message)
	case issue != nil:
		o = status.NeedsAction(issue.Reason, issue.Message)
	default:
		if want.Access, err = r.access(ctx, profile, address); err != nil {
			return ctrl.Result{}, err
		}
		want.Summary = summary(profile.Namespace, want.Access)
	}
	now := metav1.NewTime(r.Clock.Now().Truncate(time.Second))
	want.Conditions = status.Conditions(profile.Status.Conditions, profile.Generation, now, o, residual(profile, want.Access, now)...)
	_, err = apply.Status(ctx, r.Client, &r.written, profile, &profile.Status, &want, false)
	return ctrl.Result{RequeueAfter: nextLook(profile, now)}, client.IgnoreNotFound(err)
}

// residual tells what somebody still has who shall have nothing; there is none where they
// may, or have nothing.
func residual(profile *v1alpha1.Profile, access []v1alpha1.ProfileAccess, now metav1.Time) []metav1.Condition {
	spec := profile.Spec
	expired := spec.ExpiresAt != nil && !now.Before(spec.ExpiresAt)
	var left []v1alpha1.ProfileAccess
	for _, a := range access {
		if a.Permissions > 0 {
			left = append(left, a)
		}
	}
	if len(left) == 0 || !expired && spec.State != v1alpha1.ProfileSuspended {
		return nil
	}
	reason := v1alpha1.ReasonPersonExpired
	if spec.State == v1alpha1.ProfileSuspended {
		reason = v1alpha1.ReasonPersonSuspended
	}
	return []metav1.Condition{status.Fact(v1alpha1.ConditionResidualAccess, true, reason,
		"the person still has permissions that Hostgrant never gave, or that are still to be taken away; see the AccessRecords, and revoke at the provider what must not stay: "+summary(profile.Namespace, left))}
}

// glance is the longest that a Profile which bounds what others grant goes without a look at
// the clock, which may have been set, and at the rules of backends elsewhere.
const glance = 10 * time.Minute

func nextLook(profile *v1alpha1.Profile, now metav1.Time) time.Duration {
	spec := profile.Spec
	switch {
	case !index.Bounds(profile):
		return 0
	case spec.ExpiresAt != nil && now.Before(spec.ExpiresAt):
		return min(spec.ExpiresAt.Sub(now.Time), glance)
	}
	return glance
}

// accessChanged lets through what a profile shows of a record.
var accessChanged = predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok1 := e.ObjectOld.(*v1alpha1.AccessRecord)
		after, ok2 := e.ObjectNew.(*v1alpha1.AccessRecord)
		return ok1 && ok2 && (before.Status.Person != after.Status.Person || before.Status.Permissions != after.Status.Permissions)
	},
}

func (r *Reconciler) ofSecret(ctx context.Context, o client.Object) []ctrl.Request {
	profiles := &v1alpha1.ProfileList{}
	if err := r.List(ctx, profiles, client.InNamespace(o.GetNamespace()), client.MatchingFields{index.ProfileSecret: o.GetName()}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list the Profiles that use a Secret")
	}
	return requests(profiles)
}

// ofBackend finds the profiles that a backend's rules may let act there, or no longer.
func (r *Reconciler) ofBackend(ctx context.Context, _ client.Object) []ctrl.Request {
	profiles := &v1alpha1.ProfileList{}
	if err := r.List(ctx, profiles); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list Profiles")
	}
	profiles.Items = slices.DeleteFunc(profiles.Items, func(p v1alpha1.Profile) bool { return !index.Bounds(&p) })
	return requests(profiles)
}

// ofRecord finds the profiles with the record's address, and those elsewhere that may reach
// it.
func (r *Reconciler) ofRecord(ctx context.Context, o client.Object) []ctrl.Request {
	record, ok := o.(*v1alpha1.AccessRecord)
	if !ok {
		return nil
	}
	profiles, err := index.ProfilesIn(ctx, r.Client, record.Namespace, string(record.Spec.Email))
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list the Profiles of a person")
	}
	bounding, err := index.BoundingProfiles(ctx, r.Client, string(record.Spec.Email))
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list the Profiles that act on a person")
	}
	return requests(&v1alpha1.ProfileList{Items: slices.Concat(profiles, bounding)})
}

func requests(profiles *v1alpha1.ProfileList) []ctrl.Request {
	list := make([]ctrl.Request, len(profiles.Items))
	for i := range profiles.Items {
		list[i].NamespacedName = client.ObjectKeyFromObject(&profiles.Items[i])
	}
	return list
}
