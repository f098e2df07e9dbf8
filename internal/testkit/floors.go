package testkit

import (
	"context"
	"fmt"
	"strings"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// floors are the shortest intervals that the CRDs take, in their rules, and what tests wait
// in their place.
var floors = strings.NewReplacer("duration('30s')", "duration('1s')", "duration('1m')", "duration('1s')")

// LowerFloors has the API server take intervals from one second on, and returns once it does:
// for tests in which the floors are not the subject.
func LowerFloors(ctx context.Context, config *rest.Config) error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{apiextensionsv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return fmt.Errorf("lower the floors: %w", err)
		}
	}
	k8s, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return fmt.Errorf("lower the floors: %w", err)
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := k8s.Get(ctx, client.ObjectKey{Name: "hostingbackends.hostgrant.io"}, crd); err != nil {
		return fmt.Errorf("lower the floors: %w", err)
	}
	before := crd.DeepCopy()
	for _, version := range crd.Spec.Versions {
		lower(version.Schema.OpenAPIV3Schema)
	}
	if err := k8s.Patch(ctx, crd, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("lower the floors: %w", err)
	}
	// The API server takes up a schema a moment after it is written.
	short := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "floors"}}
	short.Spec.Interval.Duration = time.Second
	short.Spec.Endpoint = v1alpha1.Endpoint{URL: "https://hosting.example/v1/", CredentialsSecretRef: v1alpha1.LocalReference{Name: "none"}}
	var refused error
	err = wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
		refused = k8s.Create(ctx, short.DeepCopy(), client.DryRunAll)
		return refused == nil, nil
	})
	if err != nil {
		return fmt.Errorf("lower the floors: %w: %w", err, refused)
	}
	return nil
}

// lower lowers the floors of a schema and of all below it.
func lower(schema *apiextensionsv1.JSONSchemaProps) {
	for i := range schema.XValidations {
		schema.XValidations[i].Rule = floors.Replace(schema.XValidations[i].Rule)
	}
	for name, property := range schema.Properties {
		lower(&property)
		schema.Properties[name] = property
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		lower(schema.Items.Schema)
	}
}
