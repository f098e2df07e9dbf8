package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/client-go/rest"

	"github.com/hostgrant/hostgrant/internal/testkit"
)

// lastLines of a log are what tells why a program ended.
const lastLines = 20

// build builds the manager.
func build(ctx context.Context, program string) error {
	root, err := testkit.Root()
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/manager") //nolint:gosec // our own program into our own folder
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the manager: %w: %s", err, bytes.TrimSpace(output))
	}
	return nil
}

// process is a child process.
type process struct {
	command *exec.Cmd
	log     string
	ended   chan struct{}
	err     error
}

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
	log, err := os.Create(filepath.Join(s.State, "manager.log"))
	if err != nil {
		return fmt.Errorf("make the manager's log: %w", err)
	}
	//nolint:gosec,noctx // our own program; it is stopped in order, not killed with the context
	command := exec.Command(program, "--leader-elect", "--leader-election-namespace="+testkit.ManagerNamespace, "--allow-private-endpoints",
		"--metrics-bind-address=0", "--health-probe-bind-address="+probes)
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	command.Stdout, command.Stderr = log, log
	// A process group of its own: Ctrl-C is for the sandbox, which stops its parts in order.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return errors.Join(fmt.Errorf("start the manager: %w", err), log.Close())
	}
	manager := &process{command: command, log: log.Name(), ended: make(chan struct{})}
	go func() {
		manager.err = errors.Join(command.Wait(), log.Close())
		close(manager.ended)
	}()
	s.parts.manager = manager
	s.onStop("the manager", manager.stop)
	return nil
}

// stop asks the process to end, and ends it if it does not.
func (p *process) stop(ctx context.Context) error {
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		_ = p.command.Process.Kill()
		<-p.ended
		return errors.New("it did not end when asked and was killed")
	}
}

// obituary tells how a process ended that was not asked to.
func (p *process) obituary() error {
	body, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Errorf("the manager ended (%w); its log cannot be read: %w", p.err, err)
	}
	lines := bytes.Split(bytes.TrimSpace(body), []byte("\n"))
	return fmt.Errorf("the manager ended by itself (%w); its last words:\n%s", p.err, bytes.Join(lines[max(0, len(lines)-lastLines):], []byte("\n")))
}

// freeAddress finds a loopback address that nothing listens on.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// pollInterval is how often the world is looked at while waiting.
const pollInterval = 500 * time.Millisecond
