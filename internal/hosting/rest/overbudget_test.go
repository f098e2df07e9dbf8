package rest

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// TestOverBudget: a call that cannot have its turn in time is not sent, and takes no turn.
func TestOverBudget(t *testing.T) {
	p := newProvider(t, answering(http.StatusNoContent, ""))
	clk := clocktesting.NewFakeClock(time.Now())
	budget := NewBudget(250, 1, clk) // a write every 62.5 s
	w := p.writer(t, func(o *Options) { o.Budget = budget })
	if err := w.DeleteRow(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for name, ctx := range map[string]context.Context{"patience": t.Context(), "deadline": short} {
		failure := failureOf(t, w.DeleteRow(ctx, 7))
		if failure.Class != hosting.ClassRateLimited || failure.RetryAfter.Round(time.Millisecond) != 62500*time.Millisecond || failure.Status != 0 {
			t.Errorf("%s: got %v, retry after %s", name, failure, failure.RetryAfter)
		}
	}
	if _, writes := budget.Counts(); writes != 1 || len(p.requests()) != 1 {
		t.Errorf("%d counted, %d sent, want 1", writes, len(p.requests()))
	}
	clk.Step(62500 * time.Millisecond)
	if err := w.DeleteRow(t.Context(), 7); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// TestALeaseLostWhileWaiting (I16): whether it may be written is asked when the turn has come,
// for the wait may be as long as the call.
func TestALeaseLostWhileWaiting(t *testing.T) {
	p := newProvider(t, answering(http.StatusNoContent, ""))
	clk := clocktesting.NewFakeClock(time.Now())
	lost := atomic.Bool{}
	w := p.writer(t, func(o *Options) {
		o.Budget, o.Timeout = NewBudget(250, 50, clk), 20*time.Second
		o.MayWrite = func(call time.Duration) error {
			if call != 20*time.Second || lost.Load() {
				return &hosting.Error{Class: hosting.ClassConflict, Op: "ask", Detail: "the lease is lost"}
			}
			return nil
		}
	})
	if err := w.DeleteRow(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	result := make(chan error)
	go func() { result <- w.DeleteRow(t.Context(), 7) }()
	for !clk.HasWaiters() {
		runtime.Gosched()
	}
	lost.Store(true)
	clk.Step(2 * time.Second)
	if failure := failureOf(t, <-result); failure.Class != hosting.ClassUnavailable || failure.Detail != "the lease is lost" {
		t.Error(failure)
	}
	if _, err := w.Row(t.Context(), 7); hosting.ClassOf(err) == "" || len(p.requests()) != 2 {
		t.Errorf("%d requests; reading needs no lease", len(p.requests()))
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	p := newProvider(t, answering(http.StatusNoContent, ""))
	clk := clocktesting.NewFakeClock(time.Now())
	w := p.writer(t, func(o *Options) { o.Budget = NewBudget(250, 50, clk) })
	if err := w.DeleteRow(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- w.DeleteRow(ctx, 7) }()
	for !clk.HasWaiters() {
		runtime.Gosched()
	}
	cancel()
	err := <-result
	if failureOf(t, err).Class != hosting.ClassUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if len(p.requests()) != 1 {
		t.Error("the cancelled call was sent")
	}
}

// TestTold429 goes the whole way: the provider says "too many", the next call is held back.
func TestTold429(t *testing.T) {
	p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	clk := clocktesting.NewFakeClock(time.Now())
	w := p.writer(t, func(o *Options) { o.Budget, o.Clock = NewBudget(250, 50, clk), clk })
	_, err := w.Table(t.Context())
	if failure := failureOf(t, err); failure.Class != hosting.ClassRateLimited || failure.RetryAfter != 2*time.Minute || failure.Status != 429 {
		t.Errorf("told: %v", err)
	}
	_, err = w.Table(t.Context())
	if failure := failureOf(t, err); failure.Class != hosting.ClassRateLimited || failure.RetryAfter < 2*time.Minute || !strings.Contains(err.Error(), "not sent") {
		t.Errorf("held back: %v", err)
	}
	if err := w.DeleteRow(t.Context(), 7); failureOf(t, err).Status != 429 {
		t.Errorf("a write is held back for a read: %v", err)
	}
	clk.Step(3 * time.Minute)
	if _, err = w.Table(t.Context()); failureOf(t, err).Status != 429 {
		t.Errorf("after the wait: %v", err)
	}
}
