package testkit

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Rendered are the objects of a kustomization, named from the module's root, in the order in which they can be applied:
// namespaces and CRDs come first.
func Rendered(folder string) ([]*unstructured.Unstructured, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionLegacy
	built, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), filepath.Join(root, folder))
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", folder, err)
	}
	objects := make([]*unstructured.Unstructured, 0, built.Size())
	for _, resource := range built.Resources() {
		object, err := resource.Map()
		if err != nil {
			return nil, fmt.Errorf("render %s: %w", folder, err)
		}
		objects = append(objects, &unstructured.Unstructured{Object: object})
	}
	return objects, nil
}

// Apply does what 'kubectl apply --server-side' does with objects, in their order, and waits until what CRDs declare is
// served.
func Apply(ctx context.Context, config *rest.Config, objects []*unstructured.Unstructured) error {
	c, err := client.New(config, client.Options{Scheme: runtime.NewScheme()})
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	var crds []*apiextensionsv1.CustomResourceDefinition
	for _, object := range objects {
		if err := c.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("kubectl")); err != nil {
			return fmt.Errorf("apply %s %s: %w", object.GetKind(), object.GetName(), err)
		}
		if object.GetKind() == "CustomResourceDefinition" {
			crd := &apiextensionsv1.CustomResourceDefinition{}
			err = errors.Join(err, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, crd))
			crds = append(crds, crd)
		}
	}
	if err := errors.Join(err, envtest.WaitForCRDs(config, crds, envtest.CRDInstallOptions{MaxTime: startTimeout, PollInterval: 100 * time.Millisecond})); err != nil {
		return fmt.Errorf("wait for CRDs: %w", err)
	}
	return nil
}
