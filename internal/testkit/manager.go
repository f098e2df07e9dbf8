package testkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// lastLines of a log are what tells why a program ended.
const lastLines = 20

// Build builds one of this module's programs, for instance "./cmd/manager", into a file:
// with the race detector where this program has it.
func Build(ctx context.Context, program, file string) error {
	root, err := Root()
	if err != nil {
		return err
	}
	args := append(append([]string{"build"}, raceFlags...), "-o", file, program)
	command := exec.CommandContext(ctx, "go", args...) //nolint:gosec // our own program into our own folder
	command.Dir = root
	// A build that is not wanted any more ends with its compilers, and what it leaves lies
	// beside what it was to make.
	command.Env = append(os.Environ(), "GOTMPDIR="+filepath.Dir(file))
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", program, err, bytes.TrimSpace(output))
	}
	return nil
}

// Process is a running program.
type Process struct {
	// Log is the file that holds what it printed.
	Log string
	// Ended is closed when it has ended.
	Ended chan struct{}

	command *exec.Cmd
	err     error
}

// StartManager runs a built manager with the rights of a kubeconfig. What it prints is
// appended to a log. It dies with this process, and only the flags given are set, besides
// that providers may have loopback addresses and no metrics are served.
func StartManager(program, kubeconfig, log string, flags ...string) (*Process, error) {
	return Start(log, "KUBECONFIG="+kubeconfig, program, append([]string{"--allow-private-endpoints", "--metrics-bind-address=0"}, flags...)...)
}

// StartControllerManager runs the part of kube-controller-manager that empties namespaces
// and collects garbage, for tests in which that matters.
func StartControllerManager(kubeconfig, log string) (*Process, error) {
	assets, err := Assets()
	if err != nil {
		return nil, err
	}
	program := filepath.Join(assets, "kube-controller-manager")
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("%w: run 'hack/controlplane/assets.sh etcd kube-apiserver kubectl kube-controller-manager' and set KUBEBUILDER_ASSETS to what it prints", err)
	}
	return Start(log, "", program, "--kubeconfig="+kubeconfig, "--leader-elect=false", "--secure-port=0",
		"--controllers=namespace-controller,garbage-collector-controller", "--kube-api-qps=500", "--kube-api-burst=1000")
}

// Start runs a program that dies with this process, with its output appended to a log. The
// environment is one "NAME=value" besides this process's own, or empty.
func Start(log, environment, program string, args ...string) (*Process, error) {
	name := filepath.Base(program)
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the log of %s: %w", name, err)
	}
	command := exec.Command(program, args...) //nolint:gosec,noctx // one of our own; it is stopped in order, not killed with a context
	command.Env = os.Environ()
	if environment != "" {
		command.Env = append(command.Env, environment)
	}
	command.Stdout, command.Stderr = out, out
	// A process group of its own: Ctrl-C is for whoever started it, and stops it in order.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), out.Close())
	}
	p := &Process{command: command, Log: log, Ended: make(chan struct{})}
	go func() {
		p.err = errors.Join(command.Wait(), out.Close())
		close(p.Ended)
	}()
	return p, nil
}

// Stop asks the process to end, and ends it if it does not before the context does.
func (p *Process) Stop(ctx context.Context) error {
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-p.Ended:
		return nil
	case <-ctx.Done():
		p.Kill()
		return errors.New("it did not end when asked and was killed")
	}
}

// Kill ends the process as a power cut would, and returns when it has ended.
func (p *Process) Kill() {
	_ = p.command.Process.Kill() // it may have ended already
	<-p.Ended
}

// Freeze holds the process where it is, as a machine that is moved or out of memory does,
// until Thaw.
func (p *Process) Freeze() error { return p.command.Process.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on, which does not know that it was frozen.
func (p *Process) Thaw() error { return p.command.Process.Signal(syscall.SIGCONT) }

// ExitError tells how a process ended that was not asked to.
func (p *Process) ExitError() error {
	body, err := os.ReadFile(p.Log)
	if err != nil {
		return fmt.Errorf("the manager ended (%w); its log cannot be read: %w", p.err, err)
	}
	lines := bytes.Split(bytes.TrimSpace(body), []byte("\n"))
	return fmt.Errorf("the manager ended by itself (%w); its last words:\n%s", p.err, bytes.Join(lines[max(0, len(lines)-lastLines):], []byte("\n")))
}

// Memory is how many bytes of memory a running process has resident, and had at most.
func (p *Process) Memory() (now, most int64, err error) {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, 0, fmt.Errorf("read the memory of a process: %w", err)
	}
	for line := range strings.Lines(string(body)) {
		var kib int64
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "VmRSS", "VmHWM":
			if _, err := fmt.Sscanf(value, "%d kB", &kib); err != nil {
				return 0, 0, fmt.Errorf("read the memory of a process: %w", err)
			}
			if name == "VmRSS" {
				now = kib << 10
			} else {
				most = kib << 10
			}
		}
	}
	return now, most, nil
}
