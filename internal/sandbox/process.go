package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"

	"github.com/hostgrant/hostgrant/internal/testkit"
)

// pollInterval is how often the world is looked at while waiting.
const pollInterval = 500 * time.Millisecond

// Manager is the name under which the program that runs a sandbox is the manager instead.
const Manager = "manager"

// startManager runs the manager as an installation does: in a process of its own, under its own service account,
// and writing only while it holds the lease. It is in this program: to build it apart would take as long as to build the sandbox.
func (s *sandbox) startManager(rights *rest.Config) error {
	defer s.console.step("starting the manager under its own service account")()
	kubeconfig := filepath.Join(s.State, "manager.kubeconfig")
	if err := testkit.WriteKubeconfig(rights, kubeconfig); err != nil {
		return err
	}
	probes, err := testkit.FreeAddress()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	program := filepath.Join(s.State, Manager)
	if err := os.Symlink(self, program); err != nil {
		return fmt.Errorf("name this program %s: %w", Manager, err)
	}
	manager, err := testkit.StartManager(program, kubeconfig, filepath.Join(s.State, "manager.log"),
		"--leader-elect", "--leader-election-namespace="+testkit.Installed.Namespace, "--health-probe-bind-address="+probes)
	if err != nil {
		return err
	}
	s.parts.manager = manager
	s.onStop("the manager", manager.Stop)
	return nil
}
