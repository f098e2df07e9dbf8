// Package record reconciles AccessRecords: it unites what all grants give one person,
// compares it with the provider's row, and makes the row match with at most one write.
package record

import (
	"context"
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
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=accessrecords,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=hostgrant.io,resources=accessrecords/status,verbs=get;patch
// +kubebuilder:rbac:groups=hostgrant.io,resources=hostingbackends;permissiongrants,verbs=get;list;watch
// +kubebuilder:rbac:groups=apiextensions.k8s.io,resources=customresourcedefinitions,resourceNames=permissiongrants.hostgrant.io,verbs=get
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Mailer sends one invitation. Check says whether a message can be sent at all.
type Mailer interface {
	Check(message invite.Message) error
	Send(ctx context.Context, message invite.Message) (invite.Outcome, error)
}

// Reconciler acts on people.
type Reconciler struct {
	client.Client
	// Live reads past the cache: what is acted on must not be stale.
	Live     client.Reader
	Clock    clock.PassiveClock
	Sessions *session.Registry
	// Slots of the workers that wait for providers.
	Slots  *session.Slots
	Events events.EventRecorder
	// Mailer makes the sender of a backend; an error says what its settings lack.
	Mailer func(ctx context.Context, backend *v1alpha1.HostingBackend) (Mailer, error)
	// Wake delivers records whose turn it is, or whose row was seen to have changed.
	Wake   chan event.TypedGenericEvent[*v1alpha1.AccessRecord]
	Timing timing.Timing

	settler *settler
	results *results
	backoff workqueue.TypedRateLimiter[types.NamespacedName]
	written status.Written
}

// SetupWithManager wires the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	r.settler = newSettler(r.Clock, r.Timing)
	r.results = newResults()
	r.backoff = status.Backoff(r.Timing)
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

// Reconcile brings one person's row and status up to date.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	record := &v1alpha1.AccessRecord{}
	if err := r.Get(ctx, req.NamespacedName, record); err != nil {
		r.forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !record.DeletionTimestamp.IsZero() {
		r.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	}
	moves, err := r.moves(ctx, record)
	if err != nil {
		r.done(record)
		return ctrl.Result{}, err
	}
	if moves {
		r.done(record)
		return ctrl.Result{RequeueAfter: status.Jitter(r.Timing.Retry)}, nil
	}
	if wait := r.settler.wait(req.NamespacedName, record.Generation, record.Status.ObservedGeneration); wait > 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	orphans, err := r.dropOrphans(ctx, record)
	if orphans.dropped || err != nil {
		r.done(record)
		return ctrl.Result{}, err // the change of the spec wakes us
	}
	p, err := r.observe(ctx, record)
	if err != nil {
		r.done(record)
		return ctrl.Result{}, err
	}
	p.lost, p.replaced = orphans.lost, orphans.replaced
	if p.tooEarly() {
		r.done(record)
		return ctrl.Result{RequeueAfter: turnTimeout}, nil
	}
	if err := r.gather(ctx, p); err != nil {
		r.done(record)
		return ctrl.Result{}, err
	}
	return r.proceed(ctx, p)
}

// proceed acts where there is something to do and it is this person's turn, and concludes.
func (r *Reconciler) proceed(ctx context.Context, p *pass) (ctrl.Result, error) {
	record := p.record
	p.queue()
	if !p.wantsTurn() {
		r.done(record)
		return r.conclude(ctx, p)
	}
	if wait := r.settler.held(client.ObjectKeyFromObject(record), p.cause()); wait > 0 {
		r.done(record)
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	if p.stuck = r.settler.stuck(client.ObjectKeyFromObject(record), p.attempt()); p.stuck {
		r.done(record)
		return r.conclude(ctx, p)
	}
	if p.session.Turn(record.Name, p.errand()) && r.Slots.Acquire(client.ObjectKeyFromObject(record)) {
		defer r.done(record)
		defer p.giveBack()
		var err error
		if p, err = r.act(ctx, p); err != nil {
			return ctrl.Result{}, err
		}
		if p == nil { // a change of anything but the spec wakes nobody
			return ctrl.Result{RequeueAfter: status.Jitter(r.Timing.Retry)}, nil
		}
		var done context.CancelFunc
		ctx, done = r.results.toWrite(ctx, client.ObjectKeyFromObject(record))
		defer done()
	}
	return r.conclude(ctx, p)
}

// forget drops what was held in memory of a record that is gone.
func (r *Reconciler) forget(key types.NamespacedName) {
	r.settler.forget(key)
	r.results.drop(key)
	r.backoff.Forget(key)
	r.written.Forget(key)
	r.Slots.Release(key)
	if backend, ok := access.BackendOfRecord(key.Name); ok {
		s := r.Sessions.For(types.NamespacedName{Namespace: key.Namespace, Name: backend})
		s.Done(key.Name)
		s.Outbox().Leave(key.Name)
		s.Guard().Remove(key.Name)
	}
}

func (r *Reconciler) done(record *v1alpha1.AccessRecord) {
	r.Slots.Release(client.ObjectKeyFromObject(record))
	r.Sessions.For(backendKey(record)).Done(record.Name)
}

func backendKey(record *v1alpha1.AccessRecord) types.NamespacedName {
	return types.NamespacedName{Namespace: record.Namespace, Name: string(record.Spec.BackendRef.Name)}
}

func (r *Reconciler) now() metav1.Time { return metav1.NewTime(r.Clock.Now().Truncate(time.Second)) }

func (r *Reconciler) ofBackend(ctx context.Context, o client.Object) []ctrl.Request {
	return r.requests(ctx, client.InNamespace(o.GetNamespace()), client.MatchingFields{index.RecordBackend: o.GetName()})
}

func (r *Reconciler) requests(ctx context.Context, options ...client.ListOption) []ctrl.Request {
	records := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, records, options...); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list records")
	}
	requests := make([]ctrl.Request, len(records.Items))
	for i := range records.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&records.Items[i])
	}
	return requests
}

// grantGone lets through what can make a contribution an orphan.
var grantGone = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	UpdateFunc: func(event.UpdateEvent) bool { return false },
}

func (r *Reconciler) ofGrant(ctx context.Context, o client.Object) []ctrl.Request {
	return r.requests(ctx, client.MatchingFields{index.RecordGrants: string(o.GetUID())})
}
