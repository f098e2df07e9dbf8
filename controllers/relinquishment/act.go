package relinquishment

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
)

const (
	// turnTimeout is when somebody who waits looks again by themselves, should the wake-up
	// have been lost.
	turnTimeout = time.Minute
	// soon is when the next id has its turn: others come in between.
	soon = time.Millisecond
	// unread is how long to wait for a backend's first reading, which only the queue knows of.
	unread = time.Second
)

// list shows what is held, at most once an interval. Those who ask about one HostingBackend
// share a reading, but nobody is shown one from before they asked. It is nil while the list is
// being read for another.
func (r *Reconciler) list(ctx context.Context, v *scope) (*status.Outcome, error) {
	interval := v.backend.Spec.Interval.Duration
	age := interval
	if v.rel.Status.Total == nil {
		// Times of the API server are whole seconds.
		age = min(interval, v.now.Sub(v.rel.CreationTimestamp.Time)-time.Second)
	}
	holdings, err := v.connection.Holdings(ctx, age)
	if err != nil {
		var lately time.Time
		if holdings != nil {
			lately = holdings.Began
		}
		return r.failed(v, err, lately), nil
	}
	protected, err := guarding(ctx, r.Client, v)
	if err != nil {
		return nil, err
	}
	r.backoff.Forget(v.key())
	show(&v.want, holdings, protected)
	o := listed(v.want).In(max(soon, interval-r.Clock.Since(holdings.Began)))
	return &o, nil
}

// failed is what follows from a failure; nil where it is only to come again.
func (r *Reconciler) failed(v *scope, err error, lately time.Time) *status.Outcome {
	if errors.Is(err, provider.ErrReading) {
		return nil
	}
	o := v.failed(err, lately, r.after(v))
	return &o
}

// carryOut gives up one id of what is confirmed, if it is the turn of this object: it reads
// the list, enters what it is about to do into the status, writes, and reads the list
// again. It is nil where the object changed meanwhile.
func (r *Reconciler) carryOut(ctx context.Context, v *scope) (*status.Outcome, error) {
	turn := r.turn(v)
	if turn {
		defer r.places.release(v.key())
	}
	if begun := len(v.want.Results) > 0; begun && !turn {
		o := v.idle()
		return &o, nil
	}
	protected, err := guarding(ctx, r.Live, v)
	if err != nil {
		return nil, err
	}
	if err := r.takeStock(ctx, v, protected); err != nil {
		return r.failed(v, err, time.Time{}), nil
	}
	id := next(v.want.Results)
	if id == 0 || !turn {
		o := v.idle()
		if id == 0 {
			o = concluded(v.want.Results)
		}
		return &o, nil
	}
	return r.drop(ctx, v, id)
}

// turn says whether something may be given up now. Whoever may not is in no queue.
func (r *Reconciler) turn(v *scope) bool {
	if v.backend.Spec.Mode != v1alpha1.ModeEnforce || !v.connection.View().CanWrite {
		r.places.release(v.key())
		return false
	}
	return r.places.acquire(v)
}

// takeStock reads what is held and moves the results on. A list may wrongly lack something:
// where it lacks what is confirmed, a second one has to lack it too.
func (r *Reconciler) takeStock(ctx context.Context, v *scope, protected func(hosting.Holding) bool) error {
	holdings, err := v.connection.Holdings(ctx, 0)
	if err != nil {
		return err
	}
	v.listed = holdings.Configuration
	if v.want.Holder != "" && !access.SameAddress(v.want.Holder, holdings.Holder) {
		return errAnotherHolder
	}
	if len(v.want.Results) == 0 {
		v.want.Results = begin(v.rel.Spec.Confirm, v.want.Held, v.now)
		if v.want.Total == nil {
			show(&v.want, holdings, protected)
		}
	}
	list := holdings.List
	if missing(v.want.Results, list) {
		again, err := v.connection.Holdings(ctx, 0)
		if err != nil {
			return err
		}
		if again.Configuration != v.listed {
			return errAnotherKey
		}
		list = either(list, again.List)
	}
	v.want.Results = judge(v.want.Results, list, protected, v.now)
	return nil
}

var errAnotherKey = &hosting.Error{Class: hosting.ClassConflict, Op: "list own permissions", Detail: "the key was changed between two lists"}

var errAnotherHolder = &hosting.Error{
	Class: hosting.ClassIdentityChanged, Op: "list own permissions",
	Detail: "the key belongs to another profile than the one whose list was confirmed; put back a key of that one, or make another Relinquishment",
}

// drop gives up one id.
func (r *Reconciler) drop(ctx context.Context, v *scope, id int64) (*status.Outcome, error) {
	v.want.Results = intend(v.want.Results, id, v.now)
	atWork := status.Waiting(v1alpha1.ReasonProgressing, "Hostgrant gives up what spec.confirm names, one profile after the other").In(soon)
	if ok, err := r.write(ctx, v, finish(v.rel, v.want, atWork, v.now)); !ok || err != nil {
		return nil, err
	}
	if err := v.connection.DropHolding(ctx, v.listed, v.want.Holder, id); err != nil {
		return r.failed(v, err, time.Time{}), nil
	}
	holdings, err := v.connection.Holdings(ctx, 0)
	if err != nil {
		return r.failed(v, err, time.Time{}), nil
	}
	v.want.Results = answered(v.want.Results, id, holdings.List, r.now())
	switch {
	case next(v.want.Results) == id:
		o := status.Waiting(v1alpha1.ReasonNotTakenEffect, fmt.Sprintf("the provider said that id %d was given up, and still lists it; Hostgrant tries again", id)).In(r.after(v))
		return &o, nil
	case done(v.want.Results):
		atWork = concluded(v.want.Results)
	}
	r.backoff.Forget(v.key())
	return &atWork, nil
}

// write writes a status if it differs; it says whether the object was as it had been read.
func (r *Reconciler) write(ctx context.Context, v *scope, want v1alpha1.RelinquishmentStatus) (bool, error) {
	before := v.rel.Status.Results
	_, err := apply.Status(ctx, r.Client, &r.written, v.rel, &v.rel.Status, &want, true)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	r.tell(v.rel, before, want.Results)
	return true, nil
}

// guarding reads for whom the cluster's HostingBackends act.
func guarding(ctx context.Context, from client.Reader, v *scope) (func(hosting.Holding) bool, error) {
	backends := &v1alpha1.HostingBackendList{}
	if err := from.List(ctx, backends); err != nil {
		return nil, fmt.Errorf("list HostingBackends: %w", err)
	}
	return guard(backends.Items, v.backend.Spec.Endpoint.URL), nil
}

// after is the back-off of an object, with each call longer.
func (r *Reconciler) after(v *scope) time.Duration { return r.backoff.When(v.key()) }

// scope is one look at a Relinquishment.
type scope struct {
	rel        *v1alpha1.Relinquishment
	backend    *v1alpha1.HostingBackend // nil where there is none
	connection *provider.Connection     // nil with it
	snapshot   *provider.Snapshot       // nil before the first good reading
	health     provider.Health
	now        metav1.Time
	waits      bool // for a slot
	// listed is what was read with that which is confirmed, for it to be given up.
	listed provider.Configuration
	// want is what becomes of the status, but for the conditions.
	want v1alpha1.RelinquishmentStatus
}

func (v *scope) key() client.ObjectKey { return client.ObjectKeyFromObject(v.rel) }
