package testkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"
)

// Installation is a kustomization, from the module's root, and the service account that it gives
// the manager.
type Installation struct{ Folder, Namespace, ServiceAccount string }

// Installed is what suites and the sandbox install: config/default, or with
// HOSTGRANT_INSTALL=elsewhere an overlay with other names.
var Installed = installed(os.Getenv("HOSTGRANT_INSTALL"))

// Elsewhere is the overlay.
var Elsewhere = Installation{filepath.Join("internal", "testkit", "elsewhere"), "elsewhere", "acme-keeper"}

func installed(which string) Installation {
	if which == Elsewhere.Namespace {
		return Elsewhere
	}
	return Installation{filepath.Join("config", "default"), "hostgrant-system", "hostgrant-manager"}
}

// tokenLife is how long a manager's token is good for; the API server may give less.
const tokenLife = 24 * 60 * 60

// Kubectl runs kubectl with a kubeconfig, in the module's root, and returns what it printed.
// An error holds what kubectl said.
func Kubectl(ctx context.Context, kubeconfig string, args ...string) (string, error) {
	assets, err := Assets()
	if err != nil {
		return "", err
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	program := filepath.Join(assets, "kubectl")
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("%w: run 'make controlplane', which makes it", err)
	}
	command := exec.CommandContext(ctx, program, args...) //nolint:gosec // the assets' own program
	command.Dir = root
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	output, complaint := &bytes.Buffer{}, &bytes.Buffer{}
	command.Stdout, command.Stderr = output, complaint
	if err := command.Run(); err != nil {
		return output.String(), fmt.Errorf("kubectl %v: %w: %s", args, err, bytes.TrimSpace(complaint.Bytes()))
	}
	return output.String(), nil
}

// Install applies what an installation applies: CRDs, roles, admission policies, and a
// Deployment that nothing runs here. It returns the configuration of the manager's own service
// account, with the rights the roles give it and no others.
func (i Installation) Install(ctx context.Context, admin *rest.Config) (*rest.Config, error) {
	objects, err := Rendered(i.Folder)
	if err != nil {
		return nil, err
	}
	if err := Apply(ctx, admin, objects); err != nil {
		return nil, err
	}
	clientset, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](tokenLife)}}
	answer, err := clientset.CoreV1().ServiceAccounts(i.Namespace).CreateToken(ctx, i.ServiceAccount, request, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("get a token for the manager's service account: %w", err)
	}
	manager := rest.AnonymousClientConfig(admin)
	manager.BearerToken = answer.Status.Token
	return manager, nil
}

// WriteKubeconfig writes a configuration to a file that only the user may read.
func WriteKubeconfig(config *rest.Config, file string) error {
	const name = "hostgrant"
	kubeconfig := clientcmdapi.Config{
		CurrentContext: name,
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: name}},
		Clusters:       map[string]*clientcmdapi.Cluster{name: {Server: server(config), CertificateAuthorityData: config.CAData}},
		AuthInfos: map[string]*clientcmdapi.AuthInfo{name: {
			ClientCertificateData: config.CertData, ClientKeyData: config.KeyData, Token: config.BearerToken,
		}},
	}
	body, err := clientcmd.Write(kubeconfig)
	if err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, body, 0o600)); err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	return nil
}

// server is the API server's address as a URL.
func server(config *rest.Config) string {
	url, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return config.Host
	}
	return url.String()
}
