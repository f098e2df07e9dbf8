package app

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
)

// Nobody reads metrics while the API server cannot say who they are.
func TestMetricsWithoutTheAPIServer(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	filter, err := metricsFilter(&rest.Config{Host: gone.URL}, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := filter(logr.Discard(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("metrics are read") }))
	if err != nil {
		t.Fatal(err)
	}
	for authorization, want := range map[string]int{"": http.StatusUnauthorized, "Bearer ": http.StatusUnauthorized, "Bearer some": http.StatusServiceUnavailable} {
		request := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
		request.Header.Set("Authorization", authorization)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != want {
			t.Errorf("%q: %d instead of %d", authorization, answer.Code, want)
		}
	}
}
