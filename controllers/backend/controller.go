// Package backend reconciles HostingBackends: it opens the provider with the key of the
// Secret, reads the permission table once an interval, and tells records what changed.
package backend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
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
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/metrics"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/queue"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=hostingbackends,verbs=get;list;watch
// +kubebuilder:rbac:groups=hostgrant.io,resources=hostingbackends/status,verbs=get;patch
// +kubebuilder:rbac:groups=hostgrant.io,resources=hostingbackends/finalizers,verbs=update
// +kubebuilder:rbac:groups=hostgrant.io,resources=accessrecords,verbs=get;list;watch;create
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create

// Reconciler reads providers.
type Reconciler struct {
	client.Client
	// Live reads past the cache: what is remembered must not be stale.
	Live        client.Reader
	Clock       clock.PassiveClock
	Connections *provider.Connections
	// Slots of the workers that wait for providers.
	Slots   *queue.Slots
	Events  events.EventRecorder
	Budgets *rest.Budgets
	// Mark is what a backend's rows are marked with.
	Mark func(ctx context.Context, backend *v1alpha1.HostingBackend) (string, error)
	// AllowPrivate lets endpoints have loopback and private addresses.
	AllowPrivate bool
	// Hosts that endpoints may have; none: any.
	Hosts []string
	// Wake has the record controller look at a record; it may block until ctx ends.
	Wake func(ctx context.Context, record types.NamespacedName)
	// Turns delivers backends whose turn it is to be read.
	Turns  chan event.TypedGenericEvent[*v1alpha1.HostingBackend]
	Timing timing.Timing

	backoff workqueue.TypedRateLimiter[types.NamespacedName]
	// abandoned are the backends whose end was told.
	abandoned sync.Map
	// missing are, by backend, the rows of which its status has a digest.
	missing sync.Map
	// reported is, by backend, when its people were last counted.
	reported sync.Map
	written  apply.Written
}

// SetupWithManager wires the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	r.backoff = timing.Backoff(r.Timing)
	return ctrl.NewControllerManagedBy(mgr).
		Named("hostingbackend").
		For(&v1alpha1.HostingBackend{}, builder.WithPredicates(predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.ofSecret)).
		Watches(&v1alpha1.AccessRecord{}, r.ofRecord(), builder.WithPredicates(countsChanged)).
		WatchesRawSource(source.Channel(r.Turns, &handler.TypedEnqueueRequestForObject[*v1alpha1.HostingBackend]{})).
		WithOptions(options).
		Complete(r)
}

