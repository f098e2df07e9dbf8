// Package record reconciles AccessRecords: it makes the provider's row of one person hold what all
// grants give them together, with at most one write. What is to be done is decided in internal/plan;
// here it is observed, carried out and published.
package record

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/queue"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=accessrecords,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=hostgrant.io,resources=accessrecords/status,verbs=get;patch
// +kubebuilder:rbac:groups=hostgrant.io,resources=hostingbackends;permissiongrants;profiles,verbs=get;list;watch
// +kubebuilder:rbac:groups=apiextensions.k8s.io,resources=customresourcedefinitions,resourceNames=permissiongrants.hostgrant.io,verbs=get
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create

// Reconciler acts on people.
type Reconciler struct {
	client.Client
	// Live reads past the cache: what is acted on must not be stale.
	Live        client.Reader
	Clock       clock.PassiveClock
	Connections *provider.Connections
	// Slots of the workers that wait for providers.
	Slots  *queue.Slots
	Events events.EventRecorder
	// Mailer makes the sender of a backend; an error says what its settings lack.
	Mailer func(ctx context.Context, backend *v1alpha1.HostingBackend) (Mailer, error)
	// Wake delivers records whose turn it is, or whose row was seen to have changed.
	Wake   chan event.TypedGenericEvent[*v1alpha1.AccessRecord]
	Timing timing.Timing

	debounce *debouncer
	retries  *retryTracker
	unsaved  *unsaved
	lost     *lostGrants
	backoff  workqueue.TypedRateLimiter[types.NamespacedName]
	written  apply.Written
	// postponed are statuses that only say that something is on its way.
	postponed apply.Postponed
}

// Reconcile brings one person's row and status up to date: observe, decide, take a turn, refresh,
// decide, execute, decide, publish.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	record := &v1alpha1.AccessRecord{}
	if err := r.Get(ctx, req.NamespacedName, record); err != nil || !record.DeletionTimestamp.IsZero() {
		r.forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	turn := r.turnOf(record)
	defer turn.release()
	orphans, wait, err := r.prepare(ctx, record, turn)
	if orphans == nil {
		return ctrl.Result{RequeueAfter: wait}, err
	}
	in, err := r.observe(ctx, record, *orphans)
	if err != nil {
		return ctrl.Result{}, err
	}
	d, err := r.decide(ctx, in)
	if err != nil {
		return ctrl.Result{}, err
	}
	in, d = turn.waitForMail(in, d)
	if wait := d.Wait(in); wait > 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	if d.NeedsProvider() && turn.acquire(d.Request(in)) {
		if in, err = r.refresh(ctx, in); err == nil {
			in, d, err = r.execute(ctx, in, turn)
		}
		if err != nil {
			return r.again(err)
		}
	}
	return r.publish(ctx, in, d)
}

// prepare brings the spec in order before it is decided on: a record with an earlier name of its
// person moves, a burst of changes ends, contributions whose grants are gone are taken back. It gives
// nil where the record is looked at again first, after a wait or when its spec has changed.
func (r *Reconciler) prepare(ctx context.Context, record *v1alpha1.AccessRecord, turn *turn) (*plan.Orphans, time.Duration, error) {
	moves, err := r.moves(ctx, record)
	switch {
	case err != nil:
		return nil, 0, err
	case moves:
		return nil, timing.Jitter(r.Timing.Retry), nil
	}
	if wait := r.debounce.wait(turn.key, record.Generation, record.Status.ObservedGeneration); wait > 0 {
		turn.keep = true
		return nil, wait, nil
	}
	orphans, err := r.dropOrphans(ctx, record)
	return orphans, 0, err
}

// forget drops what was held in memory of a record that is gone.
func (r *Reconciler) forget(key types.NamespacedName) {
	r.debounce.forget(key)
	r.retries.forget(key)
	r.unsaved.drop(key)
	r.lost.set(key, nil)
	r.backoff.Forget(key)
	r.written.Forget(key)
	r.postponed.Forget(key)
	r.Slots.Release(key)
	backend, ok := access.BackendOfRecord(key.Name)
	if !ok {
		return
	}
	if connection, ok := r.Connections.Get(types.NamespacedName{Namespace: key.Namespace, Name: backend}); ok {
		connection.Writes().Release(key.Name)
		connection.Mails().Leave(key.Name)
		connection.Guard().Remove(key.Name)
	}
}
