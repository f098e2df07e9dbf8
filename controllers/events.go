package controllers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/reference"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// maxEvents wait to be sent; more are dropped, and the log says so.
	maxEvents = 1000
	// eventSenders is how many events are sent at a time: one that is refused slowly holds up no others.
	eventSenders = 8
	// eventTimeout bounds sending an event, with all tries, and eventDrain sending what is left when the manager ends.
	eventTimeout, eventDrain = time.Minute, 5 * time.Second
)

// eventRetry is how an event is tried again while the API server does not answer.
var eventRetry = wait.Backoff{Duration: time.Second, Factor: 2, Steps: 6}

// eventRecorder is an events.EventRecorder that keeps nothing it has sent. client-go's keeps each event for six minutes, to count
// repetitions; ours tell of changes, and hardly repeat.
type eventRecorder struct {
	client   client.Client
	clock    clock.Clock
	log      logr.Logger
	instance string
	queue    chan *eventsv1.Event
}

func newEventRecorder(c client.Client, clk clock.Clock, log logr.Logger) *eventRecorder {
	host, _ := os.Hostname() // where it has none, events do not say which manager sent them
	return &eventRecorder{client: c, clock: clk, log: log, instance: "hostgrant-" + host, queue: make(chan *eventsv1.Event, maxEvents)}
}

// Eventf has an event sent, and does not wait for that.
func (r *eventRecorder) Eventf(regarding, _ runtime.Object, kind, reason, action, note string, args ...any) {
	object, err := reference.GetReference(r.client.Scheme(), regarding)
	if err != nil {
		r.log.Error(err, "An event could not be made", "reason", reason)
		return
	}
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: object.Namespace, Name: "hostgrant." + string(uuid.NewUUID())},
		EventTime:  metav1.NowMicro(), ReportingController: "hostgrant", ReportingInstance: r.instance,
		Regarding: *object, Type: kind, Reason: reason, Action: action, Note: fmt.Sprintf(note, args...),
	}
	if event.Namespace == "" {
		event.Namespace = corev1.NamespaceDefault
	}
	select {
	case r.queue <- event:
	default:
		r.failed(event, errors.New("too many events wait to be sent"))
	}
}

// NeedLeaderElection puts the recorder among what a manager ends after its controllers.
func (r *eventRecorder) NeedLeaderElection() bool { return false }

// Start sends events until ctx ends, and then those that are left.
func (r *eventRecorder) Start(ctx context.Context) error {
	sending, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	go func() {
		<-ctx.Done()
		select {
		case <-r.clock.After(eventDrain):
			end()
		case <-sending.Done():
		}
	}()
	var senders wait.Group
	for range eventSenders {
		senders.Start(func() { r.sendAll(sending, ctx.Done()) })
	}
	senders.Wait()
	return nil
}

// sendAll sends events until none comes any more.
func (r *eventRecorder) sendAll(ctx context.Context, last <-chan struct{}) {
	for {
		select {
		case event := <-r.queue:
			r.send(ctx, event)
			continue
		default:
		}
		select {
		case event := <-r.queue:
			r.send(ctx, event)
		case <-last:
			return
		}
	}
}

func (r *eventRecorder) send(ctx context.Context, event *eventsv1.Event) {
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	err := context.Canceled
	_ = wait.ExponentialBackoffWithContext(ctx, eventRetry, func(ctx context.Context) (bool, error) {
		err = client.IgnoreAlreadyExists(r.client.Create(ctx, event)) // the answer to an earlier try may have been lost
		return !unanswered(err), nil
	})
	if err != nil {
		r.failed(event, err)
	}
}

func (r *eventRecorder) failed(event *eventsv1.Event, err error) {
	r.log.Error(err, "An event is not sent", "kind", event.Regarding.Kind, "namespace", event.Namespace, "name", event.Regarding.Name, "reason", event.Reason)
}

// unanswered says whether the API server did not come to an answer, but may.
func unanswered(err error) bool {
	var answer apierrors.APIStatus
	return err != nil && (!errors.As(err, &answer) ||
		apierrors.IsTooManyRequests(err) || apierrors.IsServiceUnavailable(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err))
}
