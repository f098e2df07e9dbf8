package record

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/status"
)

// turnTimeout is when somebody who waits in line looks again by themselves, should the
// wake-up have been lost with a restart of the controller.
const turnTimeout = time.Minute

// conclude writes down what the pass came to, and removes a record that has nothing to say
// any more.
func (r *Reconciler) conclude(ctx context.Context, p *pass) (ctrl.Result, error) {
	if p.finished() {
		return ctrl.Result{}, r.remove(ctx, p)
	}
	key := client.ObjectKeyFromObject(p.record)
	var backoff time.Duration
	if p.failed() {
		backoff = status.Jitter(r.backoff.When(key))
	} else if !p.waits() {
		r.backoff.Forget(key)
	}
	if p.written {
		r.settler.wrote(key, p.attempt(), p.took())
	}
	o := p.outcome(backoff)
	if p.failed() {
		r.settler.postpone(key, p.cause(), o.After)
	}
	o = p.nextLook(o)
	before, left, want := stateOf(p.record.Status.Invitation), p.vanished() && p.relinquished() > 0, p.status(o)
	_, err := status.Write(ctx, r.Client, &r.written, p.record, &p.record.Status, &want, true)
	if apierrors.IsConflict(err) {
		// What was done is not lost: it is read from the provider again, and how a mail
		// ended is kept.
		return ctrl.Result{RequeueAfter: status.Jitter(r.Timing.Retry)}, nil
	}
	if err == nil {
		r.results.drop(key)
		r.bidFarewell(p, left)
		r.tell(p, before)
	}
	return status.Result(o, err)
}

// nextLook is the outcome with the time at which something else is due that wakes nobody.
func (p *pass) nextLook(o status.Outcome) status.Outcome {
	o = o.Within(p.nextEnd()).Within(p.nextInvitation()).Within(p.nextVerdict()).Within(p.nextRoom()).Within(p.untilLate())
	if p.replaced || p.unread() || p.adopts() && p.failure == nil {
		o = o.Within(turnTimeout) // what is waited for may wake nobody
	}
	return o
}

// waits says whether this pass only waited for a turn.
func (p *pass) waits() bool { return !p.written && (p.wantsTurn() || p.queued != nil) }

// failed says whether this pass tried something that has to be tried again. Whoever was put off
// and waits for another turn did not try: they would be kept from it when it comes.
func (p *pass) failed() bool {
	deferred := p.mailed && p.invite != nil && p.invite.State == v1alpha1.InvitationDeferred
	return p.failure != nil || deferred || p.written && !p.took()
}

// finished says whether nobody names the person, nothing is owed, nothing of the last day is
// to be remembered, and the table either has no row for them or the inventory does not list
// undeclared people.
func (p *pass) finished() bool {
	if p.declared() || len(p.memory.Owed) > 0 || !p.known || p.health.Err != nil || p.backend == nil || p.backend.Spec.Suspend {
		return false
	}
	if p.remembered() > 0 || p.ahead != 0 {
		return false
	}
	return !p.listed()
}

// remove deletes the record as it was read: if it changed meanwhile, it is looked at again.
func (r *Reconciler) remove(ctx context.Context, p *pass) error {
	uid, version := p.record.UID, p.record.ResourceVersion
	err := r.Delete(ctx, p.record, client.Preconditions{UID: &uid, ResourceVersion: &version})
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete AccessRecord: %w", err)
	}
	return nil
}

// bidFarewell tells once that a person gave up what they had. Whether they did just now is
// asked before the status says so.
func (r *Reconciler) bidFarewell(p *pass, left bool) {
	if left {
		r.Events.Eventf(p.record, nil, "Warning", v1alpha1.EventRelinquished, "Respect", "%s", relinquishedMessage)
	}
}
