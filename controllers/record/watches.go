package record

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// SetupWithManager wires the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	r.debounce = newDebouncer(r.Clock, r.Timing)
	r.retries = newRetryTracker(r.Clock)
	r.unsaved = newUnsaved()
	r.lost = newLostGrants()
	r.backoff = timing.Backoff(r.Timing)
	specs := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(mgr).
		Named("accessrecord").
		For(&v1alpha1.AccessRecord{}, specs).
		Watches(&v1alpha1.HostingBackend{}, handler.EnqueueRequestsFromMapFunc(r.ofBackend), specs).
		Watches(&v1alpha1.PermissionGrant{}, handler.EnqueueRequestsFromMapFunc(r.ofGrant), builder.WithPredicates(grantGone)).
		Watches(&v1alpha1.Profile{}, handler.EnqueueRequestsFromMapFunc(r.ofProfile), specs).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.ofSecret)).
		WatchesMetadata(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(r.ofNamespace), builder.WithPredicates(predicate.LabelChangedPredicate{})).
		WatchesRawSource(source.Channel(r.Wake, &handler.TypedEnqueueRequestForObject[*v1alpha1.AccessRecord]{}, source.WithBufferSize[*v1alpha1.AccessRecord, ctrl.Request](1024))).
		WithOptions(options).
		Complete(r)
}

// grantGone lets through what can make a contribution an orphan.
var grantGone = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	UpdateFunc: func(event.UpdateEvent) bool { return false },
}

func (r *Reconciler) ofBackend(ctx context.Context, o client.Object) []ctrl.Request {
	return r.requests(ctx, client.InNamespace(o.GetNamespace()), client.MatchingFields{index.RecordBackend: o.GetName()})
}

func (r *Reconciler) ofGrant(ctx context.Context, o client.Object) []ctrl.Request {
	return r.requests(ctx, client.MatchingFields{index.RecordGrants: string(o.GetUID())})
}

func (r *Reconciler) requests(ctx context.Context, options ...client.ListOption) []ctrl.Request {
	records := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, records, append(options, client.UnsafeDisableDeepCopy)...); err != nil { // only their names are read
		ctrl.LoggerFrom(ctx).Error(err, "could not list AccessRecords")
	}
	requests := make([]ctrl.Request, len(records.Items))
	for i := range records.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&records.Items[i])
	}
	return requests
}

// ofNamespace finds the records of people whom Profiles of a namespace bound: its labels say
// whether backends let these act on what others give.
func (r *Reconciler) ofNamespace(ctx context.Context, o client.Object) []ctrl.Request {
	profiles := &v1alpha1.ProfileList{}
	if err := r.List(ctx, profiles, client.InNamespace(o.GetName())); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list the Profiles of a namespace")
	}
	var requests []ctrl.Request
	for i := range profiles.Items {
		requests = slices.Concat(requests, r.ofProfile(ctx, &profiles.Items[i]))
	}
	return requests
}

func (r *Reconciler) ofProfile(ctx context.Context, o client.Object) []ctrl.Request {
	profile, ok := o.(*v1alpha1.Profile)
	if !ok {
		return nil
	}
	address, issue, err := resolve.Email(ctx, r.Client, profile)
	if err != nil || issue != nil {
		return nil
	}
	return r.requests(ctx, client.MatchingFields{index.RecordEmail: access.AddressDigest(address)})
}

// ofSecret finds the records of the address in a secret that a Profile names: as it is, and
// as it was, for an event brings both.
func (r *Reconciler) ofSecret(ctx context.Context, o client.Object) []ctrl.Request {
	secret, ok := o.(*corev1.Secret)
	if !ok || secret.Type != v1alpha1.SecretTypeAddress {
		return nil
	}
	var requests []ctrl.Request
	for _, value := range secret.Data {
		requests = slices.Concat(requests, r.requests(ctx, client.MatchingFields{index.RecordEmail: access.AddressDigest(string(value))}))
	}
	return requests
}
