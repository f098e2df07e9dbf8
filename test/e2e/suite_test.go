package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

// One control plane serves the whole suite, with config/default installed. Every spec starts
// manager processes of its own, under the rights of the service account that is shipped.
var (
	environment *envtest.Environment
	admin       *rest.Config
	k8s         client.Client // as an administrator
	own         client.Client // as the manager
	files       string        // folder of the suite's files
)

func TestEndToEnd(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(time.Minute)
	SetDefaultEventuallyPollingInterval(100 * time.Millisecond)
	RunSpecs(t, "End to end")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter)))
	var err error
	files, err = os.MkdirTemp("", "hostgrant-e2e-")
	Expect(err).NotTo(HaveOccurred())
	certificates := filepath.Join(files, "certificates")
	Expect(os.Mkdir(certificates, 0o700)).To(Succeed())
	environment, admin, err = testkit.StartControlPlane(testkit.ControlPlane{CertDir: certificates})
	Expect(err).NotTo(HaveOccurred())
	admin.QPS, admin.Burst = 500, 1000
	Expect(testkit.WriteKubeconfig(admin, file("admin.kubeconfig"))).To(Succeed())
	rights, err := testkit.Install(ctx, admin, file("admin.kubeconfig"))
	Expect(err).NotTo(HaveOccurred())
	Expect(testkit.WriteKubeconfig(rights, file("manager.kubeconfig"))).To(Succeed())
	rights.QPS, rights.Burst = admin.QPS, admin.Burst
	for c, config := range map[*client.Client]*rest.Config{&k8s: admin, &own: rights} {
		*c, err = client.New(config, client.Options{Scheme: controllers.Scheme()})
		Expect(err).NotTo(HaveOccurred())
	}
	Expect(testkit.Build(ctx, "manager", file("manager"), "-race")).To(Succeed())
	Expect(testkit.Build(ctx, "sandbox", file("sandbox"))).To(Succeed())
})

var _ = AfterSuite(func() {
	if environment != nil {
		Expect(environment.Stop()).To(Succeed())
	}
	Expect(os.RemoveAll(files)).To(Succeed())
})

func file(name string) string { return filepath.Join(files, name) }

// startManager runs the manager until the spec ends, and then looks at what it said.
func startManager(flags ...string) *testkit.Process {
	GinkgoHelper()
	log := filepath.Join(GinkgoT().TempDir(), "manager.log")
	manager, err := testkit.StartManager(file("manager"), file("manager.kubeconfig"), log, append([]string{"--health-probe-bind-address=0"}, flags...)...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx SpecContext) {
		stopManager(ctx, manager)
		said, err := os.ReadFile(log)
		Expect(err).NotTo(HaveOccurred())
		AddReportEntry("the manager's log", string(said), ReportEntryVisibilityFailureOrVerbose)
		Expect(string(said)).NotTo(Or(ContainSubstring("DATA RACE"), ContainSubstring("panic:")))
		// An API server that has just started refuses everything until it has read its roles,
		// and says "rbac: RBAC: [...] not found".
		Expect(string(said)).NotTo(MatchRegexp(`forbidden: [^\n]* at the cluster scope"`), "the roles that are shipped suffice")
		Expect(string(said)).NotTo(Or(MatchRegexp(`[a-z0-9]@[a-z]+\.example`), ContainSubstring("t0ken")), "I12: no addresses, no tokens")
	})
	return manager
}

// alone is for specs with one manager at a time, which need not wait for a lease.
const alone = "--leader-elect=false"

func stopManager(ctx context.Context, manager *testkit.Process) {
	GinkgoHelper()
	bounded, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	Expect(manager.Stop(bounded)).To(Succeed())
}
