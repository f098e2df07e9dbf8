package sandbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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
	rendered, err := testkit.Rendered(samples)
	if err != nil {
		return err
	}
	manifests, err := point(rendered, s.parts.provider.URL(), s.parts.provider.CABundle())
	if err != nil {
		return fmt.Errorf("%s: %w", samples, err)
	}
	manifests = append([]*unstructured.Unstructured{namespace(), s.secret()}, manifests...)
	stream, err := joinYAML(manifests)
	if err != nil {
		return err
	}
	file := filepath.Join(s.State, "company.yaml")
	if err := os.WriteFile(file, stream, 0o600); err != nil {
		return fmt.Errorf("write the manifests: %w", err)
	}
	return testkit.Apply(ctx, s.parts.admin, manifests)
}

func namespace() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": sampleNamespace}}}
}

func (s *sandbox) secret() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"namespace": sampleNamespace, "name": sampleKey},
		"type": string(v1alpha1.SecretTypeCredentials), "stringData": map[string]any{"token": s.parts.token, "url": s.parts.provider.URL()},
	}}
}

// point has every HostingBackend use another endpoint, and make its table match: nobody else's is in danger there.
// Namespaces are left out.
func point(objects []*unstructured.Unstructured, url string, authority []byte) (manifests []*unstructured.Unstructured, err error) {
	for _, object := range objects {
		switch object.GetKind() {
		case "Namespace":
			continue
		case "HostingBackend":
			ca := base64.StdEncoding.EncodeToString(authority)
			if err := errors.Join(unstructured.SetNestedField(object.Object, url, "spec", "endpoint", "url"),
				unstructured.SetNestedField(object.Object, ca, "spec", "endpoint", "caBundle"),
				unstructured.SetNestedField(object.Object, string(v1alpha1.ModeEnforce), "spec", "mode")); err != nil {
				return nil, fmt.Errorf("HostingBackend: %w", err)
			}
		}
		manifests = append(manifests, object)
	}
	return manifests, nil
}

func joinYAML(objects []*unstructured.Unstructured) ([]byte, error) {
	stream := &bytes.Buffer{}
	for _, object := range objects {
		body, err := yaml.Marshal(object.Object)
		if err != nil {
			return nil, fmt.Errorf("write manifests: %w", err)
		}
		fmt.Fprintf(stream, "---\n%s", body)
	}
	return stream.Bytes(), nil
}
