package controllers_test

import (
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// oneRow is the path of a person's row at the provider.
var oneRow = regexp.MustCompile(`/permission/\d+/$`)

// hanging lets matching reads wait until it is released.
type hanging struct {
	path *regexp.Regexp
	// waits counts who does.
	waits atomic.Int64
	end   chan struct{}
	once  sync.Once
}

func hangs(path *regexp.Regexp) *hanging { return &hanging{path: path, end: make(chan struct{})} }

func (h *hanging) release() { h.once.Do(func() { close(h.end) }) }

// before is what a call meets that reads what hangs.
func (h *hanging) before(r *http.Request) bool {
	if r.Method != http.MethodGet || !h.path.MatchString(r.URL.Path) {
		return true
	}
	h.waits.Add(1)
	defer h.waits.Add(-1)
	select {
	case <-h.end:
		return true
	case <-r.Context().Done():
		return false
	}
}

var _ = Describe("What is written was planned on the table that it is written to", func() {
	It("when a backend moves while a row is being read", func() {
		const bob = "bob@acme.example"
		restartPatiently(30 * time.Second)
		from, to := world.New(k8s, ann, bob), world.New(k8s, ann, bob)
		from.Has(reference.Row{Email: ann, Overall: []string{"ServerTechnical"}})
		to.Has(reference.Row{Email: bob, Overall: []string{"ServerTechnical"}}) // the same id as ann's over there
		row := hangs(oneRow)
		endpoint, bundle := from.ThroughProxy(world.Proxy{Before: row.before})
		DeferCleanup(row.release)
		b := from.Backend(func(b *v1alpha1.HostingBackend) {
			b.Spec.Endpoint.URL, b.Spec.Endpoint.CABundle = endpoint, bundle
			b.Spec.Interval = metav1.Duration{Duration: 10 * time.Minute}
		})
		from.ExpectReady(b, "True/Listed")
		g := world.Overall(world.GrantFor("a", ann), "Billing")
		from.Create(g)
		Eventually(row.waits.Load).Should(BeEquivalentTo(1))

		By("going to another provider meanwhile")
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: from.Namespace, Name: "acme-key"}}
		world.Update(from, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"url": to.Provider.URL()} })
		world.Update(from, b, func(b *v1alpha1.HostingBackend) {
			b.Spec.Endpoint.URL, b.Spec.Endpoint.CABundle = to.Provider.URL(), to.Provider.CABundle()
		})
		from.ExpectReady(b, "True/Listed")
		Expect(row.waits.Load()).To(BeEquivalentTo(1), "the row is still being read")
		row.release()
		from.ExpectReady(g, "False/IdentityChanged") // it is told that the id is somebody else's here
		Expect(to.Rows()).To(ConsistOf("bob@acme.example: ServerTechnical"))
		Expect(to.Writes()).To(BeZero())
		Expect(from.Rows()).To(ConsistOf(ann + ": ServerTechnical"))
	})
})