// Reconcile reads the provider when that is due and reports what it found.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	waits := false
	defer func() {
		if !waits {
			r.Slots.Release(req.NamespacedName)
		}
	}()
	backend := &v1alpha1.HostingBackend{}
	if err := r.Get(ctx, req.NamespacedName, backend); err != nil {
		if client.IgnoreNotFound(err) == nil {
			r.abandon(ctx, req.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	r.abandoned.Delete(req.NamespacedName)
	v := &scope{backend: backend, connection: r.Connections.Ensure(req.NamespacedName), doubt: backend.Status.TableDoubt, missing: r.missed(req.NamespacedName)}
	if backend.Spec.Suspend {
		v.connection.Close(nil)
		return r.report(ctx, v, status.NeedsAction(v1alpha1.ReasonSuspended, "suspend is set: Hostgrant reads and changes nothing; to go on, set suspend: false"))
	}
	refusal, err := r.open(ctx, backend, v.connection)
	if err != nil {
		return ctrl.Result{}, err
	}
	if refusal != nil {
		return r.report(ctx, v, *refusal)
	}
	if waits, err = r.readIfDue(ctx, v); err != nil {
		return ctrl.Result{}, err
	}
	if waits {
		return r.report(ctx, v, r.outcome(backend, v.connection).In(turnTimeout))
	}
	if err := r.inventory(ctx, v); err != nil {
		return ctrl.Result{}, err
	}
	return r.report(ctx, v, r.outcome(backend, v.connection))
}

// turnTimeout is when a backend that waits to be read looks again by itself, should the wake-up
// have been lost.
const turnTimeout = time.Minute

// readIfDue reads the provider if that is due; it says whether a slot has to be waited for.
func (r *Reconciler) readIfDue(ctx context.Context, v *scope) (waits bool, err error) {
	if changed := v.connection.GenerationChanged(v.backend.Generation); !changed && v.connection.Due() > 0 && !acceptable(v.backend) {
		return false, nil
	}
	if !r.Slots.Acquire(client.ObjectKeyFromObject(v.backend)) {
		v.connection.Schedule(0) // the change is not told again
		return true, nil
	}
	return false, r.read(ctx, v)
}

// scope is one look at a backend.
type scope struct {
	backend    *v1alpha1.HostingBackend
	connection *provider.Connection
	// doubt is what is remembered of a table that lacks people, missing are their rows, where this
	// process knows them.
	doubt   *v1alpha1.TableDoubt
	missing []int64
	// again judges the reading of this reconcile by what is remembered now; nil where there was none.
	again func() error
}

// read reads the provider, says when to read next, and wakes the records it concerns. What
// the provider does wrong is in the connection; an error is Kubernetes'.
func (r *Reconciler) read(ctx context.Context, v *scope) error {
	c := v.connection
	judge, err := v.judge(ctx, r)
	if err != nil {
		return err
	}
	before := c.View()
	known := before.Snapshot
	snapshot, err := c.Refresh(ctx, judge)
	c.Schedule(r.nextReading(client.ObjectKeyFromObject(v.backend), v.backend.Spec.Interval.Duration, err))
	if err != nil {
		ctrl.LoggerFrom(ctx).Info("could not read the provider", "reason", status.ReasonOf(err), "error", err.Error())
	}
	switch {
	case known == nil, status.ReasonOf(before.Health.Err) != status.ReasonOf(err), !before.CanWrite && c.View().CanWrite:
		r.wakeAll(ctx, v.backend) // what is enforced from now on may adopt what it finds
	case err == nil && r.standsFor(v.backend, before.Health) == 0:
		r.wakeAll(ctx, v.backend) // who was put off since the last reading was too old; where readings take an interval, each time
	case err == nil && meansOther(before.Health, known, snapshot):
		r.wakeAll(ctx, v.backend)
	case err == nil:
		r.wakeChanged(ctx, v)
	}
	return nil
}

// nextReading is how long to wait after a reading that ended with an error, or nil: up to a tenth
// longer than is due, so that backends which were read together are not read together for ever.
func (r *Reconciler) nextReading(key types.NamespacedName, interval time.Duration, failure error) time.Duration {
	switch class := hosting.ClassOf(failure); {
	case failure == nil:
		r.backoff.Forget(key)
		return timing.Jitter(interval)
	case status.Terminal(failure) || class == hosting.ClassImplausible:
		return timing.Jitter(interval)
	}
	return timing.Jitter(status.Failed(failure, nil, min(interval, r.backoff.When(key))).After)
}

// meansOther says whether a good reading concerns also those whose rows are as they were: they
// may be written to again, or 'all: true' means other places now, or a name does.
func meansOther(before provider.Health, known, snapshot *provider.Snapshot) bool {
	return before.Configuration == "" || !maps.Equal(known.Places, snapshot.Places)
}

// standsFor is how long a backend's last good reading still counts.
func (r *Reconciler) standsFor(backend *v1alpha1.HostingBackend, health provider.Health) time.Duration {
	return status.StandsFor(health.Read, backend.Spec.Interval.Duration, r.Clock.Now())
}

// outcome decides what the backend's conditions say, and when to look again. 0 would mean never, and end all reading:
// where a reading became due meanwhile, the next look is in Timing.Retry.
func (r *Reconciler) outcome(backend *v1alpha1.HostingBackend, c *provider.Connection) status.Outcome {
	view := c.View()
	snapshot, health, due := view.Snapshot, view.Health, max(r.Timing.Retry, c.Due())
	if snapshot == nil && health.Err == nil {
		return status.Waiting(v1alpha1.ReasonProgressing, "Hostgrant reads the provider's table for the first time since it started, or since the key or the endpoint changed").In(due)
	}
	listed := status.Succeeded(v1alpha1.ReasonListed, "the provider's table is read every "+backend.Spec.Interval.Duration.String())
	if health.Err == nil {
		return listed.In(due)
	}
	var standing *status.Outcome
	if r.standsFor(backend, health) > 0 {
		standing = &listed
	}
	return status.Failed(health.Err, standing, due).In(due)
}

// report writes the status if it differs.
func (r *Reconciler) report(ctx context.Context, v *scope, o status.Outcome) (ctrl.Result, error) {
	backend := v.backend
	view := v.connection.View()
	snapshot, health := view.Snapshot, view.Health
	records := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, records, ofBackend(backend)...); err != nil {
		return ctrl.Result{}, fmt.Errorf("list AccessRecords: %w", err)
	}
	o.Message += whoIsMissing(o, records.Items, v.missing)
	r.reported.Store(client.ObjectKeyFromObject(backend), r.Clock.Now())
	now := metav1.NewTime(r.Clock.Now().Truncate(time.Second))
	want := backendStatus(backend, snapshot, records.Items, r.heldRemovals(v, records.Items), o, now, clockFact(view.Ahead)...)
	want.OwnerMarker, want.Waiting = v1alpha1.OwnerMark(view.Mark), waiting(v.connection.Waiting())
	if snapshot != nil {
		metrics.Backend(client.ObjectKeyFromObject(backend), health.Verified, map[string]int{
			"managed": int(want.Counts.Managed), "undeclared": int(want.Counts.Undeclared), "invited": int(want.Counts.Invited),
			"without_two_factor": snapshot.WithoutTwoFactor(),
		})
		metrics.Invitations(client.ObjectKeyFromObject(backend), invitations(records.Items))
	}
	if slices.ContainsFunc(want.HeldRemovals, func(h v1alpha1.HeldRemoval) bool { return h.Released }) {
		o = o.Within(r.Timing.ReleaseCheck)
	}
	return apply.Result(o, r.remember(ctx, v, want, records.Items))
}

// ofBackend selects a backend's records in the cache, to be read and never changed.
func ofBackend(backend *v1alpha1.HostingBackend) []client.ListOption {
	return []client.ListOption{
		client.InNamespace(backend.Namespace), client.MatchingFields{index.RecordBackend: backend.Name}, client.UnsafeDisableDeepCopy,
	}
}
