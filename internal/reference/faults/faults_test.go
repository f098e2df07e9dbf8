package faults

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
)

// served counts calls, and answers a list that grows.
type served struct {
	*httptest.Server
	Switch

	done          atomic.Int64
	arrived, told chan struct{} // at each call, and after each that was done
}

func serve(t *testing.T, faults ...Fault) *served { return serveAt(t, clock.RealClock{}, faults...) }

func serveAt(t *testing.T, c clock.Clock, faults ...Fault) *served {
	s := &served{arrived: make(chan struct{}, 100), told: make(chan struct{}, 100)}
	if err := s.Set(faults...); err != nil {
		t.Fatal(err)
	}
	failing := s.Handler(c, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		n := s.done.Add(1)
		s.told <- struct{}{}
		_, _ = io.WriteString(w, "["+strings.TrimSuffix(strings.Repeat(`{"email": "ann@example.org"},`, int(n)+1), ",")+"]")
	}))
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.arrived <- struct{}{}
		failing.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *served) call(ctx context.Context, method, path string) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := s.Client().Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

const two = `[{"email": "ann@example.org"},{"email": "ann@example.org"}]`

func TestEveryKindFailsItsWay(t *testing.T) {
	for _, c := range []struct {
		fault  Fault
		status int // 0: no whole answer
		body   string
		done   int64
	}{
		{Fault{Kind: Delay, For: time.Millisecond}, 200, two, 1},
		{Fault{Kind: Refuse, Status: 503}, 503, `{"detail": "refused on demand"}`, 0},
		{Fault{Kind: Cut}, 0, "", 0},
		{Fault{Kind: LoseAnswer}, 0, "", 1},
		{Fault{Kind: Late}, 0, "", 0},
		{Fault{Kind: Truncate}, 0, "", 1},
		{Fault{Kind: Empty}, 200, "[]", 1},
		{Fault{Kind: Shorten}, 200, `[{"email":"ann@example.org"}]`, 1},
		{Fault{Kind: Stale}, 200, two, 1},
		{Fault{Kind: OtherCase}, 200, strings.ReplaceAll(two, "ann@example.org", "ANN@EXAMPLE.ORG"), 1},
		{Fault{Kind: Page}, 200, "<!doctype html><title>Maintenance</title>", 1},
	} {
		t.Run(string(c.fault.Kind), func(t *testing.T) {
			s := serve(t, c.fault)
			status, body, err := s.call(t.Context(), http.MethodPost, "/")
			if c.status == 0 {
				if err == nil {
					t.Errorf("got a whole answer: %d %s", status, body)
				}
			} else if status != c.status || body != c.body || err != nil {
				t.Errorf("got %d %s, %v", status, body, err)
			}
			if got := s.done.Load(); got != c.done {
				t.Errorf("done %d times, want %d", got, c.done)
			}
		})
	}
}

