package app

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
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// maxEvents is how many events may wait to be sent; more are dropped, and the log says so.
	maxEvents = 1000
	// eventSenders is how many events are sent at a time: one that the API server is slow to take holds up no others.
	eventSenders = 8
	// eventTimeout bounds sending an event, with all tries, and eventDrain sending what is left when the manager ends.
	eventTimeout, eventDrain = time.Minute, 5 * time.Second
)

// eventRetry is how an event is tried again while the API server does not answer, until eventTimeout is over.
var eventRetry = wait.Backoff{Duration: time.Second, Factor: 2, Steps: 7}

// eventRecorder is an events.EventRecorder that keeps nothing it has sent. client-go's keeps each event for six minutes, to count
// repetitions; ours tell of changes, and hardly repeat.
type eventRecorder struct {
	client   client.Client
	log      logr.Logger
	instance string
	queue    chan *eventsv1.Event
	last     chan struct{} // closed when no event comes any more
	senders  wait.Group
}

// startEvents makes a recorder whose events are sent until drain is called.
func startEvents(c client.Client, log logr.Logger) *eventRecorder {
	host, _ := os.Hostname() // where it has none, events do not say which manager sent them
	r := &eventRecorder{client: c, log: log, instance: "hostgrant-" + host, queue: make(chan *eventsv1.Event, maxEvents), last: make(chan struct{})}
	for range eventSenders {
		r.senders.Start(r.sendAll)
	}
	return r
}

// drain waits until the events that are left are sent, for a short while. Those that come later are not.
func (r *eventRecorder) drain() {
	close(r.last)
	sent := make(chan struct{})
	go func() { r.senders.Wait(); close(sent) }()
	bound, cancel := context.WithTimeout(context.Background(), eventDrain)
	defer cancel()
	select {
	case <-sent:
	case <-bound.Done():
		r.log.Info("Events are not sent, for the API server did not take them in time", "count", len(r.queue))
	}
}

// Eventf has an event sent, and does not wait for that. Events of ours have no related object.
func (r *eventRecorder) Eventf(regarding, _ runtime.Object, eventType, reason, action, note string, args ...any) {
	object, err := reference.GetReference(r.client.Scheme(), regarding)
	if err != nil {
		r.log.Error(err, "Could not make an event", "reason", reason)
		return
	}
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: object.Namespace, Name: "hostgrant." + string(uuid.NewUUID())},
		EventTime:  metav1.NowMicro(), ReportingController: "hostgrant", ReportingInstance: r.instance,
		Regarding: *object, Type: eventType, Reason: reason, Action: action, Note: fmt.Sprintf(note, args...),
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

// sendAll sends events until none comes any more.
func (r *eventRecorder) sendAll() {
	for {
		select {
		case event := <-r.queue:
			r.send(event)
			continue
		default:
		}
		select {
		case event := <-r.queue:
			r.send(event)
		case <-r.last:
			return
		}
	}
}

func (r *eventRecorder) send(event *eventsv1.Event) {
	ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
	defer cancel()
	err := context.Canceled
	_ = wait.ExponentialBackoffWithContext(ctx, eventRetry, func(ctx context.Context) (bool, error) {
		err = client.IgnoreAlreadyExists(r.client.Create(ctx, event)) // the answer to an earlier try may have been lost
		return !retriable(err), nil
	})
	if err != nil {
		r.failed(event, err)
	}
}

func (r *eventRecorder) failed(event *eventsv1.Event, err error) {
	r.log.Error(err, "Could not send an event", "kind", event.Regarding.Kind, "namespace", event.Namespace, "name", event.Regarding.Name, "reason", event.Reason)
}

// retriable says whether another try may succeed: the API server did not come to an answer.
func retriable(err error) bool {
	var answer apierrors.APIStatus
	return err != nil && (!errors.As(err, &answer) ||
		apierrors.IsTooManyRequests(err) || apierrors.IsServiceUnavailable(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err))
}
