package manifest

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/config/crd"
)

// kind is what an API server checks objects of one kind by.
type kind struct {
	schema *schema.Structural
	values validation.SchemaValidator
	rules  *cel.Validator
}

// kinds are read once: compiling the rules takes a moment.
var kinds = sync.OnceValues(func() (map[string]kind, error) {
	files, err := fs.Glob(crd.Bases, "bases/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("embedded CRDs: %w", err)
	}
	all := map[string]kind{}
	for _, file := range files {
		name, one, err := kindOf(file)
		if err != nil {
			return nil, fmt.Errorf("embedded CRD %s: %w", file, err)
		}
		all[name] = one
	}
	return all, nil
})

func kindOf(file string) (string, kind, error) {
	body, err := fs.ReadFile(crd.Bases, file)
	if err != nil {
		return "", kind{}, err //nolint:wrapcheck // the caller names the file
	}
	external, internal := &apiextensionsv1.CustomResourceDefinition{}, &apiextensions.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(body, external); err != nil {
		return "", kind{}, err //nolint:wrapcheck // the caller names the file
	}
	if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(external, internal, nil); err != nil {
		return "", kind{}, err //nolint:wrapcheck // the caller names the file
	}
	properties := internal.Spec.Validation
	if properties == nil {
		properties = internal.Spec.Versions[0].Schema
	}
	structural, err := schema.NewStructural(properties.OpenAPIV3Schema)
	if err != nil {
		return "", kind{}, err //nolint:wrapcheck // the caller names the file
	}
	values, _, err := validation.NewSchemaValidator(properties.OpenAPIV3Schema)
	return internal.Spec.Names.Kind, kind{structural, values, cel.NewValidator(structural, true, celconfig.PerCallLimit)}, err
}

// Check finds what an API server would refuse of an object of Hostgrant's, in the words in which it would,
// and enters the defaults. Fields that it does not know it would refuse where it is asked to be strict.
func Check(ctx context.Context, object *unstructured.Unstructured) (field.ErrorList, error) {
	all, err := kinds()
	if err != nil {
		return nil, err
	}
	k, known := all[object.GetKind()]
	if !known {
		return nil, fmt.Errorf("kind %q: there is none", object.GetKind())
	}
	return k.check(ctx, object), nil
}

func (k kind) check(ctx context.Context, object *unstructured.Unstructured) field.ErrorList {
	options := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	unknown := pruning.PruneWithOptions(object.Object, k.schema, true, options)
	errs, meant := field.ErrorList{}, map[string]bool{}
	for _, path := range unknown {
		detail := unknownField
		if name := k.closest(path); name != "" {
			meant[path[:strings.LastIndex(path, ".")+1]+name] = true
			detail += fmt.Sprintf("; did you mean %q?", name)
		}
		errs = append(errs, field.Invalid(field.NewPath(path), field.OmitValueType{}, detail))
	}
	defaulting.Default(object.Object, k.schema)
	defaulting.PruneNonNullableNullsWithoutDefaults(object.Object, k.schema)
	errs = append(errs, apivalidation.ValidateObjectMetaAccessor(object, true, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))...)
	errs = append(errs, validation.ValidateCustomResource(nil, object.Object, k.values)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.schema, object.Object)...)
	if !slices.ContainsFunc(errs, blocks) {
		rules, _ := k.rules.Validate(ctx, nil, k.schema, object.Object, nil, celconfig.RuntimeCELCostBudget)
		errs = append(errs, rules...)
	}
	errs = slices.DeleteFunc(errs, func(err *field.Error) bool {
		return err.Type == field.ErrorTypeRequired && meant[err.Field] // it stands there, misspelt
	})
	for _, err := range errs {
		if word, ok := err.BadValue.(string); ok && err.Type == field.ErrorTypeNotSupported {
			if meant := Closest(word, quoted.FindAllString(err.Detail, -1)); meant != "" && meant != strconv.Quote(word) {
				err.Detail = "did you mean " + meant + "? " + err.Detail
			}
		}
	}
	return errs
}

const unknownField = "unknown field"

// blocks says whether an API server checks no rules after an error: they may not be written for such a value.
func blocks(err *field.Error) bool {
	switch err.Type {
	case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
		return true
	}
	return false
}

// quoted are the words that an error lists.
var quoted = regexp.MustCompile(`"[^"]*"`)

// closest is the field that was most likely meant; empty where none is close.
func (k kind) closest(path string) string {
	parts := strings.Split(path, ".")
	at := k.schema
	for _, part := range parts[:len(parts)-1] {
		name, _, _ := strings.Cut(part, "[")
		next, there := at.Properties[name]
		if !there {
			return ""
		}
		at = &next
		for strings.Contains(part, "[") && at.Items != nil {
			at, part = at.Items, part[strings.Index(part, "[")+1:]
		}
	}
	names := make([]string, 0, len(at.Properties))
	for name := range at.Properties {
		names = append(names, name)
	}
	return Closest(parts[len(parts)-1], names)
}
