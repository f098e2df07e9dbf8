package sandbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

// Where the samples live and what they expect.
const (
	samples         = "config/samples"
	sampleNamespace = "acme-hosting"
	sampleKey       = "acme-key"
)

// apply applies the samples as a user would, pointed at the sandbox's provider.
func (s *sandbox) apply(ctx context.Context) error {
	defer s.console.step("applying %s, its HostingBackend pointed at the sandbox's provider and set to mode %s (the sample observes)", samples, v1alpha1.ModeEnforce)()
	rendered, err := testkit.Kubectl(ctx, s.parts.kubeconfig, "kustomize", samples)
	if err != nil {
		return err
	}
	manifests, err := point(rendered, s.parts.provider.URL(), s.parts.provider.CABundle())
	if err != nil {
		return fmt.Errorf("%s: %w", samples, err)
	}
	stream, err := joinYAML(append([]any{namespace(), s.secret()}, manifests...))
	if err != nil {
		return err
	}
	file := filepath.Join(s.State, "company.yaml")
	if err := os.WriteFile(file, stream, 0o600); err != nil {
		return fmt.Errorf("write the manifests: %w", err)
	}
	_, err = testkit.Kubectl(ctx, s.parts.kubeconfig, "apply", "--server-side", "-f", file)
	return err
}

func namespace() *corev1.Namespace {
	return &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: sampleNamespace},
	}
}

func (s *sandbox) secret() *corev1.Secret {
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Namespace: sampleNamespace, Name: sampleKey},
		Type:       v1alpha1.SecretTypeCredentials,
		StringData: map[string]string{"token": s.parts.token, "url": s.parts.provider.URL()},
	}
}

// point has every HostingBackend of a stream use another endpoint, and make its table match: nobody
// else's is in danger there. Namespaces are left out.
func point(stream, url string, authority []byte) ([]any, error) {
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(stream)), 4096)
	var manifests []any
	for {
		object := map[string]any{}
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return manifests, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read manifests: %w", err)
		}
		switch object["kind"] {
		case nil, "Namespace":
			continue
		case "HostingBackend":
			ca := base64.StdEncoding.EncodeToString(authority)
			if err := errors.Join(unstructured.SetNestedField(object, url, "spec", "endpoint", "url"),
				unstructured.SetNestedField(object, ca, "spec", "endpoint", "caBundle"),
				unstructured.SetNestedField(object, string(v1alpha1.ModeEnforce), "spec", "mode")); err != nil {
				return nil, fmt.Errorf("HostingBackend: %w", err)
			}
		}
		manifests = append(manifests, object)
	}
}

func joinYAML(objects []any) ([]byte, error) {
	stream := &bytes.Buffer{}
	for _, object := range objects {
		body, err := yaml.Marshal(object)
		if err != nil {
			return nil, fmt.Errorf("write manifests: %w", err)
		}
		fmt.Fprintf(stream, "---\n%s", body)
	}
	return stream.Bytes(), nil
}
