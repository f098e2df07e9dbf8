package table

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// TestTheSchemaKnowsTheCatalogue: its permissions are those of the catalogue, in its order.
func TestTheSchemaKnowsTheCatalogue(t *testing.T) {
	type node struct {
		Properties map[string]node
		Items      *node
		AnyOf      []struct{ Enum []string }
	}
	schema := node{}
	if err := json.Unmarshal(Schema, &schema); err != nil {
		t.Fatal(err)
	}
	row := schema.Properties["rows"].Items.Properties
	for scope, list := range map[hosting.Scope]node{
		hosting.ScopeOverall: row["overall"], hosting.ScopeAccount: row["accounts"].Items.Properties["permissions"], hosting.ScopeServer: row["servers"].Items.Properties["permissions"],
	} {
		var want []string
		for _, p := range hosting.Catalogue() {
			if p.Scope == scope {
				want = append(want, p.Name)
			}
		}
		if got := list.Items.AnyOf[0].Enum; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", scope, got, want)
		}
	}
}

const file1 = `apiVersion: table.hostgrant.io/v1
kind: AccessTable
owner: owner@acme.example
takenAt: 2026-11-29T08:00:00Z
source: by hand
notKnown: [ids, profiles, invitations, secondFactors]
accounts: [shop, blog]
servers: []
rows:
- email: ann@acme.example
  requireTwoFactor: true
  overall: [Billing]
- email: bob@acme.example
  accounts:
  - name: shop
    permissions: [Sites, "wire:newer"]
`

// TestWhatAFileIsRefusedFor: with the line. What the schema can say, it refuses as well, and it takes what is
// written.
func TestWhatAFileIsRefusedFor(t *testing.T) {
	check := schemaCheck(t)
	if _, err := Decode([]byte(file1)); err != nil || len(check(file1)) > 0 {
		t.Fatal(err, check(file1))
	}
	for _, c := range []struct {
		old, new, want string
		// beyond: a schema cannot say it.
		beyond bool
	}{
		{"table.hostgrant.io/v1", "table.hostgrant.io/v2", `line 1, column 13: apiVersion: "table.hostgrant.io/v1" is wanted, not "table.hostgrant.io/v2"`, false},
		{"AccessTable", "Table", "line 2", false},
		{"owner: owner@acme.example", "owner: nobody", "line 3, column 8: owner: an address needs the form name@domain", false},
		{"owner: owner@acme.example\n", "", "line 1, column 1: the table: the field owner is missing", false},
		{"2026-11-29T08:00:00Z", "yesterday", "line 4, column 10: takenAt: a time", false},
		{"2026-11-29T08:00:00Z", "1970-11-29T08:00:00Z", "line 4, column 10: takenAt: a time", false},
		{"source: by hand", "source: [by, hand]", "line 5, column 9: source: a text is wanted", false},
		{"source: by hand", "sauce: by hand", `line 5, column 1: the table has no field "sauce"`, false},
		{", secondFactors", "", "line 6, column 11: notKnown", false},
		{"invitations", "rights", "line 6, column 11: notKnown", false},
		{"[shop, blog]", "[shop, shop]", `line 7, column 18: accounts: "shop" is there twice`, false},
		{"[shop, blog]", `[shop, " blog"]`, "line 7, column 18: accounts: the name begins or ends with a space", false},
		{"[shop, blog]", `[shop, 12]`, "line 7, column 18: accounts: a text is wanted; put it into quotes", false},
		{"[shop, blog]", `[shop, ""]`, "line 7, column 18: accounts: the name is empty", false},
		{"[shop, blog]", `[blog]`, `line 15, column 5: accounts: the table lists no "shop" among its accounts`, true},
		{"servers: []", "servers: web1", "line 8, column 10: servers: a list is wanted", false},
		{"servers: []\n", "", "the field servers is missing", false},
		{"email: ann@acme.example", "address: ann@acme.example", `line 10, column 3: a row has no field "address"`, false},
		{"- email: bob@acme.example", "- email: ANN@acme.example", "line 13, column 3: this person has a row already, in line 10", true},
		{"requireTwoFactor: true", "requireTwoFactor: yes", "line 11, column 21: requireTwoFactor: true or false is wanted", true},
		{"requireTwoFactor: true", `requireTwoFactor: "true"`, "line 11, column 21: requireTwoFactor: true or false is wanted", false},
		{"overall: [Billing]", "overall: [Billing, Billing]", "line 12, column 22: overall: Billing is there twice", false},
		{"overall: [Billing]", "overall: [Facturation]", `line 12, column 13: overall: "Facturation" is no permission of scope Overall`, false},
		{"overall: [Billing]", "overall: [Sites]", `line 12, column 13: overall: "Sites" is no permission of scope Overall`, false},
		{"overall: [Billing]", "overall: [Billing]\n  overall: [Billing]", "line 13, column 3: a row has the field overall twice", true},
		{`"wire:newer"`, `"wire:"`, "line 16, column 26: accounts permissions", false},
		{`"wire:newer"`, `"wire:site"`, `line 16, column 26: accounts permissions: "wire:site" is Sites in the catalogue; write that`, true},
		{"- name: shop", "- nom: shop", `line 15, column 5: accounts has no field "nom"`, false},
		{"  - name: shop\n    permissions: [Sites, \"wire:newer\"]", "  - &a {name: shop, permissions: [Sites]}\n  - *a", "line 16, column 5: accounts: a mapping", true},
		{"rows:", "---\nrows:", "there is more than one document", true},
		{"kind: AccessTable", "kind: {", "line 1: did not find expected", true},
	} {
		text := strings.Replace(file1, c.old, c.new, 1)
		if text == file1 {
			t.Fatalf("%q is not in the file", c.old)
		}
		if got, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "@acme") {
			t.Errorf("%s: %v, want %s: %+v", c.new, err, c.want, got)
		}
		if !c.beyond && len(check(text)) == 0 {
			t.Errorf("%s: the schema takes it", c.new)
		}
	}
	for _, text := range []string{"", "\n", "12", "[]", "~"} {
		if _, err := Decode([]byte(text)); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

// TestTheSchemaTakesWhatIsWritten, whatever the table.
func TestTheSchemaTakesWhatIsWritten(t *testing.T) {
	check := schemaCheck(t)
	rapid.Check(t, func(t *rapid.T) {
		table := tables(t)
		for _, write := range []func() ([]byte, error){table.YAML, table.JSON} {
			body, err := write()
			if err != nil {
				t.Fatal(err)
			}
			if errs := check(string(body)); len(errs) > 0 {
				t.Fatal(errs, string(body))
			}
		}
	})
}

// schemaCheck finds what the schema refuses of a file.
func schemaCheck(t *testing.T) func(text string) []error {
	t.Helper()
	external, internal := &apiextensionsv1.JSONSchemaProps{}, &apiextensions.JSONSchemaProps{}
	if err := json.Unmarshal(Schema, external); err != nil {
		t.Fatal(err)
	}
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(external, internal, nil); err != nil {
		t.Fatal(err)
	}
	validator, _, err := validation.NewSchemaValidator(internal)
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) []error {
		var value any
		body, err := yaml.YAMLToJSON([]byte(text))
		if err == nil {
			err = json.Unmarshal(body, &value)
		}
		if err != nil {
			return []error{err}
		}
		return validator.Validate(value).Errors
	}
}
