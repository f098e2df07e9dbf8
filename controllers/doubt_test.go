package controllers_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// late is a manager's client whose cache of HostingBackends may stand still, and whose writes others
// may come before.
type late struct {
	client.Client
	mu     sync.Mutex
	frozen *v1alpha1.HostingBackend
	before func()
}

func (l *late) Get(ctx context.Context, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := o.(*v1alpha1.HostingBackend); ok && l.frozen != nil && key == client.ObjectKeyFromObject(l.frozen) {
		l.frozen.DeepCopyInto(b)
		return nil
	}
	return l.Client.Get(ctx, key, o, options...)
}

func (l *late) Status() client.SubResourceWriter { return overtaken{l.Client.Status(), l} }

type overtaken struct {
	client.SubResourceWriter
	by *late
}

func (o overtaken) Apply(ctx context.Context, what runtime.ApplyConfiguration, options ...client.SubResourceApplyOption) error {
	if object, ok := what.(interface{ GetKind() string }); ok && object.GetKind() == "HostingBackend" {
		o.by.mu.Lock()
		before := o.by.before
		o.by.before = func() {}
		o.by.mu.Unlock()
		before()
	}
	return o.SubResourceWriter.Apply(ctx, what, options...)
}

// freeze has the cache tell of a backend as it is now, until thaw.
func (l *late) freeze(b *v1alpha1.HostingBackend) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = b.DeepCopy()
}

func (l *late) thaw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = nil
}

// overtake has something happen right before the next status write of a backend.
func (l *late) overtake(happens func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before = happens
}

// startLate runs all controllers, in the place of the suite's, on a client that is late.
func startLate() *late {
	GinkgoHelper()
	stopManager()
	l := &late{before: func() {}}
	ctx, cancel := context.WithCancel(context.Background())
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme: controllers.Scheme(), Cache: controllers.CacheOptions(), Metrics: metricsserver.Options{BindAddress: "0"},
		NewClient: func(config *rest.Config, options client.Options) (client.Client, error) {
			var err error
			l.Client, err = client.New(config, options)
			return l, err
		},
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(controllers.Setup(ctx, mgr, controllers.Options{Clock: ahead, AllowPrivate: true, Timing: testkit.Fast, SkipNameValidation: true})).To(Succeed())
	done := make(chan struct{})
	go func() {
		defer GinkgoRecover()
		defer close(done)
		Expect(mgr.Start(ctx)).To(Succeed())
	}()
	stopManager = func() { cancel(); <-done }
	replaceManagerAfterwards()
	return l
}

var _ = Describe("What is remembered of a table that is not believed (I2, S52)", func() {
	It("is neither lost nor counted twice where the cache is stale, or somebody else writes first", func() {
		var people []string
		for i := range 20 {
			people = append(people, world.Name("p", i)+"@acme.example")
		}
		cache := startLate()
		w := world.NewAt(ahead, k8s, people...)
		b := w.Backend(func(b *v1alpha1.HostingBackend) {
			b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25}
			b.Spec.Interval.Duration = 10 * time.Minute // nothing is read but when the clock is moved
		})
		g := world.Overall(world.GrantFor("a", people...), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		w.RefreshTable(b)
		named := metav1.ObjectMeta{Namespace: b.Namespace, Name: b.Name}
		annotate := func(name, value string) { // the manager does it, too, while b is being read here
			GinkgoHelper()
			world.Update(w, &v1alpha1.HostingBackend{ObjectMeta: named}, func(b *v1alpha1.HostingBackend) {
				b.Annotations = map[string]string{name: value}
			})
		}
		// read has the table read once.
		read := func() {
			GinkgoHelper()
			lists := w.Lists()
			ahead.shift(12 * time.Minute)
			annotate("example.org/look", fmt.Sprint(lists))
			Eventually(w.Lists).Should(Equal(lists + 1))
		}
		doubt := func() v1alpha1.TableDoubt {
			_ = w.Conditions(b)
			if b.Status.TableDoubt == nil {
				return v1alpha1.TableDoubt{}
			}
			return *b.Status.TableDoubt
		}
		seen := func() int32 { return doubt().Seen }

		for _, email := range people[:15] {
			Expect(w.Provider.RemoveRow(w.Ctx, world.Owner, email)).To(Succeed())
		}
		Expect(seen()).To(BeZero())
		cache.freeze(b)
		read()
		Eventually(seen).Should(BeEquivalentTo(1))
		read()
		Eventually(seen).Should(BeEquivalentTo(2), "the cache does not tell of the first")
		By("somebody else writing first")
		cache.overtake(func() { annotate("example.org/first", "too") })
		read()
		Eventually(seen).Should(BeEquivalentTo(3))
		Expect(b.Annotations).To(HaveKey("example.org/first"))
		Expect(doubt()).To(And(HaveField("People", BeEquivalentTo(15)), HaveField("Accepted", false)))

		By("accepting it")
		cache.thaw()
		w.ExpectReady(b, "False/TableUnconfirmed")
		Expect(w.Rows()).To(HaveLen(5))
		annotate(v1alpha1.AnnotationAcceptTable, doubt().Digest)
		w.ExpectReady(b, "True/Listed")
		Eventually(func() int {
			gone := 0
			for _, email := range people {
				if w.Person(email) == v1alpha1.PersonAbsent {
					gone++
				}
			}
			return gone
		}).Should(Equal(15))
		read()
		Eventually(func() *v1alpha1.TableDoubt { _ = w.Conditions(b); return b.Status.TableDoubt }).Should(BeNil())
		w.ExpectReady(b, "True/Listed")
	})
})
