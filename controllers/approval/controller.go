// Package approval reconciles RemovalApprovals: it tells the removal gate of a backend which batches
// are approved, all of them at once, and reports what became of each.
package approval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/admission"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=removalapprovals;hostingbackends;accessrecords,verbs=get;list;watch
// +kubebuilder:rbac:groups=hostgrant.io,resources=removalapprovals/status,verbs=get;patch

// Reconciler looks at all approvals of a backend that are not complete: its requests name backends.
type Reconciler struct {
	client.Client
	// Live reads past the cache: what is complete for ever must not be judged by what is stale.
	Live        client.Reader
	Clock       clock.PassiveClock
	Connections *provider.Connections
	// Wake has the record controller look at a record; it may block until ctx ends.
	Wake   func(ctx context.Context, record types.NamespacedName)
	Timing timing.Timing

	// seen are, by backend, the people who were in the batches of its approvals: types.NamespacedName
	// to map[types.UID]names. After a restart they are those who are still in them.
	seen    sync.Map
	written apply.Written
}

// SetupWithManager wires the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("removalapproval").
		Watches(&v1alpha1.RemovalApproval{}, handler.EnqueueRequestsFromMapFunc(ofApproval), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.HostingBackend{}, &handler.EnqueueRequestForObject{},
			builder.WithPredicates(predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, heldChanged))).
		WithOptions(options).
		Complete(r)
}

func ofApproval(_ context.Context, o client.Object) []ctrl.Request {
	approval, ok := o.(*v1alpha1.RemovalApproval)
	if !ok {
		return nil
	}
	return []ctrl.Request{{NamespacedName: types.NamespacedName{Namespace: approval.Namespace, Name: string(approval.Spec.BackendRef.Name)}}}
}

// heldChanged lets through what changes which batches there are.
var heldChanged = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	before, ok1 := e.ObjectOld.(*v1alpha1.HostingBackend)
	after, ok2 := e.ObjectNew.(*v1alpha1.HostingBackend)
	same := func(a, b v1alpha1.HeldRemoval) bool { return a.Digest == b.Digest }
	return ok1 && ok2 && !slices.EqualFunc(before.Status.HeldRemovals, after.Status.HeldRemovals, same)
}}

// scope is one look at the approvals of a backend.
type scope struct {
	key       types.NamespacedName
	backend   *v1alpha1.HostingBackend // nil where there is none
	guard     *gate.Guard              // nil likewise
	approvals []*v1alpha1.RemovalApproval
	proof     admission.Proof
	now       metav1.Time
	// sides of the backend's batches by digest, where an approval is under way.
	sides map[string]sides
}

// Reconcile approves what is approved now, and nothing else, and writes what became of it.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	s, err := r.observe(ctx, req.NamespacedName)
	if err != nil {
		return ctrl.Result{}, err
	}
	r.release(ctx, s) // what does not count any more is held again before anything else can fail
	after := time.Duration(0)
	for _, approval := range s.approvals {
		want, o, err := r.became(ctx, s, approval)
		if err != nil {
			return ctrl.Result{}, err
		}
		// What a batch holds is on record before anything of it may go.
		if _, err := apply.Status(ctx, r.Client, &r.written, approval, &approval.Status, &want, true); client.IgnoreNotFound(err) != nil {
			return ctrl.Result{}, err
		}
		if o.After > 0 && (after == 0 || o.After < after) {
			after = o.After
		}
	}
	r.release(ctx, s)
	return ctrl.Result{RequeueAfter: after}, nil
}

// observe reads what the approvals of a backend depend on.
func (r *Reconciler) observe(ctx context.Context, key types.NamespacedName) (*scope, error) {
	s := &scope{key: key, now: metav1.NewTime(r.Clock.Now().Truncate(time.Second))}
	list := &v1alpha1.RemovalApprovalList{}
	if err := r.List(ctx, list, client.InNamespace(key.Namespace), client.MatchingFields{index.ApprovalBackend: key.Name}); err != nil {
		return nil, fmt.Errorf("list RemovalApprovals: %w", err)
	}
	for i := range list.Items {
		if approval := &list.Items[i]; approval.DeletionTimestamp.IsZero() {
			s.approvals = append(s.approvals, approval)
		}
	}
	slices.SortFunc(s.approvals, func(a, b *v1alpha1.RemovalApproval) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Name, b.Name))
	})
	backend := &v1alpha1.HostingBackend{}
	switch err := r.Get(ctx, key, backend); {
	case err == nil:
		s.backend, s.guard = backend, r.Connections.Ensure(key).Guard()
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("get HostingBackend: %w", err)
	}
	if len(s.approvals) == 0 {
		r.seen.Delete(key)
		return s, nil
	}
	var err error
	s.proof, err = r.proof(ctx)
	return s, err
}

// release tells the gate what is approved now: what was approved and is not among it any more is held
// again. Those whom it concerns are looked at.
func (r *Reconciler) release(ctx context.Context, s *scope) {
	if s.guard == nil {
		return
	}
	approved := map[string]string{}
	for _, approval := range s.approvals {
		if _, twice := approved[approval.Spec.Digest]; !twice && s.releases(approval) {
			approved[approval.Spec.Digest] = approval.Spec.Approver()
		}
	}
	for _, digest := range s.guard.Approve(approved) {
		for _, member := range s.guard.Members(digest, math.MaxInt) {
			r.Wake(ctx, types.NamespacedName{Namespace: s.key.Namespace, Name: member.Name})
		}
	}
}

// releases says whether an approval counts now: it is proven, and it is on record whom it is of.
func (s *scope) releases(approval *v1alpha1.RemovalApproval) bool {
	return approval.Status.People > 0 && approval.Status.CompletedAt == nil && s.proof.Refusal(approval) == ""
}
