package world

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	. "github.com/onsi/gomega"
)

// A write that was on its way when its caller died counts all the same: what is counted on
// the way must be what arrived.
func TestWritesAreSeenWhoseCallerDied(t *testing.T) {
	g := NewWithT(t)
	arrived, released := make(chan struct{}), make(chan struct{})
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-released
		w.WriteHeader(http.StatusCreated)
	}))
	defer target.Close()
	seen := make(chan int, 1)
	proxy := Proxy{After: func(answer *http.Response) error { seen <- answer.StatusCode; return nil }}
	onward, err := url.Parse(target.URL)
	g.Expect(err).NotTo(HaveOccurred())
	gone := make(chan struct{})
	passOn := proxy.Handler(onward, http.DefaultTransport)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		context.AfterFunc(r.Context(), func() { close(gone) })
		passOn.ServeHTTP(w, r)
	}))
	defer server.Close()

	ctx, die := context.WithCancel(t.Context())
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, http.NoBody)
	g.Expect(err).NotTo(HaveOccurred())
	go func() {
		<-arrived
		die()
	}()
	_, err = http.DefaultClient.Do(call)
	g.Expect(err).To(MatchError(context.Canceled))
	<-gone // the proxy knows
	close(released)
	g.Eventually(seen, "10s").Should(Receive(Equal(http.StatusCreated)))
}
