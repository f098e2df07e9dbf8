package apivalidation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

// crds are the CRDs by kind.
func crds(t testing.TB) map[string]apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	root, err := testkit.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
	if err != nil || len(files) != len(kinds) {
		t.Fatalf("%d CRDs for %d kinds (%v)", len(files), len(kinds), err)
	}
	found := map[string]apiextensionsv1.CustomResourceDefinition{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		crd := apiextensionsv1.CustomResourceDefinition{}
		if err == nil {
			err = yaml.UnmarshalStrict(body, &crd)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		found[crd.Spec.Names.Kind] = crd
	}
	return found
}

// schemas are the CRDs' schemas by kind.
func schemas(t testing.TB) map[string]apiextensionsv1.JSONSchemaProps {
	t.Helper()
	found := map[string]apiextensionsv1.JSONSchemaProps{}
	for kind, crd := range crds(t) {
		found[kind] = *crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	}
	return found
}

// visit calls a function with every part of a schema and its path.
func visit(path string, s apiextensionsv1.JSONSchemaProps, f func(string, apiextensionsv1.JSONSchemaProps)) {
	f(path, s)
	for name, p := range s.Properties {
		visit(path+"."+name, p, f)
	}
	if s.Items != nil {
		visit(path+"[]", *s.Items.Schema, f)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		visit(path+"{}", *s.AdditionalProperties.Schema, f)
	}
}

func TestEveryListAndStringIsBounded(t *testing.T) {
	for kind, schema := range schemas(t) {
		for _, part := range []string{"spec", "status"} {
			visit(kind+"."+part, schema.Properties[part], func(path string, s apiextensionsv1.JSONSchemaProps) {
				switch {
				case s.Type == "array" && s.MaxItems == nil:
					t.Errorf("%s: a list without maxItems", path)
				case s.Type == "object" && s.AdditionalProperties != nil && s.MaxProperties == nil:
					t.Errorf("%s: a map without maxProperties", path)
				case s.Type == "string" && s.MaxLength == nil && len(s.Enum) == 0 && s.Format != "date-time":
					t.Errorf("%s: a string without maxLength", path)
				case s.XPreserveUnknownFields != nil:
					t.Errorf("%s: keeps unknown fields", path)
				}
			})
		}
	}
}

func TestEveryFieldIsDescribed(t *testing.T) {
	for kind, schema := range schemas(t) {
		for name, part := range schema.Properties {
			if name == "metadata" {
				continue
			}
			visit(kind+"."+name, part, func(path string, s apiextensionsv1.JSONSchemaProps) {
				for field, p := range s.Properties {
					if p.Description == "" {
						t.Errorf("%s.%s: no description", path, field)
					}
				}
			})
		}
	}
}

// kubectl prints a list or a map as JSON.
func TestColumnsPrintPlainValues(t *testing.T) {
	for kind, crd := range crds(t) {
		version := crd.Spec.Versions[0]
		for _, column := range version.AdditionalPrinterColumns {
			path, _, filtered := strings.Cut(strings.TrimPrefix(column.JSONPath, "."), "[")
			schema := *version.Schema.OpenAPIV3Schema
			for field := range strings.SplitSeq(path, ".") {
				schema = schema.Properties[field]
			}
			if !filtered && (schema.Type == "array" || schema.Type == "object") {
				t.Errorf("%s: the column %s prints JSON", kind, column.Name)
			}
		}
	}
}

func TestEnumsAreTheCatalogue(t *testing.T) {
	found := schemas(t)
	grant, set := found["PermissionGrant"].Properties["spec"], found["PermissionSet"].Properties["spec"]
	rule := found["HostingBackend"].Properties["spec"].Properties["grantRules"].Items.Schema.Properties["permissions"]
	for scope, lists := range map[hosting.Scope][]apiextensionsv1.JSONSchemaProps{
		hosting.ScopeOverall: {grant.Properties["overall"], set.Properties["overall"], rule.Properties["overall"]},
		hosting.ScopeAccount: {grant.Properties["accounts"].Items.Schema.Properties["permissions"], set.Properties["perAccount"], rule.Properties["perAccount"]},
		hosting.ScopeServer:  {grant.Properties["servers"].Items.Schema.Properties["permissions"], set.Properties["perServer"], rule.Properties["perServer"]},
	} {
		want := []string{}
		for _, p := range hosting.Catalogue() {
			if p.Scope == scope {
				want = append(want, fmt.Sprintf("%q", p.Name))
			}
		}
		for _, list := range lists {
			got := []string{}
			for _, value := range list.Items.Schema.Enum {
				got = append(got, string(value.Raw))
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: the CRD has %v, the catalogue %v", scope, got, want)
			}
		}
	}
}

// ofCondition is the path of a column that shows a part of a condition.
var ofCondition = regexp.MustCompile(`^\.status\.conditions\[\?\(@\.type=="\w+"\)\]\.(status|reason|message)$`)

// TestColumnsShowWords: a list or an object prints as JSON, and a date to come as <invalid>.
func TestColumnsShowWords(t *testing.T) {
	for kind, crd := range crds(t) {
		for _, column := range crd.Spec.Versions[0].AdditionalPrinterColumns {
			if column.JSONPath == ".metadata.creationTimestamp" || ofCondition.MatchString(column.JSONPath) {
				continue
			}
			at := *crd.Spec.Versions[0].Schema.OpenAPIV3Schema
			for name := range strings.SplitSeq(strings.TrimPrefix(column.JSONPath, "."), ".") {
				at = at.Properties[name]
			}
			if !slices.Contains([]string{"string", "integer", "boolean"}, at.Type) || column.Type == "date" {
				t.Errorf("%s: column %s of type %s shows %s, of type %q", kind, column.Name, column.Type, column.JSONPath, at.Type)
			}
		}
	}
}
