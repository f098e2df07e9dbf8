package world

import (
	"context"
	"os"
	"path"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/hostgrant/hostgrant/internal/testkit"
)

// Cluster is what worlds stand on: a control plane with config/default installed, and the
// manager as a program, to be run under the rights of the service account that is shipped. Each
// process of a suite has one.
type Cluster struct {
	// Fast takes the manager of tests, which waits no longer than it has to, and lowers the
	// floors of the CRDs. Else both are as they ship.
	Fast bool

	Environment *envtest.Environment
	Admin       *rest.Config
	K8s         client.Client // as an administrator
	Own         client.Client // as the manager
	Rights      *rest.Config  // of the manager
	Files       string        // folder of the cluster's files

	programs  string           // folder of the programs, the same for all processes of the suite
	shared    *testkit.Process // the manager that specs share; nil where none runs
	inspected int              // so much of its log was looked at
	restarted bool             // the API server was, in this spec
}

// Register starts a cluster in each process of the suite before its specs, and stops it after
// them. Programs of this module, for instance "./cmd/sandbox", are built besides the manager,
// once, and with the race detector where the suite itself is.
func (s *Cluster) Register(scheme *runtime.Scheme, programs ...string) bool {
	SynchronizedBeforeSuite(func(ctx SpecContext) []byte {
		return []byte(s.build(ctx, programs))
	}, func(ctx SpecContext, programs []byte) {
		s.programs = string(programs)
		s.open(ctx, scheme)
	})
	SynchronizedAfterSuite(s.close, func() { Expect(os.RemoveAll(s.programs)).To(Succeed()) })
	return true
}

// build builds the programs and returns their folder.
func (s *Cluster) build(ctx context.Context, programs []string) string {
	GinkgoHelper()
	var err error
	s.programs, err = os.MkdirTemp("", "hostgrant-programs-")
	Expect(err).NotTo(HaveOccurred())
	manager := "./cmd/manager"
	if s.Fast {
		manager = "./test/manager"
	}
	for _, program := range append(programs, manager) {
		Expect(testkit.Build(ctx, program, s.Program(path.Base(program)))).To(Succeed())
	}
	return s.programs
}

// open starts a control plane and installs. Close it also where this fails.
func (s *Cluster) open(ctx context.Context, scheme *runtime.Scheme) {
	GinkgoHelper()
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter)))
	var err error
	s.Files, err = os.MkdirTemp("", "hostgrant-cluster-")
	Expect(err).NotTo(HaveOccurred())
	certificates := s.File("certificates")
	Expect(os.Mkdir(certificates, 0o700)).To(Succeed())
	s.Environment, s.Admin, err = testkit.StartControlPlane(testkit.ControlPlane{CertDir: certificates})
	Expect(err).NotTo(HaveOccurred())
	s.Admin.QPS, s.Admin.Burst = 500, 1000
	Expect(testkit.WriteKubeconfig(s.Admin, s.File("admin.kubeconfig"))).To(Succeed())
	rights, err := testkit.Installed.Install(ctx, s.Admin)
	Expect(err).NotTo(HaveOccurred())
	Expect(testkit.WriteKubeconfig(rights, s.File("manager.kubeconfig"))).To(Succeed())
	s.Rights = rights
	rights.QPS, rights.Burst = s.Admin.QPS, s.Admin.Burst
	for c, config := range map[*client.Client]*rest.Config{&s.K8s: s.Admin, &s.Own: rights} {
		*c, err = client.New(config, client.Options{Scheme: scheme})
		Expect(err).NotTo(HaveOccurred())
	}
	if s.Fast {
		Expect(testkit.LowerFloors(ctx, s.Admin)).To(Succeed())
	}
}

// close ends the shared manager, stops the control plane and removes the files.
func (s *Cluster) close(ctx SpecContext) {
	GinkgoHelper()
	s.endShared(ctx)
	if s.Environment != nil {
		Expect(s.Environment.Stop()).To(Succeed())
	}
	Expect(os.RemoveAll(s.Files)).To(Succeed())
}

// File is a file of the cluster.
func (s *Cluster) File(name string) string { return filepath.Join(s.Files, name) }

// Program is a program that was built for the suite, for instance "manager".
func (s *Cluster) Program(name string) string { return filepath.Join(s.programs, name) }

// New makes a world on the cluster: a namespace, a provider that knows the people named, and a
// mail server.
func (s *Cluster) New(known ...string) *World {
	GinkgoHelper()
	return s.NewAt(clock.RealClock{}, known...)
}

// NewAt makes a world whose provider lives by another clock than the rest.
func (s *Cluster) NewAt(c clock.Clock, known ...string) *World {
	GinkgoHelper()
	return newAt(c, s.K8s, s.Own, known)
}
