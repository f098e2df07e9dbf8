// Package profile reconciles Profiles: it says whether a person's address is known and what
// they have on the backends of the same namespace.
package profile

import (
	"context"
	"fmt"
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
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
	"github.com/hostgrant/hostgrant/internal/status"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=profiles,verbs=get;list;watch
// +kubebuilder:rbac:groups=hostgrant.io,resources=profiles/status,verbs=get;patch
// +kubebuilder:rbac:groups=hostgrant.io,resources=accessrecords,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch

// maxAccess is how many backends a status lists; the CRD bounds it.
const maxAccess = 64

// Reconciler reports on people.
type Reconciler struct {
	client.Client
	Clock clock.PassiveClock
}

// SetupWithManager wires the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("profile").
		For(&v1alpha1.Profile{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.AccessRecord{}, handler.EnqueueRequestsFromMapFunc(r.ofRecord), builder.WithPredicates(accessChanged)).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.ofSecret)).
		WithOptions(options).
		Complete(r)
}

// Reconcile writes the status of one profile if it differs.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	profile := &v1alpha1.Profile{}
	if err := r.Get(ctx, req.NamespacedName, profile); err != nil {
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
	o := status.Succeeded(v1alpha1.ReasonAsDeclared, "the address is known")
	switch {
	case issue != nil && issue.Reason == v1alpha1.ReasonAddressNotFound:
		o = status.Waiting(issue.Reason, issue.Message)
	case issue != nil:
		o = status.NeedsAction(issue.Reason, issue.Message)
	default:
		if want.Access, err = r.access(ctx, profile.Namespace, address); err != nil {
			return ctrl.Result{}, err
		}
		want.Summary = summary(want.Access)
	}
	now := metav1.NewTime(r.Clock.Now().Truncate(time.Second))
	want.Conditions = status.Conditions(profile.Status.Conditions, profile.Generation, now, o)
	_, err = status.Write(ctx, r.Client, profile, &profile.Status, &want, false)
	return ctrl.Result{}, client.IgnoreNotFound(err)
}

// access lists what the person has, by the records of the same namespace: what others hold
// about the same address elsewhere is none of this namespace's business.
func (r *Reconciler) access(ctx context.Context, namespace, address string) ([]v1alpha1.ProfileAccess, error) {
	records := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, records, client.InNamespace(namespace), client.MatchingFields{index.RecordEmail: address}); err != nil {
		return nil, fmt.Errorf("list AccessRecords: %w", err)
	}
	byBackend := map[v1alpha1.ObjectName]v1alpha1.ProfileAccess{}
	for i := range records.Items {
		record := &records.Items[i]
		if record.Status.Person == "" {
			continue // not looked at yet
		}
		byBackend[record.Spec.BackendRef.Name] = v1alpha1.ProfileAccess{
			Backend: record.Spec.BackendRef.Name, Record: v1alpha1.ObjectName(record.Name),
			Person: record.Status.Person, Permissions: record.Status.Permissions,
		}
	}
	return inOrder(byBackend), nil
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
		ctrl.LoggerFrom(ctx).Error(err, "list profiles of a secret")
	}
	return requests(profiles)
}

// ofRecord finds the profiles with the record's address. Those whose address is in a Secret
// are all asked: no index knows it.
func (r *Reconciler) ofRecord(ctx context.Context, o client.Object) []ctrl.Request {
	record, ok := o.(*v1alpha1.AccessRecord)
	if !ok {
		return nil
	}
	var list []ctrl.Request
	for _, key := range []string{string(record.Spec.Email), index.FromSecret} {
		profiles := &v1alpha1.ProfileList{}
		if err := r.List(ctx, profiles, client.InNamespace(o.GetNamespace()), client.MatchingFields{index.ProfileEmail: key}); err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "list profiles of a record")
		}
		list = append(list, requests(profiles)...)
	}
	return list
}

func requests(profiles *v1alpha1.ProfileList) []ctrl.Request {
	list := make([]ctrl.Request, len(profiles.Items))
	for i := range profiles.Items {
		list[i].NamespacedName = client.ObjectKeyFromObject(&profiles.Items[i])
	}
	return list
}
