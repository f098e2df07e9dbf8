package controllers

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/testr"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// recording tells events while a recorder runs, and gives what arrived once it has ended.
func recording(t *testing.T, create func(try int64) error, events int) (arrived map[string]bool, tries int64) {
	t.Helper()
	var mutex sync.Mutex
	var count atomic.Int64
	arrived = map[string]bool{}
	synctest.Test(t, func(t *testing.T) {
		c := interceptor.NewClient(fake.NewClientBuilder().WithScheme(Scheme()).Build(), interceptor.Funcs{
			Create: func(_ context.Context, _ client.WithWatch, o client.Object, _ ...client.CreateOption) error {
				if err := create(count.Add(1)); err != nil {
					return err
				}
				mutex.Lock()
				defer mutex.Unlock()
				arrived[o.(*eventsv1.Event).Note] = true
				return nil
			},
		})
		r := newEventRecorder(c, clock.RealClock{}, testr.New(t))
		record := &v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "r"}}
		for i := range events {
			r.Eventf(record, nil, corev1.EventTypeNormal, v1alpha1.EventGranted, "Grant", "%d", i)
		}
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Start(ctx) }()
		synctest.Wait()
		end()
		began := time.Now()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > eventDrain {
			t.Errorf("the recorder ends %v after it was told to", took)
		}
	})
	return arrived, count.Load()
}

func TestEventsArrive(t *testing.T) {
	exists := apierrors.NewAlreadyExists(schema.GroupResource{Resource: "events"}, "e")
	for name, c := range map[string]struct {
		create         func(try int64) error
		events         int
		arrive, called int
	}{
		"all":                          {func(int64) error { return nil }, 20, 20, 20},
		"more than wait":               {func(int64) error { return nil }, maxEvents + 7, maxEvents, maxEvents},
		"after a lost connection":      {once(errors.New("connection refused")), 1, 1, 2},
		"after too many requests":      {once(apierrors.NewTooManyRequests("later", 1)), 1, 1, 2},
		"the answer was lost":          {func(int64) error { return exists }, 1, 0, 1},
		"refused":                      {func(int64) error { return apierrors.NewForbidden(schema.GroupResource{}, "e", errors.New("no")) }, 1, 0, 1},
		"the API server stays away":    {func(int64) error { return errors.New("connection refused") }, 1, 0, 3},
		"all that are left at the end": {once(errors.New("connection refused")), eventSenders + 3, eventSenders + 3, eventSenders + 4},
	} {
		t.Run(name, func(t *testing.T) {
			if arrived, tries := recording(t, c.create, c.events); len(arrived) != c.arrive || int(tries) != c.called {
				t.Errorf("%d events arrived instead of %d, with %d tries instead of %d", len(arrived), c.arrive, tries, c.called)
			}
		})
	}
}

// once fails the first try.
func once(err error) func(int64) error {
	return func(try int64) error {
		if try == 1 {
			return err
		}
		return nil
	}
}
