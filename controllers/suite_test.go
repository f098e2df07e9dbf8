package controllers_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// One control plane and one manager serve the whole suite; every spec has a namespace, a
// provider and a mail server of its own.
var (
	environment *envtest.Environment
	config      *rest.Config
	k8s         client.Client
	kubeconfig  string
	stopManager context.CancelFunc
	// ahead is the managers' clock.
	ahead = &shifted{}
)

// shifted is the real time, or so much later.
type shifted struct {
	clock.RealClock
	by atomic.Int64
}

func (s *shifted) Now() time.Time                  { return s.RealClock.Now().Add(time.Duration(s.by.Load())) }
func (s *shifted) Since(t time.Time) time.Duration { return s.Now().Sub(t) }

// shift lets time pass until the spec ends. Nothing that runs sees time go backwards.
func (s *shifted) shift(by time.Duration) {
	if s.by.Add(int64(by)) == int64(by) {
		DeferCleanup(func() {
			stopManager()
			s.by.Store(0)
			stopManager = startManager()
		})
	}
}

func TestControllers(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(30 * time.Second)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	RunSpecs(t, "Controllers")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter), zap.UseDevMode(true)))
	var err error
	environment, config, err = testkit.StartControlPlane(testkit.ControlPlane{CRDs: true})
	Expect(err).NotTo(HaveOccurred())
	Expect(testkit.LowerFloors(ctx, config)).To(Succeed())
	config.QPS, config.Burst = 500, 1000
	k8s, err = client.New(config, client.Options{Scheme: controllers.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	world.Date = ahead
	kubeconfig = GinkgoT().TempDir() + "/kubeconfig"
	Expect(testkit.WriteKubeconfig(config, kubeconfig)).To(Succeed())
	installApprovals(ctx)
	stopManager = startManager()
})

// installApprovals brings what approvals need: the admission policy, its binding, and the roles.
func installApprovals(ctx context.Context) {
	GinkgoHelper()
	_, err := testkit.Kubectl(ctx, kubeconfig, "apply", "--server-side", "-f", "config/manager/namespace.yaml",
		"-f", "config/admission/removalapprovals.yaml", "-f", "config/rbac/people.yaml")
	Expect(err).NotTo(HaveOccurred())
}

var _ = AfterSuite(func() {
	if stopManager != nil {
		stopManager()
	}
	if environment != nil {
		Expect(environment.Stop()).To(Succeed())
	}
})

// restartManager ends the manager and starts one that waits so long, until the spec ends.
func restartManager(t timing.Timing) {
	GinkgoHelper()
	stopManager()
	stopManager = startManagerWith(t)
	replaceManagerAfterwards()
}

// replaceManagerAfterwards ends the manager when the spec ends, and starts one for the next.
func replaceManagerAfterwards() {
	DeferCleanup(func() {
		stopManager()
		stopManager = startManager()
	})
}

// restartPatiently has calls to a provider take so long, until the spec ends.
func restartPatiently(call time.Duration) {
	GinkgoHelper()
	patiently := testkit.Fast
	patiently.CallTimeout = call
	restartManager(patiently)
}

// startManager runs all controllers until the returned function is called, which waits for
// their end.
func startManager() context.CancelFunc { return startManagerWith(testkit.Fast) }

func startManagerWith(t timing.Timing) context.CancelFunc {
	ctx, cancel := context.WithCancel(context.Background())
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme: controllers.Scheme(), Cache: controllers.CacheOptions(),
		Metrics: metricsserver.Options{BindAddress: "0"},
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(controllers.Setup(ctx, mgr, controllers.Options{Clock: ahead, AllowPrivate: true, Timing: t, SkipNameValidation: true})).To(Succeed())
	done := make(chan struct{})
	go func() {
		defer GinkgoRecover()
		defer close(done)
		Expect(mgr.Start(ctx)).To(Succeed())
	}()
	return func() {
		cancel()
		<-done
	}
}
