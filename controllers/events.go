package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// eventTries are how often it is tried to send an event while the API server is away: for a minute. Others wait meanwhile, up to 1,000.
var eventTries = wait.Backoff{Duration: time.Second, Factor: 2, Steps: 7}

// newRecorder makes events, and sends each, until ctx ends. client-go's own sink keeps what it sent for six minutes, to count what is sent
// again of the same object in the same version. We tell of changes, each once.
func newRecorder(ctx context.Context, mgr ctrl.Manager) (events.EventRecorder, error) {
	broadcaster := events.NewBroadcaster(nil)
	if _, err := broadcaster.StartEventWatcher(func(o runtime.Object) { send(ctx, mgr.GetClient(), o) }); err != nil {
		return nil, fmt.Errorf("record events: %w", err)
	}
	context.AfterFunc(ctx, broadcaster.Shutdown)
	return broadcaster.NewRecorder(mgr.GetScheme(), "hostgrant"), nil
}

func send(ctx context.Context, c client.Client, o runtime.Object) {
	event, ok := o.(*eventsv1.Event)
	if !ok {
		return
	}
	var err error
	_ = wait.ExponentialBackoffWithContext(ctx, eventTries, func(ctx context.Context) (bool, error) {
		err = client.IgnoreAlreadyExists(c.Create(ctx, event)) // the answer to an earlier try may have been lost
		var refused apierrors.APIStatus
		return err == nil || errors.As(err, &refused) && !apierrors.IsTooManyRequests(err), nil
	})
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "An event could not be sent", "kind", event.Regarding.Kind, "namespace", event.Namespace, "name", event.Regarding.Name, "reason", event.Reason)
	}
}
