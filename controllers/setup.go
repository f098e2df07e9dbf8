// Package controllers wires all controllers to a manager.
package controllers

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers/approval"
	"github.com/hostgrant/hostgrant/controllers/backend"
	"github.com/hostgrant/hostgrant/controllers/grant"
	"github.com/hostgrant/hostgrant/controllers/profile"
	"github.com/hostgrant/hostgrant/controllers/record"
	"github.com/hostgrant/hostgrant/controllers/relinquishment"
	"github.com/hostgrant/hostgrant/controllers/team"
	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/lease"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/queue"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// Options of the controllers.
type Options struct {
	// Clock is the time; the real one where nil.
	Clock clock.WithTicker
	// Events takes what is told of changes; controller-runtime's own recorder where nil.
	Events events.EventRecorder
	// AllowPrivate lets endpoints and mail servers have loopback and private addresses.
	AllowPrivate bool
	// Hosts that endpoints and mail servers may have; none: any.
	Hosts []string
	// Lease without which nothing is written; nil: none is needed.
	Lease *lease.Lease
	// Workers of each kind whose work waits for providers; 64 where 0. A provider that hangs
	// takes one or two of a kind until its calls are given up, all those of one namespace no more
	// than they leave to others: half of them.
	Workers int
	// Timing other than what ships, in tests.
	Timing timing.Timing
	// SkipNameValidation lets one process run several managers, in tests.
	SkipNameValidation bool
}

const (
	// callers is how many workers of a kind wait for providers by default. As queue.Slots deal
	// them out, those that hang hold up nobody else (I10) while they are in fewer namespaces.
	callers = 64
	// planners is how many workers a kind has that needs nothing but the Kubernetes API.
	planners = 8
)

// reconcileTimeout bounds one pass: at most four provider calls and a mail, each with a
// timeout of its own, and the wait for the pace.
const reconcileTimeout = 5 * time.Minute

// Scheme knows every kind the controllers use.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(apiextensionsv1.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

// CacheOptions keep Secrets of the common types out of the manager's memory: only those
// that opted in are ever used. (A field selector has no "or", hence the exclusions.) Of what there may be thousands of,
// little is kept.
func CacheOptions() cache.Options {
	var exclusions []fields.Selector
	for _, kind := range []corev1.SecretType{
		corev1.SecretTypeOpaque, corev1.SecretTypeServiceAccountToken, corev1.SecretTypeDockercfg, corev1.SecretTypeDockerConfigJson,
		corev1.SecretTypeBasicAuth, corev1.SecretTypeSSHAuth, corev1.SecretTypeTLS, corev1.SecretTypeBootstrapToken, "helm.sh/release.v1",
	} {
		exclusions = append(exclusions, fields.OneTermNotEqualSelector("type", string(kind)))
	}
	trimmed := cache.ByObject{Transform: new(trimmer).trim}
	return cache.Options{ByObject: map[client.Object]cache.ByObject{
		&corev1.Secret{}:            {Field: fields.AndSelectors(exclusions...), Transform: trimmed.Transform},
		&v1alpha1.AccessRecord{}:    trimmed,
		&v1alpha1.PermissionGrant{}: trimmed,
		&v1alpha1.Profile{}:         trimmed,
	}}
}

// Setup registers the indexes and every controller with a manager. ctx ends with the
// manager.
func Setup(ctx context.Context, mgr ctrl.Manager, o Options) error {
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	o.Timing = o.Timing.Shipped()
	if err := index.Setup(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	backends, records, relinquishments := newWaker[v1alpha1.HostingBackend](), newWaker[v1alpha1.AccessRecord](), newWaker[v1alpha1.Relinquishment]()
	connections := provider.NewConnections(o.Clock, func(backend types.NamespacedName, turn string) {
		if name, relinquishes := strings.CutPrefix(turn, relinquishment.TurnPrefix); relinquishes {
			relinquishments.wake(ctx, types.NamespacedName{Namespace: backend.Namespace, Name: name})
			return
		}
		records.wake(ctx, types.NamespacedName{Namespace: backend.Namespace, Name: turn})
	})
	connections.Lease, connections.MailWindow = o.Lease.Outlasts, o.Timing.MailWindow
	workers := cmp.Or(o.Workers, callers)
	slots := func(wake func(context.Context, types.NamespacedName)) *queue.Slots {
		return queue.NewSlots(workers, func(key types.NamespacedName) { wake(ctx, key) })
	}
	if o.Events == nil {
		o.Events = mgr.GetEventRecorder("hostgrant")
	}
	mailers := &record.Mailers{Client: mgr.GetClient(), Clock: o.Clock, AllowPrivate: o.AllowPrivate, Hosts: o.Hosts}
	calling, planning := o.controller(workers), o.controller(planners)
	for _, kind := range []struct {
		name       string
		reconciler interface {
			SetupWithManager(ctrl.Manager, controller.Options) error
		}
		options controller.Options
	}{
		{"HostingBackend", &backend.Reconciler{
			Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Clock: o.Clock, Connections: connections, Events: o.Events, Budgets: rest.NewBudgets(o.Clock),
			Mark: (&backend.Marks{Live: mgr.GetAPIReader()}).For, AllowPrivate: o.AllowPrivate, Hosts: o.Hosts,
			Wake: records.wake, Slots: slots(backends.wake), Turns: backends.events, Timing: o.Timing,
		}, calling},
		{"PermissionGrant", &grant.Reconciler{
			Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Clock: o.Clock, Events: o.Events, Timing: o.Timing,
		}, planning},
		{"AccessRecord", &record.Reconciler{
			Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Clock: o.Clock, Connections: connections,
			Events: o.Events, Mailer: mailers.For, Slots: slots(records.wake), Wake: records.events, Timing: o.Timing,
		}, calling},
		{"Relinquishment", &relinquishment.Reconciler{
			Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Clock: o.Clock, Connections: connections,
			Events: o.Events, Slots: slots(relinquishments.wake), Wake: relinquishments.events, Timing: o.Timing,
		}, calling},
		{"RemovalApproval", &approval.Reconciler{
			Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Clock: o.Clock, Connections: connections, Wake: records.wake, Timing: o.Timing,
		}, planning},
		{"Profile", &profile.Reconciler{Client: mgr.GetClient(), Clock: o.Clock}, planning},
		{"Team", &team.Reconciler{Client: mgr.GetClient(), Clock: o.Clock}, planning},
	} {
		if err := kind.reconciler.SetupWithManager(mgr, kind.options); err != nil {
			return fmt.Errorf("set up %s: %w", kind.name, err)
		}
	}
	return nil
}

// waker has objects of a kind looked at.
type waker[T any, P interface {
	*T
	client.Object
}] struct {
	events chan event.TypedGenericEvent[P]
}

func newWaker[T any, P interface {
	*T
	client.Object
}]() waker[T, P] {
	return waker[T, P]{make(chan event.TypedGenericEvent[P], 1024)}
}

// wake wakes an object, unless the manager ends first.
func (w waker[T, P]) wake(ctx context.Context, key types.NamespacedName) {
	woken := P(new(T))
	woken.SetNamespace(key.Namespace)
	woken.SetName(key.Name)
	select {
	case w.events <- event.TypedGenericEvent[P]{Object: woken}:
	case <-ctx.Done():
	}
}

func (o Options) controller(workers int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: workers,
		ReconciliationTimeout:   reconcileTimeout,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](o.Timing.MinBackoff/10, o.Timing.MaxBackoff),
		SkipNameValidation:      &o.SkipNameValidation,
	}
}
