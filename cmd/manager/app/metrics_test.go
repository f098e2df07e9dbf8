package app

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/client-go/rest"
)

// Nobody reads metrics while the API server cannot say who they are.
func TestMetricsWithoutTheAPIServer(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	handler := filtered(t, gone.URL)
	for authorization, want := range map[string]int{"": http.StatusUnauthorized, "Bearer ": http.StatusUnauthorized, "Bearer some": http.StatusServiceUnavailable} {
		if answer := askMetrics(t.Context(), handler, authorization); answer.Code != want || answer.Body.String() == "metrics" {
			t.Errorf("%q: %d %q instead of %d", authorization, answer.Code, answer.Body, want)
		}
	}
}

// filtered is a handler that answers "metrics" to those whom the API server at an address lets read them.
func filtered(t *testing.T, apiServer string) http.Handler {
	t.Helper()
	filter, err := metricsFilter(&rest.Config{Host: apiServer}, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := filter(logr.Discard(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("metrics")) }))
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func askMetrics(ctx context.Context, handler http.Handler, authorization string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody).WithContext(ctx)
	request.Header.Set("Authorization", authorization)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

// Only a user who is authenticated, allowed and not denied reads metrics. Where the API server does not answer, nobody does.
func TestWhoReadsMetrics(t *testing.T) {
	for name, c := range map[string]struct {
		who        authenticationv1.TokenReviewStatus
		may        authorizationv1.SubjectAccessReviewStatus
		unanswered string
		want       int
	}{
		"allowed":             {who: authenticationv1.TokenReviewStatus{Authenticated: true}, may: authorizationv1.SubjectAccessReviewStatus{Allowed: true}, want: http.StatusOK},
		"not authenticated":   {may: authorizationv1.SubjectAccessReviewStatus{Allowed: true}, want: http.StatusUnauthorized},
		"not allowed":         {who: authenticationv1.TokenReviewStatus{Authenticated: true}, want: http.StatusForbidden},
		"allowed and denied":  {who: authenticationv1.TokenReviewStatus{Authenticated: true}, may: authorizationv1.SubjectAccessReviewStatus{Allowed: true, Denied: true}, want: http.StatusForbidden},
		"token review fails":  {unanswered: "tokenreviews", want: http.StatusServiceUnavailable},
		"access review fails": {who: authenticationv1.TokenReviewStatus{Authenticated: true}, unanswered: "subjectaccessreviews", want: http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var answer any = authenticationv1.TokenReview{Status: c.who}
				if strings.HasSuffix(r.URL.Path, "/subjectaccessreviews") {
					answer = authorizationv1.SubjectAccessReview{Status: c.may}
				}
				w.Header().Set("Content-Type", "application/json")
				if c.unanswered != "" && strings.HasSuffix(r.URL.Path, c.unanswered) {
					w.WriteHeader(http.StatusInternalServerError)
				}
				_ = json.NewEncoder(w).Encode(answer)
			}))
			defer server.Close()
			answer := askMetrics(t.Context(), filtered(t, server.URL), "Bearer some")
			if told := answer.Body.String() == "metrics"; answer.Code != c.want || told != (c.want == http.StatusOK) {
				t.Errorf("%d %q instead of %d", answer.Code, answer.Body, c.want)
			}
		})
	}
}

// At most metricsReviews requests are reviewed at a time. A request that gives up waiting for its turn reads nothing.
func TestMetricsAreReviewedFewAtATime(t *testing.T) {
	asked, goOn := make(chan bool, 2*metricsReviews), make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- true
		<-goOn
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer server.Close()
	handler, done := filtered(t, server.URL), make(chan int)
	for range metricsReviews {
		go func() { done <- askMetrics(context.Background(), handler, "Bearer some").Code }()
	}
	for range metricsReviews {
		<-asked
	}
	impatient, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer end()
	if answer := askMetrics(impatient, handler, "Bearer some"); answer.Code != http.StatusServiceUnavailable {
		t.Errorf("one more: %d", answer.Code)
	}
	if len(asked) > 0 {
		t.Error("more were reviewed at a time")
	}
	close(goOn)
	for range metricsReviews {
		if code := <-done; code != http.StatusServiceUnavailable {
			t.Error(code)
		}
	}
}
