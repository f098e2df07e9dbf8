package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// garbler stands between the manager and the provider, and spoils the answers that tell of
// permissions until it is told to let them through.
type garbler struct {
	url      string
	caBundle []byte
	honest   atomic.Bool
	spoilt   atomic.Int64
}

func newGarbler(w *world.World, spoil func(*http.Response, []byte)) *garbler {
	GinkgoHelper()
	g := &garbler{}
	g.url, g.caBundle = w.ThroughProxy(world.Proxy{After: func(answer *http.Response) error {
		if g.honest.Load() || answer.Request.Method != http.MethodGet || !strings.Contains(answer.Request.URL.Path, "/permission/") {
			return nil
		}
		g.spoilt.Add(1)
		body, err := io.ReadAll(answer.Body)
		spoil(answer, body)
		return err
	}})
	return g
}

// says replaces an answer's body.
func says(body string) func(*http.Response, []byte) {
	return func(answer *http.Response, _ []byte) { replace(answer, []byte(body)) }
}

func replace(answer *http.Response, body []byte) {
	answer.Body = io.NopCloser(bytes.NewReader(body))
	answer.ContentLength = int64(len(body))
	answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
}

// endless is a stream of spaces, as long as somebody reads it: legal before any JSON.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte(" "), len(p))), nil }
func (endless) Close() error               { return nil }

var garbage = map[string]func(*http.Response, []byte){
	"cut in the middle, the length promised": func(answer *http.Response, body []byte) {
		answer.Body = io.NopCloser(bytes.NewReader(body[:len(body)/2]))
	},
	"cut in the middle, the length adapted": func(answer *http.Response, body []byte) { replace(answer, body[:len(body)/2]) },
	"endless": func(answer *http.Response, _ []byte) {
		answer.Body, answer.ContentLength = endless{}, -1
		answer.Header.Del("Content-Length")
	},
	"a page": func(answer *http.Response, _ []byte) {
		answer.Header.Set("Content-Type", "text/html")
		replace(answer, []byte("<!doctype html><title>Maintenance</title>"))
	},
	"a page that says it is JSON": says("<!doctype html><title>Maintenance</title>"),
	"nothing":                     says(""),
	"null":                        says("null"),
	"an object":                   says(`{"results": []}`),
	"words":                       says(`["ann", "bob"]`),
	"rows without an id":          says(`[{"email": "ann@acme.example"}]`),
	"rows without an address":     says(`[{"id": 7}]`),
	"one row twice": func(answer *http.Response, body []byte) {
		row := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(body)), "["), "]")
		replace(answer, []byte("["+row+","+row+"]"))
	},
	"a value of another type": says(`[{"id": "seven", "email": "ann@acme.example"}]`),
	"more behind the end": func(answer *http.Response, body []byte) {
		replace(answer, append(body, []byte(`[{"id": 1}]`)...))
	},
	"200 for an error of theirs": says(`{"detail": "database is locked"}`),
}

var _ = Describe("A provider that answers garbage", func() {
	It("gets no write and is told of, and is believed again once it is sane", func() {
		manager := cluster.StartManager(world.NoLeaderElection)
		type caseOf struct {
			*world.World
			name    string
			garbler *garbler
			backend *v1alpha1.HostingBackend
			grant   *v1alpha1.PermissionGrant
		}
		cases := []caseOf{}
		for name, spoil := range garbage {
			w := cluster.New("ann@acme.example", "bob@acme.example")
			_, err := w.Provider.AddRow(w.Ctx, world.Owner, rowOf("bob@acme.example"), false)
			Expect(err).NotTo(HaveOccurred())
			c := caseOf{World: w, name: name, garbler: newGarbler(w, spoil)}
			c.backend = w.Backend(func(b *v1alpha1.HostingBackend) {
				b.Spec.Endpoint.URL = c.garbler.url
				b.Spec.Endpoint.CABundle = c.garbler.caBundle
			})
			c.grant = world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
			w.Create(c.grant)
			cases = append(cases, c)
		}
		for _, c := range cases {
			By(c.name)
			Eventually(func() map[string]string { return c.Conditions(c.backend) }).Should(HaveKeyWithValue("Ready", "Unknown/ProviderUnavailable"))
			c.ExpectReady(c.grant, "Unknown/ProviderUnavailable")
			Eventually(c.garbler.spoilt.Load).Should(BeNumerically(">", 1), "it was asked again")
			Expect(c.Provider.Counters().Writes).To(BeZero())
			Expect(c.Rows()).To(ConsistOf("bob@acme.example: Billing"))
		}
		for _, c := range cases {
			c.garbler.honest.Store(true)
		}
		for _, c := range cases {
			By(fmt.Sprintf("%s, and sane again", c.name))
			Eventually(c.Rows, 5*time.Minute).Should(ConsistOf("ann@acme.example: Billing", "bob@acme.example: Billing"))
			c.ExpectReady(c.grant, "True/AsDeclared")
			c.ExpectReady(c.backend, "True/Listed")
		}
		Expect(manager.Ended).NotTo(BeClosed())
	})
})
