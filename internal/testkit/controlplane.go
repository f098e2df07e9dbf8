// Package testkit starts the real parts that tests and the sandbox run against.
package testkit

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// ControlPlane says how a local control plane is started.
type ControlPlane struct {
	// CRDs installs config/crd/bases.
	CRDs bool
	// CertDir keeps the certificates there, so that the API server can be stopped and started
	// again with the same ones. Empty for a folder that goes when it stops.
	CertDir string
	// AttachOutput lets the programs write to this process's output.
	AttachOutput bool
}

// programs a control plane needs.
var programs = []string{"etcd", "kube-apiserver"}

// Assets is the folder with the control plane's programs: KUBEBUILDER_ASSETS if set, else
// bin/k8s of this module.
func Assets() (string, error) {
	folder := os.Getenv("KUBEBUILDER_ASSETS")
	if folder == "" {
		root, err := Root()
		if err != nil {
			return "", err
		}
		folder = filepath.Join(root, "bin", "k8s")
	}
	for _, program := range programs {
		if _, err := os.Stat(filepath.Join(folder, program)); err != nil {
			return "", fmt.Errorf("the control plane's %s is not in %s: run 'make controlplane'", program, folder)
		}
	}
	return folder, nil
}

// Root is the folder of this module's go.mod, found upwards from the working directory.
func Root() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("find the module: no go.mod here or above; run this inside a checkout")
		}
		folder = parent
	}
}

// FreeAddress is one on loopback that nobody listens at, outside the range that outgoing connections take
// their ports from: an API server that is stopped and started again finds it free.
func FreeAddress() (address string, err error) {
	const lowest, count, tries = 20000, 12000, 20
	for range tries {
		address = net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+rand.IntN(count))) //nolint:gosec // a port is no secret
		var listener net.Listener
		if listener, err = net.Listen("tcp", address); err != nil {
			continue
		}
		if err = listener.Close(); err == nil {
			return address, nil
		}
	}
	return "", fmt.Errorf("find a free port: %w", err)
}

// startTimeout is how long each part of a control plane may take to come up, on however busy a machine.
const startTimeout = 2 * time.Minute

// StartControlPlane starts etcd and a kube-apiserver on loopback. The caller stops it; they
// also end with the process.
func StartControlPlane(options ControlPlane) (*envtest.Environment, *rest.Config, error) {
	assets, err := Assets()
	if err != nil {
		return nil, nil, err
	}
	scripts, err := endWithParent(assets)
	if err != nil {
		return nil, nil, err
	}
	root, err := Root()
	if err != nil {
		return nil, nil, err
	}
	environment := &envtest.Environment{
		BinaryAssetsDirectory:    assets,
		ControlPlaneStartTimeout: startTimeout,
		ControlPlaneStopTimeout:  30 * time.Second,
		AttachControlPlaneOutput: options.AttachOutput,
	}
	if options.CRDs {
		environment.CRDDirectoryPaths = []string{filepath.Join(root, "config", "crd", "bases")}
		environment.ErrorIfCRDPathMissing = true
		environment.CRDInstallOptions.MaxTime = startTimeout
	}
	// As paths: KUBEBUILDER_ASSETS goes before the folder above.
	environment.ControlPlane.Etcd = &envtest.Etcd{Path: filepath.Join(scripts, "etcd")}
	server := environment.ControlPlane.GetAPIServer()
	server.Path, server.CertDir = filepath.Join(scripts, "kube-apiserver"), options.CertDir
	address, err := FreeAddress()
	if err != nil {
		return nil, nil, err
	}
	if server.Address, server.Port, err = net.SplitHostPort(address); err != nil {
		return nil, nil, fmt.Errorf("find a free port: %w", err)
	}
	config, err := environment.Start()
	if err != nil {
		return nil, nil, fmt.Errorf("start the control plane: %w", errors.Join(err, environment.Stop()))
	}
	return environment, config, nil
}
