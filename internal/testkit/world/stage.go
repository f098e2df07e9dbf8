package world

import (
	"context"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

// Alone is the flag for specs with one manager at a time, which need not wait for a lease.
const Alone = "--leader-elect=false"

// Stage is what worlds stand on: a control plane with config/default installed, and the
// manager as a program, to be run under the rights of the service account that is shipped.
type Stage struct {
	Environment *envtest.Environment
	Admin       *rest.Config
	K8s         client.Client // as an administrator
	Own         client.Client // as the manager
	Rights      *rest.Config  // of the manager
	Files       string        // folder of the stage's files
}

// Open starts a control plane, installs, and builds the manager. Flags go to go build, for
// instance "-race". Close it also where this fails.
func (s *Stage) Open(ctx context.Context, scheme *runtime.Scheme, flags ...string) {
	GinkgoHelper()
	var err error
	s.Files, err = os.MkdirTemp("", "hostgrant-stage-")
	Expect(err).NotTo(HaveOccurred())
	certificates := s.File("certificates")
	Expect(os.Mkdir(certificates, 0o700)).To(Succeed())
	s.Environment, s.Admin, err = testkit.StartControlPlane(testkit.ControlPlane{CertDir: certificates})
	Expect(err).NotTo(HaveOccurred())
	s.Admin.QPS, s.Admin.Burst = 500, 1000
	Expect(testkit.WriteKubeconfig(s.Admin, s.File("admin.kubeconfig"))).To(Succeed())
	rights, err := testkit.Install(ctx, s.Admin, s.File("admin.kubeconfig"))
	Expect(err).NotTo(HaveOccurred())
	Expect(testkit.WriteKubeconfig(rights, s.File("manager.kubeconfig"))).To(Succeed())
	s.Rights = rights
	rights.QPS, rights.Burst = s.Admin.QPS, s.Admin.Burst
	for c, config := range map[*client.Client]*rest.Config{&s.K8s: s.Admin, &s.Own: rights} {
		*c, err = client.New(config, client.Options{Scheme: scheme})
		Expect(err).NotTo(HaveOccurred())
	}
	Expect(testkit.Build(ctx, "manager", s.File("manager"), flags...)).To(Succeed())
}

// Close stops the control plane and removes the files.
func (s *Stage) Close() {
	GinkgoHelper()
	if s.Environment != nil {
		Expect(s.Environment.Stop()).To(Succeed())
	}
	Expect(os.RemoveAll(s.Files)).To(Succeed())
}

// File is a file of the stage.
func (s *Stage) File(name string) string { return filepath.Join(s.Files, name) }

// StartManager runs the manager until the spec ends, and then looks at what it said.
func (s *Stage) StartManager(flags ...string) *testkit.Process {
	GinkgoHelper()
	log := filepath.Join(GinkgoT().TempDir(), "manager.log")
	manager, err := testkit.StartManager(s.File("manager"), s.File("manager.kubeconfig"), log, append([]string{"--health-probe-bind-address=0"}, flags...)...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx SpecContext) {
		StopManager(ctx, manager)
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

// StopManager ends a manager in order.
func StopManager(ctx context.Context, manager *testkit.Process) {
	GinkgoHelper()
	bounded, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	Expect(manager.Stop(bounded)).To(Succeed())
}

// Clear removes every object, so that nothing of a spec disturbs the next one. No manager
// may run meanwhile.
func (s *Stage) Clear(ctx context.Context) {
	GinkgoHelper()
	for _, list := range kinds() {
		Eventually(func() (int, error) { return s.drop(ctx, list) }).Should(BeZero())
	}
}

// drop deletes every object of a kind, and returns how many it found.
func (s *Stage) drop(ctx context.Context, list client.ObjectList) (int, error) {
	as := s.K8s
	if _, records := list.(*v1alpha1.AccessRecordList); records {
		as = s.Own // nobody else may
	}
	if err := s.K8s.List(ctx, list); err != nil {
		return 0, err
	}
	err := meta.EachListItem(list, func(item runtime.Object) error {
		o := item.(client.Object)
		if len(o.GetFinalizers()) > 0 {
			release := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))
			if err := as.Patch(ctx, o, release); client.IgnoreNotFound(err) != nil {
				return err
			}
		}
		return client.IgnoreNotFound(as.Delete(ctx, o))
	})
	return meta.LenList(list), err
}
