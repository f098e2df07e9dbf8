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
)

// served counts calls, and answers a list that grows.
type served struct {
	*httptest.Server
	Switch

	done atomic.Int64
}

func serve(t *testing.T, faults ...Fault) *served {
	s := &served{}
	if err := s.Set(faults...); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(s.Handler(clock.RealClock{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		n := s.done.Add(1)
		_, _ = io.WriteString(w, "["+strings.TrimSuffix(strings.Repeat(`{"email": "ann@example.org"},`, int(n)+1), ",")+"]")
	})))
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
		`faults[0]: kind "Explode": say one of [Delay Refuse Hang Ignore Cut LoseAnswer Truncate Empty Shorten Stale OtherCase Page]`: {Kind: "Explode"},
		`faults[0]: status 200: say 400 to 599`:        {Kind: Refuse, Status: 200},
		`faults[0]: for 0s: say up to 1m0s`:            {Kind: Delay},
		`faults[0]: path "[": syntax error in pattern`: {Kind: Cut, Path: "["},
		`faults[0]: after -1, times 0: say 0 or more`:  {Kind: Cut, After: -1},
	} {
		if err := s.Set(fault); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
