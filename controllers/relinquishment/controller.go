// Package relinquishment reconciles Relinquishments: it lists what our own profile holds on
// other owners' profiles, and gives up, once, what is confirmed.
package relinquishment

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/queue"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=relinquishments;hostingbackends,verbs=get;list;watch
// +kubebuilder:rbac:groups=hostgrant.io,resources=relinquishments/status,verbs=get;patch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create

// Reconciler carries Relinquishments out.
type Reconciler struct {
	client.Client
	// Live reads past the cache: what is acted on must not be stale.
	Live        client.Reader
	Clock       clock.PassiveClock
	Connections *provider.Connections
	// Slots of the workers that wait for providers.
	Slots  *queue.Slots
	Events events.EventRecorder
	// Wake delivers objects whose turn it is.
	Wake   chan event.TypedGenericEvent[*v1alpha1.Relinquishment]
	Timing timing.Timing

	places  *places
	backoff workqueue.TypedRateLimiter[types.NamespacedName]
	written apply.Written
}

// SetupWithManager wires the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	r.places = &places{of: map[types.NamespacedName]*provider.Connection{}}
	r.backoff = timing.Backoff(r.Timing)
	return ctrl.NewControllerManagedBy(mgr).
		Named("relinquishment").
		For(&v1alpha1.Relinquishment{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.HostingBackend{}, handler.EnqueueRequestsFromMapFunc(r.ofBackend),
			builder.WithPredicates(predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, readinessChanged))).
		WatchesRawSource(source.Channel(r.Wake, &handler.TypedEnqueueRequestForObject[*v1alpha1.Relinquishment]{})).
		WithOptions(options).
		Complete(r)
}

// Reconcile lists, or gives up one id.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	rel, err := r.fetch(ctx, req.NamespacedName)
	if err != nil || !rel.DeletionTimestamp.IsZero() || rel.Status.CompletedAt != nil {
		r.leave(req.NamespacedName)
		r.backoff.Forget(req.NamespacedName)
		r.written.Forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	v, err := r.look(ctx, rel)
	if err != nil {
		r.leave(req.NamespacedName)
		return ctrl.Result{}, err
	}
	if v.tooEarly() {
		r.leave(req.NamespacedName)
		return ctrl.Result{RequeueAfter: unread}, nil
	}
	o, err := r.proceed(ctx, v)
	if err != nil {
		return ctrl.Result{}, err
	}
	if o != nil {
		written, err := r.write(ctx, v, finish(rel, v.want, *o, v.now))
		if written || err != nil {
			return apply.Result(*o, err)
		}
	}
	if v.waits {
		return ctrl.Result{RequeueAfter: turnTimeout}, nil // what was shown last stands
	}
	return ctrl.Result{RequeueAfter: timing.Jitter(r.Timing.Retry)}, nil
}

// leave gives back what is had of turns and slots, or waited for.
func (r *Reconciler) leave(key types.NamespacedName) {
	r.places.release(key)
	r.Slots.Release(key)
}

// fetch reads an object: from the cache where it only shows again what is held, past it
// where it may act, and where it has shown nothing yet: the cache may not know that the
// status was written a moment ago, and the provider would be asked again.
func (r *Reconciler) fetch(ctx context.Context, key types.NamespacedName) (*v1alpha1.Relinquishment, error) {
	rel := &v1alpha1.Relinquishment{}
	err := r.Get(ctx, key, rel)
	if again := rel.Status.Total != nil && len(rel.Spec.Confirm) == 0; err != nil || again || rel.Status.CompletedAt != nil {
		return rel, err
	}
	live := &v1alpha1.Relinquishment{}
	return live, r.Live.Get(ctx, key, live)
}

// proceed does what can be done now. The outcome is nil where the object changed meanwhile,
// the list is being read for another, or a slot has to be waited for: it is to come again.
func (r *Reconciler) proceed(ctx context.Context, v *scope) (*status.Outcome, error) {
	if o := v.obstacle(); o != nil {
		r.leave(v.key())
		return o, nil
	}
	if v.waits = !r.Slots.Acquire(v.key()); v.waits {
		return nil, nil
	}
	defer r.Slots.Release(v.key())
	if len(v.rel.Spec.Confirm) > 0 {
		return r.carryOut(ctx, v)
	}
	return r.list(ctx, v)
}

// look reads what an object depends on.
func (r *Reconciler) look(ctx context.Context, rel *v1alpha1.Relinquishment) (*scope, error) {
	v := &scope{rel: rel, now: r.now(), want: *rel.Status.DeepCopy()}
	key := types.NamespacedName{Namespace: rel.Namespace, Name: string(rel.Spec.BackendRef.Name)}
	backend := &v1alpha1.HostingBackend{}
	switch err := r.Get(ctx, key, backend); {
	case err == nil:
		v.backend, v.connection = backend, r.Connections.Ensure(key)
		view := v.connection.View()
		v.snapshot, v.health = view.Snapshot, view.Health
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("get HostingBackend: %w", err)
	}
	return v, nil
}

// tooEarly says whether the manager has just started and not read the provider yet, while
// the status speaks of the spec as it is: it stands until something else is known.
func (v *scope) tooEarly() bool {
	return v.backend != nil && !v.backend.Spec.Suspend && v.snapshot == nil && v.health.Err == nil &&
		v.rel.Status.ObservedGeneration == v.rel.Generation
}

func (r *Reconciler) now() metav1.Time { return metav1.NewTime(r.Clock.Now().Truncate(time.Second)) }

// tell has an event for each profile that was given up. It holds no address (I12).
func (r *Reconciler) tell(rel *v1alpha1.Relinquishment, before, after []v1alpha1.DropResult) {
	known := map[int64]v1alpha1.DropState{}
	for _, result := range before {
		known[result.ID] = result.State
	}
	for _, result := range after {
		if result.State == v1alpha1.DropDropped && known[result.ID] != v1alpha1.DropDropped {
			r.Events.Eventf(rel, nil, corev1.EventTypeNormal, v1alpha1.EventRelinquished, "Relinquish",
				"the key's own profile gave up everything that it held on another owner's profile (id %d)", result.ID)
		}
	}
}

func (r *Reconciler) ofBackend(ctx context.Context, o client.Object) []ctrl.Request {
	list := &v1alpha1.RelinquishmentList{}
	if err := r.List(ctx, list, client.InNamespace(o.GetNamespace()), client.MatchingFields{index.RelinquishmentBackend: o.GetName()}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list the Relinquishments of a HostingBackend")
	}
	requests := make([]ctrl.Request, len(list.Items))
	for i := range list.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&list.Items[i])
	}
	return requests
}

// readinessChanged lets through what can let a backend be asked again, or no longer.
var readinessChanged = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	before, ok1 := e.ObjectOld.(*v1alpha1.HostingBackend)
	after, ok2 := e.ObjectNew.(*v1alpha1.HostingBackend)
	return ok1 && ok2 && readiness(before) != readiness(after)
}}

func readiness(b *v1alpha1.HostingBackend) string {
	ready := meta.FindStatusCondition(b.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return ""
	}
	return string(ready.Status) + ready.Reason
}
