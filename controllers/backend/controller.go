// Package backend reconciles HostingBackends: it opens the provider with the key of the
// Secret, reads the permission table once an interval, and tells records what changed.
package backend

import (
	"context"
	"fmt"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/metrics"
	"github.com/hostgrant/hostgrant/internal/status"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=hostingbackends,verbs=get;list;watch
// +kubebuilder:rbac:groups=hostgrant.io,resources=hostingbackends/status,verbs=get;patch
// +kubebuilder:rbac:groups=hostgrant.io,resources=hostingbackends/finalizers,verbs=update
// +kubebuilder:rbac:groups=hostgrant.io,resources=accessrecords,verbs=get;list;watch;create
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconciler reads providers.
type Reconciler struct {
	client.Client
	Clock    clock.PassiveClock
	Sessions *session.Registry
	Events   events.EventRecorder
	Budgets  *rest.Budgets
	// AllowPrivate lets endpoints have loopback and private addresses.
	AllowPrivate bool
	// Wake has the record controller look at a record; it may block until ctx ends.
	Wake func(ctx context.Context, record types.NamespacedName)

	backoff workqueue.TypedRateLimiter[types.NamespacedName]
}

// SetupWithManager wires the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	r.backoff = workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](status.MinBackoff, status.MaxBackoff)
	return ctrl.NewControllerManagedBy(mgr).
		Named("hostingbackend").
		For(&v1alpha1.HostingBackend{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.ofSecret)).
		Watches(&v1alpha1.AccessRecord{}, handler.EnqueueRequestsFromMapFunc(ofRecord), builder.WithPredicates(countsChanged)).
		WithOptions(options).
		Complete(r)
}

// Reconcile reads the provider when that is due and reports what it found.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	backend := &v1alpha1.HostingBackend{}
	if err := r.Get(ctx, req.NamespacedName, backend); err != nil {
		if client.IgnoreNotFound(err) == nil {
			r.abandon(ctx, req.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	s := r.Sessions.For(req.NamespacedName)
	if backend.Spec.Suspend {
		s.Close(nil)
		return r.report(ctx, backend, s, status.NeedsAction(v1alpha1.ReasonSuspended, "suspend is set: nothing is read or changed"))
	}
	refusal, err := r.open(ctx, backend, s)
	if err != nil {
		return ctrl.Result{}, err
	}
	if refusal != nil {
		return r.report(ctx, backend, s, *refusal)
	}
	if s.Due() == 0 {
		r.read(ctx, backend, s)
	}
	snapshot, health := s.Latest()
	if snapshot != nil && health.Err == nil {
		if err := r.inventory(ctx, backend, snapshot); err != nil {
			return ctrl.Result{}, err
		}
	}
	return r.report(ctx, backend, s, r.outcome(backend, s))
}

// read reads the provider, says when to read next, and wakes the records it concerns.
func (r *Reconciler) read(ctx context.Context, backend *v1alpha1.HostingBackend, s *session.Session) {
	key := client.ObjectKeyFromObject(backend)
	known, before := s.Latest()
	snapshot, err := s.Refresh(ctx)
	interval := backend.Spec.Interval.Duration
	switch {
	case err == nil:
		r.backoff.Forget(key)
		s.Schedule(interval)
	case status.Terminal(err):
		s.Schedule(status.Jitter(interval))
	default:
		s.Schedule(status.Failed(err, nil, min(interval, status.Jitter(r.backoff.When(key)))).After)
	}
	if err != nil {
		ctrl.LoggerFrom(ctx).Info("could not read the provider", "reason", status.ReasonOf(err), "error", err.Error())
	}
	switch {
	case known == nil, status.ReasonOf(before.Err) != status.ReasonOf(err):
		r.wakeAll(ctx, backend)
	case err == nil && !maps.Equal(known.Places, snapshot.Places):
		r.wakeAll(ctx, backend) // 'all: true' means other places now, or a name does
	case err == nil:
		r.wakeChanged(ctx, backend, snapshot)
	}
}

// outcome decides what the backend's conditions say.
func (r *Reconciler) outcome(backend *v1alpha1.HostingBackend, s *session.Session) status.Outcome {
	snapshot, health := s.Latest()
	if snapshot == nil && health.Err == nil {
		return status.Waiting(v1alpha1.ReasonProgressing, "reading the provider").In(s.Due())
	}
	listed := status.Succeeded(v1alpha1.ReasonListed, "the provider's table is read every "+backend.Spec.Interval.Duration.String())
	if health.Err == nil {
		return listed.In(s.Due())
	}
	var standing *status.Outcome
	if r.Clock.Since(health.Verified) <= 2*backend.Spec.Interval.Duration {
		standing = &listed
	}
	return status.Failed(health.Err, standing, s.Due()).In(s.Due())
}

// report writes the status if it differs.
func (r *Reconciler) report(ctx context.Context, backend *v1alpha1.HostingBackend, s *session.Session, o status.Outcome) (ctrl.Result, error) {
	snapshot, health := s.Latest()
	records := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, records, ofBackend(backend)...); err != nil {
		return ctrl.Result{}, fmt.Errorf("list AccessRecords: %w", err)
	}
	now := metav1.NewTime(r.Clock.Now().Truncate(time.Second))
	want := backendStatus(backend, snapshot, records.Items, o, now)
	if snapshot != nil {
		metrics.Backend(client.ObjectKeyFromObject(backend), health.Verified, want.Counts.Managed, want.Counts.Undeclared, want.Counts.Invited)
	}
	_, err := status.Write(ctx, r.Client, backend, &backend.Status, &want, false)
	return status.Result(o, err)
}

// abandon forgets a backend that was deleted. Nothing is revoked: deleting the description
// of a provider is not a wish to take everything away.
func (r *Reconciler) abandon(ctx context.Context, key types.NamespacedName) {
	r.backoff.Forget(key)
	metrics.Forget(key)
	if snapshot := r.Sessions.Drop(key); snapshot != nil {
		people := len(snapshot.Addresses())
		ctrl.LoggerFrom(ctx).Info("the backend is gone; its table stays as it is", "reason", v1alpha1.EventAbandoned, "people", people)
		gone := &v1alpha1.HostingBackend{}
		gone.Namespace, gone.Name = key.Namespace, key.Name
		r.Events.Eventf(gone, nil, corev1.EventTypeWarning, v1alpha1.EventAbandoned, "Abandon", "deleted; the %d people in the provider's table keep what they have", people)
	}
}

// ofBackend selects a backend's records in the cache, to be read and never changed.
func ofBackend(backend *v1alpha1.HostingBackend) []client.ListOption {
	return []client.ListOption{
		client.InNamespace(backend.Namespace), client.MatchingFields{index.RecordBackend: backend.Name}, client.UnsafeDisableDeepCopy,
	}
}
