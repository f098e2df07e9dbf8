package record

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/hostgrant/hostgrant/internal/timing"
)

// errChanged: the record changed while it was acted on, and is looked at again. A change of
// anything but its spec wakes nobody.
var errChanged = errors.New("the record changed meanwhile")

// again is the result where acting ended early: the record changed, or Kubernetes failed.
func (r *Reconciler) again(err error) (ctrl.Result, error) {
	if errors.Is(err, errChanged) {
		return ctrl.Result{RequeueAfter: timing.Jitter(r.Timing.Retry)}, nil
	}
	return ctrl.Result{}, err
}

// ignoreChanged drops the error of who acted on an object that changed, or went, meanwhile.
func ignoreChanged(err error) error {
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
