package record

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// publish writes down what the reconcile came to, and removes a record that has nothing to say any
// more.
func (r *Reconciler) publish(ctx context.Context, in plan.Inputs, d plan.Decision) (ctrl.Result, error) {
	key := client.ObjectKeyFromObject(in.Record)
	ctx, done := r.unsaved.toWrite(ctx, key)
	defer done()
	var backoff time.Duration
	if d.Failed(in) {
		backoff = r.backoff.When(key)
	} else if !d.Waits(in) {
		r.backoff.Forget(key)
	}
	report := plan.Status(in, d, backoff)
	r.retries.note(key, in, d, report.RetryAfter)
	if report.Remove {
		return r.again(r.remove(ctx, in.Record))
	}
	if wait := r.postponed.PutOff(key, report.Passing, r.Clock.Now(), r.Timing.StatusDelay); wait > 0 {
		return apply.Result(report.Outcome.Within(wait), nil)
	}
	record := in.Record.DeepCopy()
	_, err := apply.Status(ctx, r.Client, &r.written, record, &record.Status, &report.Status, true)
	if apierrors.IsConflict(err) {
		// What was done is not lost: it is read from the provider again, and how it ended is kept.
		return r.again(errChanged)
	}
	if err == nil {
		r.unsaved.drop(key)
		r.emit(record, report.Transitions)
	}
	return apply.Result(report.Outcome, err)
}

// remove deletes the record as it was read; errChanged where it changed meanwhile.
func (r *Reconciler) remove(ctx context.Context, record *v1alpha1.AccessRecord) error {
	err := r.Delete(ctx, record, client.Preconditions{UID: &record.UID, ResourceVersion: &record.ResourceVersion})
	switch {
	case apierrors.IsConflict(err):
		return errChanged
	case client.IgnoreNotFound(err) != nil:
		return fmt.Errorf("delete AccessRecord: %w", err)
	}
	return nil
}

func (r *Reconciler) emit(record *v1alpha1.AccessRecord, events []plan.Event) {
	for _, e := range events {
		r.Events.Eventf(record, nil, e.Type, e.Reason, e.Action, "%s", e.Message)
	}
}
