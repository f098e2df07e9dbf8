package table

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// TestATableIsReadAsItWasWritten: as YAML, as JSON, and as cells in both languages.
func TestATableIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tables(t)
		for what, write := range map[string]func() ([]byte, error){"YAML": table.YAML, "JSON": table.JSON} {
			body, err := write()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Decode(body)
			if err != nil || cmp.Diff(table, again) != "" {
				t.Fatalf("%s: %v\n%s\n%s", what, err, cmp.Diff(table, again), body)
			}
		}
		for _, f := range []Format{{Language: English}, {Language: French}, {Language: English, Excel: true}, {Language: French, Excel: true}, {Language: French, Blank: 2}} {
			cells, err := table.CSV(f)
			if err != nil {
				t.Fatal(err)
			}
			again, err := FromCSV(cells, seen, "drawn")
			if err != nil || cmp.Diff(table, again) != "" {
				t.Fatalf("%+v: %v\n%s\n%s", f, err, cmp.Diff(table, again), cells)
			}
		}
	})
}

// TestNoCellIsAFormula: whatever names and addresses there are.
func TestNoCellIsAFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells, err := tables(t).CSV(Format{Language: English})
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(cells), "\n") {
			for cell := range strings.SplitSeq(line, ",") {
				if cell = strings.Trim(cell, `"`); cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
					t.Fatalf("%q in %q", cell, line)
				}
			}
		}
	})
}

// TestEveryLabelMeansOnePermission: of a scope, in either language, however it is written.
func TestEveryLabelMeansOnePermission(t *testing.T) {
	for _, p := range hosting.Catalogue() {
		scope := p.Scope
		if scope == hosting.ScopeFlag {
			scope = hosting.ScopeOverall
		}
		for _, label := range []string{p.LabelEN, p.LabelFR, strings.ToUpper(p.LabelFR), " " + strings.ReplaceAll(p.LabelEN, " ", "\u00a0") + " "} {
			c, ok := columnOf(label)
			if got, _ := c.permission(scope); !ok || got != p.Name {
				t.Errorf("%q on %s means %q, not %s", label, scope, got, p.Name)
			}
		}
	}
}

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

// TestEncodings: the same cells in what spreadsheets save.
func TestEncodings(t *testing.T) {
	table := Table{Owner: "owner@acme.example", TakenAt: seen, Accounts: []string{"shop"}, Servers: []string{"web1"}, Rows: []Row{{Email: "ann@acme.example", RequireTwoFactor: true, Accounts: []Held{{"shop", []string{"Databases"}}}}}}.Canonical()
	cells, err := table.CSV(Format{Language: French, Excel: true})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimPrefix(string(cells), byteOrderMark)
	legacy, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	var little, big bytes.Buffer
	for _, unit := range append([]uint16{0xFEFF}, utf16.Encode([]rune(strings.ReplaceAll(text, ";", "\t")))...) {
		little.Write(binary.LittleEndian.AppendUint16(nil, unit))
		big.Write(binary.BigEndian.AppendUint16(nil, unit))
	}
	for what, body := range map[string]string{
		"UTF-8 with its mark": string(cells), "UTF-8": text, "Windows-1252": legacy, "UTF-16 little": little.String(), "UTF-16 big": big.String(),
		"line ends of an old Macintosh": strings.ReplaceAll(text, "\r\n", "\r"), "Excel's own first line": "sep=;\r\n" + text, "empty lines": "\r\n" + strings.ReplaceAll(text, "\r\n", "\r\n;;;\r\n"),
		"quotes everywhere": quoted(text),
	} {
		got, err := FromCSV([]byte(body), seen, "")
		if err != nil || cmp.Diff(table, got) != "" {
			t.Errorf("%s: %v %s", what, err, cmp.Diff(table, got))
		}
	}
}

// quoted puts every cell into quotes.
func quoted(text string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		lines = append(lines, `"`+strings.ReplaceAll(line, ";", `";"`)+`"`)
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

func TestDiff(t *testing.T) {
	before, err := Decode([]byte(file1))
	if err != nil {
		t.Fatal(err)
	}
	after, err := Decode([]byte(strings.NewReplacer("08:00", "09:00", "Billing", "AccountManagement", "[shop, blog]", "[shop, new]", "bob@", "BOB@", "- email: ann", "- email: cyd@acme.example\n- email: ann", "servers: []", "servers: [web1]").Replace(file1)))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Diff(before, after)
	if err != nil || len(d.People) != 2 || fmt.Sprint(d.PlacesCame, d.PlacesWent) != "[account new server web1] [account blog]" {
		t.Fatalf("%v %+v", err, d)
	}
	if ann := d.People[0]; fmt.Sprint(ann.Added, ann.Removed) != "[{Overall  AccountManagement}] [{Overall  Billing}]" || ann.Came || ann.Went {
		t.Errorf("%+v", ann)
	}
	if cyd := d.People[1]; !cyd.Came || len(cyd.Added) > 0 {
		t.Errorf("%+v", cyd)
	}
	if d, err := Diff(before, before); err != nil || !d.Empty() {
		t.Error(d, err)
	}
	if _, err := Diff(after, before); err == nil || !strings.Contains(err.Error(), "older than the one before it") {
		t.Error(err)
	}
	before.Owner = "other@acme.example"
	if _, err := Diff(before, after); err == nil || err.Error() != "the tables are of two owners" {
		t.Error(err)
	}
}

func TestWhatCheckRefuses(t *testing.T) {
	table, err := Decode([]byte(file1))
	if err != nil {
		t.Fatal(err)
	}
	later := table
	later.TakenAt = seen.Add(time.Second)
	for _, c := range []struct {
		hours int
		want  Requirement
		says  string
	}{
		{1, Requirement{}, ""},
		{0, Requirement{Owner: "OWNER@acme.example", Accounts: []string{"blog", "shop"}, Servers: []string{}}, ""},
		{-1, Requirement{}, "dated in the future: 2026-11-29 08:00 UTC"},
		{49, Requirement{MaxAge: 24 * time.Hour}, "2 days old; at most 24 hours is wanted"},
		{1, Requirement{Owner: "other@acme.example"}, "of another owner"},
		{1, Requirement{After: &later}, "older than the one before it"},
		{1, Requirement{Accounts: []string{"shop", "cellar"}}, "the table lacks the accounts cellar\nthe table lists the accounts blog, which the provider does not have"},
		{1, Requirement{Servers: []string{"web1"}}, "the table lacks the servers web1"},
	} {
		err := table.Check(seen.Add(time.Duration(c.hours)*time.Hour), c.want)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%+v: %v, want %q", c.want, err, c.says)
		}
	}
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
