package world

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/testkit"
)

// NoLeaderElection is the flag for specs with one manager at a time, which need not wait for a lease.
const NoLeaderElection = "--leader-elect=false"

// StartManager runs a manager of the spec's own until it ends, and then looks at what it said.
// The one that specs share ends before.
func (s *Cluster) StartManager(flags ...string) *testkit.Process {
	GinkgoHelper()
	s.endShared(context.Background())
	s.restarted = false
	manager := s.run(filepath.Join(GinkgoT().TempDir(), "manager.log"), flags...)
	DeferCleanup(func(ctx SpecContext) {
		StopManager(ctx, manager)
		s.inspect(manager.Log, 0)
	})
	return manager
}

// ShareManager has a manager run that specs share which do nothing to it, and looks at what
// it said since the last of them.
func (s *Cluster) ShareManager() {
	GinkgoHelper()
	if s.shared == nil {
		s.shared = s.run(s.File("shared.log"), NoLeaderElection)
	}
	DeferCleanup(func() {
		Expect(s.shared.Ended).NotTo(BeClosed())
		s.inspected = s.inspect(s.shared.Log, s.inspected)
	})
}

// endShared ends the manager that specs share, where one runs.
func (s *Cluster) endShared(ctx context.Context) {
	GinkgoHelper()
	if s.shared == nil {
		return
	}
	StopManager(ctx, s.shared)
	s.inspected = s.inspect(s.shared.Log, s.inspected)
	s.shared = nil
}

func (s *Cluster) run(log string, flags ...string) *testkit.Process {
	GinkgoHelper()
	manager, err := testkit.StartManager(s.Program("manager"), s.File("manager.kubeconfig"), log, append([]string{"--health-probe-bind-address=0"}, flags...)...)
	Expect(err).NotTo(HaveOccurred())
	return manager
}

// inspect looks at what a manager said, from a byte of its log on, and returns where it ends.
func (s *Cluster) inspect(log string, from int) (to int) {
	GinkgoHelper()
	body, err := os.ReadFile(log)
	Expect(err).NotTo(HaveOccurred())
	said := string(body[from:])
	AddReportEntry("the manager's log", said, ReportEntryVisibilityFailureOrVerbose)
	Expect(said).NotTo(Or(ContainSubstring("DATA RACE"), ContainSubstring("panic:")))
	// An API server that has just started refuses everything until it has read its roles.
	Expect(s.restarted || !missingRole.MatchString(said)).To(BeTrue(), "the roles that are shipped suffice: %s", missingRole.FindString(said))
	Expect(said).NotTo(Or(MatchRegexp(`[a-z0-9]@[a-z]+\.example`), ContainSubstring("t0ken")), "I12: no addresses, no tokens")
	return len(body)
}

// missingRole is what a manager logs that lacks a right.
var missingRole = regexp.MustCompile(`forbidden: [^\n]* at the cluster scope"`)

// StartAPIServer starts the API server again that was killed, once its address is free: a
// process that is killed has its sockets a moment longer than its memory.
func (s *Cluster) StartAPIServer() {
	GinkgoHelper()
	s.restarted = true
	server := s.Environment.ControlPlane.GetAPIServer()
	Eventually(func() error {
		listener, err := net.Listen("tcp", net.JoinHostPort(server.Address, server.Port))
		if err != nil {
			return err
		}
		return listener.Close()
	}).Should(Succeed())
	Expect(server.Start()).To(Succeed())
}

// StopManager ends a manager in order.
func StopManager(ctx context.Context, manager *testkit.Process) {
	GinkgoHelper()
	bounded, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	Expect(manager.Stop(bounded)).To(Succeed())
}
