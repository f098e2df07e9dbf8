package app

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
)

// answers are those to the first tries; later ones arrive.
func answers(first ...error) func(try int) error {
	return func(try int) error {
		if try <= len(first) {
			return first[try-1]
		}
		return nil
	}
}

// TestEventsArrive: all that were told when the manager ends are sent, as far as the API server takes them in time.
func TestEventsArrive(t *testing.T) {
	away, later := errors.New("connection refused"), apierrors.NewTooManyRequests("later", 1)
	exists := apierrors.NewAlreadyExists(schema.GroupResource{Resource: "events"}, "e")
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "events"}, "e", errors.New("no"))
	for name, c := range map[string]struct {
		answer                        func(try int) error
		events, arrive, tries, failed int
		ends                          time.Duration // when the manager does
	}{
		"all":                        {answers(), 20, 20, 20, 0, time.Minute},
		"more than may wait":         {answers(), maxEvents + eventSenders + 7, maxEvents + eventSenders, maxEvents + eventSenders, 7, time.Hour},
		"left when the manager ends": {answers(), 3 * eventSenders, 3 * eventSenders, 3 * eventSenders, 0, 0},
		"too many to be left":        {answers(), 10 * eventSenders, 4 * eventSenders, 4 * eventSenders, 1, 0},
		"after a lost connection":    {answers(away), 1, 1, 2, 0, time.Minute},
		"after too many requests":    {answers(later), 1, 1, 2, 0, time.Minute},
		"after a lost answer":        {answers(away, exists), 1, 0, 2, 0, time.Minute},
		"refused":                    {answers(forbidden), 1, 0, 1, 1, time.Minute},
		"the API server stays away":  {func(int) error { return away }, 1, 0, 6, 1, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var tries, arrived, failed atomic.Int64
				api := interceptor.NewClient(fake.NewClientBuilder().WithScheme(controllers.Scheme()).Build(), interceptor.Funcs{
					Create: func(_ context.Context, _ client.WithWatch, _ client.Object, _ ...client.CreateOption) error {
						time.Sleep(1100 * time.Millisecond)
						err := c.answer(int(tries.Add(1)))
						if err == nil {
							arrived.Add(1)
						}
						return err
					},
				})
				r := startEvents(api, funcr.New(func(string, string) { failed.Add(1) }, funcr.Options{}))
				record := &v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "r"}}
				for range c.events {
					r.Eventf(record, nil, corev1.EventTypeNormal, v1alpha1.EventGranted, "Grant", "%s", "note")
					synctest.Wait() // the first are being sent
				}
				time.Sleep(c.ends)
				began := time.Now()
				r.drain()
				if took := time.Since(began); took > eventDrain {
					t.Errorf("the manager ends %v after it is to", took)
				}
				if int(tries.Load()) != c.tries || int(arrived.Load()) != c.arrive || int(failed.Load()) != c.failed {
					t.Errorf("%d tries, %d arrived, %d lines in the log", tries.Load(), arrived.Load(), failed.Load())
				}
				r.senders.Wait()
			})
		})
	}
}
