package sandbox

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"

	"github.com/hostgrant/hostgrant/internal/testkit"
)

// pollInterval is how often the world is looked at while waiting.
const pollInterval = 500 * time.Millisecond

// startManager runs the manager as an installation does: under its own service account,
// and writing only while it holds the lease.
func (s *sandbox) startManager(ctx context.Context, program string, rights *rest.Config) error {
	defer s.console.step("starting the manager under its own service account")()
	kubeconfig := filepath.Join(s.State, "manager.kubeconfig")
	if err := testkit.WriteKubeconfig(rights, kubeconfig); err != nil {
		return err
	}
	probes, err := freeAddress(ctx)
	if err != nil {
		return err
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

// freeAddress finds a loopback address that nothing listens on.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}
