package diagnose

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/config/crd"
)

// Shipped are the CRDs that this program knows, as they are installed.
func Shipped() ([]apiextensionsv1.CustomResourceDefinition, error) {
	files, err := fs.Glob(crd.Bases, "bases/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("embedded CRDs: %w", err)
	}
	list := make([]apiextensionsv1.CustomResourceDefinition, len(files))
	for i, file := range files {
		body, err := fs.ReadFile(crd.Bases, file)
		if err == nil {
			err = yaml.UnmarshalStrict(body, &list[i])
		}
		if err != nil {
			return nil, fmt.Errorf("embedded CRD %s: %w", file, err)
		}
	}
	return list, nil
}

// versionOf is the version of a CRD that this program knows; nil where it is not served.
func versionOf(crd *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.CustomResourceDefinitionVersion {
	at := slices.IndexFunc(crd.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool {
		return v.Name == v1alpha1.SchemeGroupVersion.Version && v.Served
	})
	if at < 0 {
		return nil
	}
	return &crd.Spec.Versions[at]
}

// established says whether objects of our version can be used.
func established(crd *apiextensionsv1.CustomResourceDefinition) bool {
	is := slices.ContainsFunc(crd.Status.Conditions, func(c apiextensionsv1.CustomResourceDefinitionCondition) bool {
		return c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue
	})
	return is && crd.DeletionTimestamp.IsZero() && versionOf(crd) != nil
}

// sameSchema says whether two CRDs accept and refuse the same: descriptions make no difference.
func sameSchema(a, b *apiextensionsv1.CustomResourceDefinition) bool {
	return reflect.DeepEqual(shapeOf(versionOf(a)), shapeOf(versionOf(b)))
}

func shapeOf(version *apiextensionsv1.CustomResourceDefinitionVersion) (shape any) {
	if version == nil || version.Schema == nil {
		return nil
	}
	body, err := json.Marshal(version.Schema.OpenAPIV3Schema)
	if err != nil || json.Unmarshal(body, &shape) != nil {
		return nil
	}
	DropDescriptions(shape)
	return shape
}

// DropDescriptions takes descriptions out of a schema, and leaves a field of that name alone: it is an object.
func DropDescriptions(value any) {
	switch v := value.(type) {
	case map[string]any:
		if _, is := v["description"].(string); is {
			delete(v, "description")
		}
		for _, part := range v {
			DropDescriptions(part)
		}
	case []any:
		for _, part := range v {
			DropDescriptions(part)
		}
	}
}