func TestHangEndsWithTheCallerOrTheFault(t *testing.T) {
	s := serve(t, Fault{Kind: Hang})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := s.call(ctx, http.MethodGet, "/"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ended := make(chan error, 1)
	go func() {
		_, _, err := s.call(context.WithoutCancel(t.Context()), http.MethodPost, "/")
		ended <- err
	}()
	if err := s.Set(); err != nil {
		t.Fatal(err)
	}
	// The call either met the fault, and was cut when it went, or came too late for it.
	if err := <-ended; err == nil && s.done.Load() == 0 {
		t.Error("answered without being served")
	}
}

// A write that is done when its caller has given up: as late as is said, or when the faults are
// set again, whichever comes first, and once.
func TestLateIsDoneWhenTheCallerHasGivenUp(t *testing.T) {
	for what, c := range map[string]struct {
		after time.Duration
		then  func(*served, *clocktesting.FakeClock)
		waits bool
	}{
		"when it is time":              {time.Minute, func(_ *served, c *clocktesting.FakeClock) { c.Step(time.Minute) }, true},
		"at the latest with the reset": {time.Minute, func(s *served, _ *clocktesting.FakeClock) { _ = s.Set() }, false},
		"with the reset":               {0, func(s *served, _ *clocktesting.FakeClock) { _ = s.Set(Fault{Kind: Cut}) }, false},
	} {
		t.Run(what, func(t *testing.T) {
			fake := clocktesting.NewFakeClock(time.Unix(1000, 0))
			s := serveAt(t, fake, Fault{Kind: Late, Method: http.MethodPost, For: c.after, Times: 1})
			if _, _, err := s.call(t.Context(), http.MethodPost, "/"); err == nil || s.done.Load() != 0 {
				t.Errorf("got %v, done %d times before its time", err, s.done.Load())
			}
			c.then(s, fake)
			if c.waits {
				<-s.told
			}
			if got := s.done.Load(); got != 1 {
				t.Errorf("done %d times", got)
			}
		})
	}
}

// A provider that is slow rather than broken: its caller waits as long as it likes.
func TestLateMayKeepItsCallerWaiting(t *testing.T) {
	s := serve(t, Fault{Kind: Late, Hold: true, For: time.Nanosecond})
	ctx, giveUp := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, _, err := s.call(ctx, http.MethodPost, "/")
		ended <- err
	}()
	<-s.arrived
	if len(ended) > 0 || s.done.Load() > 0 {
		t.Error("ended, or done, while its caller waits")
	}
	giveUp()
	<-s.told
	if err := <-ended; !errors.Is(err, context.Canceled) || s.done.Load() != 1 {
		t.Errorf("got %v, done %d times", err, s.done.Load())
	}
}

func TestStaleRepeatsUntilItIsTakenBack(t *testing.T) {
	s := serve(t, Fault{Kind: Stale})
	_, first, _ := s.call(t.Context(), http.MethodGet, "/")
	if _, again, _ := s.call(t.Context(), http.MethodGet, "/"); again != first {
		t.Errorf("got %s after %s", again, first)
	}
	if err := s.Set(); err != nil {
		t.Fatal(err)
	}
	if _, fresh, _ := s.call(t.Context(), http.MethodGet, "/"); fresh == first {
		t.Errorf("still stale: %s", fresh)
	}
}

func TestRetryAfterIsToldInWholeSeconds(t *testing.T) {
	s := serve(t, Fault{Kind: Refuse, Status: 429, For: 1500 * time.Millisecond})
	response, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if got := response.Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q", got)
	}
}

func TestOnlyTheCallsMeantFail(t *testing.T) {
	s := serve(t, Fault{Kind: Refuse, Status: 500, Method: "GET", Path: "/v1/permission/*/", After: 1, Times: 2},
		Fault{Kind: Refuse, Status: 400, Method: "PUT", Contains: "a body that no call has"})
	want := []struct {
		method, path string
		status       int
	}{
		{"GET", "/v1/permission/", 200}, {"PUT", "/", 200}, {"POST", "/v1/permission/7/", 200}, {"GET", "/v1/permission/7/", 200},
		{"GET", "/v1/permission/7/", 500}, {"GET", "/v1/permission/8/", 500}, {"GET", "/v1/permission/8/", 200},
	}
	for i, w := range want {
		if status, _, err := s.call(t.Context(), w.method, w.path); status != w.status || err != nil {
			t.Errorf("%d: got %d, %v", i, status, err)
		}
	}
}

func TestSenselessFaultsAreNamed(t *testing.T) {
	s := &Switch{}
	for want, fault := range map[string]Fault{
		`faults[0]: kind "Explode": say one of [Delay Refuse Hang Ignore Cut LoseAnswer Late Truncate Empty Shorten Stale OtherCase Page]`: {Kind: "Explode"},
		`faults[0]: status 200: say 400 to 599`:           {Kind: Refuse, Status: 200},
		`faults[0]: for 0s: say up to 1m0s`:               {Kind: Delay},
		`faults[0]: for 2m0s: say up to 1m0s, or nothing`: {Kind: Late, For: 2 * time.Minute},
		`faults[0]: hold: is for kind Late`:               {Kind: Hang, Hold: true},
		`faults[0]: path "[": syntax error in pattern`:    {Kind: Cut, Path: "["},
		`faults[0]: after -1, times 0: say 0 or more`:     {Kind: Cut, After: -1},
	} {
		if err := s.Set(fault); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
