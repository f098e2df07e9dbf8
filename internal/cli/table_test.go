package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting/table"
)

// alone takes away what would lead to a cluster or a provider.
func alone(t *testing.T) {
	t.Helper()
	for _, name := range []string{"KUBECONFIG", "HOME", tokenVariable, "KUBERNETES_SERVICE_HOST"} {
		t.Setenv(name, "")
	}
	t.Chdir(t.TempDir())
}

// endsWith runs a command that ends with a code, and gives its output.
func endsWith(t *testing.T, code int, args ...string) (out, said string) {
	t.Helper()
	got, out, said := run(t, "", args...)
	if got != code {
		t.Fatalf("hostgrant %s: ends with %d, says %s%s", strings.Join(args, " "), got, out, said)
	}
	return out, said
}

// checked checks boxes in cells, or, without a mark, takes the marks away: by person, name of the place (empty:
// overall), and label.
func checked(t *testing.T, file string, separator rune, mark string, boxes ...[3]string) {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
	reader.Comma = separator
	lines, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, box := range boxes {
		column, found := slices.Index(lines[0], box[2]), false
		for _, line := range lines {
			if line[0] == box[0] && line[2] == box[1] && column > 0 {
				line[column], found = mark, true
			}
		}
		if !found {
			t.Fatalf("the cells have no %v: %s", box, body)
		}
	}
	var out bytes.Buffer
	writer := csv.NewWriter(&out)
	writer.Comma = separator
	if err := writer.WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// seenIn makes a table file of what is checked, in French and as Excel has it.
func seenIn(t *testing.T, name string, boxes ...[3]string) {
	t.Helper()
	cells := name + ".csv"
	endsWith(t, 0, "table", "template", "--owner", "owner@acme.example", "--account", "shop,blog", "--server", "web1",
		"--person", "ann@acme.example,bob@acme.example", "--language", "fr", "--file", cells)
	checked(t, cells, ';', "x", boxes...)
	endsWith(t, 0, "table", "from-csv", cells, "--owner", "Owner@acme.example", "--file", name)
}

var (
	annPays   = [3]string{"ann@acme.example", "", "Facturation"}
	annLocked = [3]string{"ann@acme.example", "", "2FA nécessaire"}
	bobSites  = [3]string{"bob@acme.example", "shop", "Sites"}
	bobBases  = [3]string{"bob@acme.example", "shop", "Bases de données"}
	bobKeys   = [3]string{"bob@acme.example", "web1", "Utilisateurs SSH"}
)

// TestWithoutClusterOrProvider: cells become a table, the table becomes manifests, and these change nothing; one
// edit is a change, and names it.
func TestWithoutClusterOrProvider(t *testing.T) {
	alone(t)
	seenIn(t, "table.yaml", annPays, annLocked, bobSites, bobBases, bobKeys)
	_, said := endsWith(t, 0, "import", "owner", "-n", "hosting", "--table", "table.yaml", "--folder", "hosting")
	for _, want := range []string{"2 Profiles, 0 PermissionSets, 2 PermissionGrants", "Note: what the provider has is from a table of ", "does not know who has a profile"} {
		if !strings.Contains(said, want) {
			t.Errorf("does not say %q: %s", want, said)
		}
	}
	if strings.Contains(said, "no profile yet") {
		t.Error("concludes from what is not known:", said)
	}
	out, _ := endsWith(t, 0, "plan", "-f", "hosting", "--base", "./hosting", "--table", "table.yaml")
	if !strings.Contains(out, "Plan: nothing changes.") || !strings.Contains(out, "minutes old (cells of table.yaml.csv)") {
		t.Error(out)
	}
	if err := os.CopyFS("edited", os.DirFS("hosting")); err != nil {
		t.Fatal(err)
	}
	grants, err := os.ReadFile("edited/grants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(grants), "- Databases", "- Backups", 1)
	if err := os.WriteFile("edited/grants.yaml", []byte(edited), 0o600); err != nil || edited == string(grants) {
		t.Fatal(err, edited)
	}
	out, _ = endsWith(t, 2, "plan", "-f", "edited", "--base", "./hosting", "--table", "table.yaml")
	for _, want := range []string{"1 person: Profile/bob", "+ account shop: Backups", "- account shop: Databases (no longer given by", "Plan: 1 person; 1 permission to add, 1 to take away; at most 0 mails."} {
		if !strings.Contains(out, want) {
			t.Errorf("does not say %q: %s", want, out)
		}
	}
	if strings.Contains(out, "@") {
		t.Error("tells an address:", out)
	}
	out, _ = endsWith(t, 2, "plan", "-f", "edited", "--table", "table.yaml")
	if !strings.Contains(out, "0 to take away") || !strings.Contains(out, "--base says what was declared before") {
		t.Error(out)
	}
}

// TestWhatTablesAreRefusedFor, wherever one is read.
func TestWhatTablesAreRefusedFor(t *testing.T) {
	alone(t)
	seenIn(t, "table.yaml", bobSites)
	body, err := os.ReadFile("table.yaml")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, change func(*table.Table)) {
		one, err := table.Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		change(&one)
		text, err := one.YAML()
		if err != nil || os.WriteFile(name, text, 0o600) != nil {
			t.Fatal(err)
		}
	}
	write("old.yaml", func(one *table.Table) { one.TakenAt = one.TakenAt.Add(-240 * time.Hour) })
	write("future.yaml", func(one *table.Table) { one.TakenAt = one.TakenAt.Add(time.Hour) })
	write("other.yaml", func(one *table.Table) { one.Owner = "other@acme.example" })
	if err := os.WriteFile("half.yaml", bytes.Replace(body, []byte("- Sites"), []byte("- Site"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("all.yaml", []byte(declared), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"table", "check", "table.yaml", "--max-age", "1d", "--owner", "owner@acme.example", "--after", "old.yaml"}, ""},
		{[]string{"table", "check", "old.yaml", "--max-age", "7d"}, "10 days old; at most 7 days is wanted: take a new look"},
		{[]string{"table", "check", "old.yaml", "--after", "table.yaml"}, "older than the one before it"},
		{[]string{"table", "check", "other.yaml", "--owner", "owner@acme.example"}, "the table is of another owner"},
		{[]string{"table", "check", "other.yaml", "--after", "old.yaml"}, "the tables are of two owners"},
		{[]string{"table", "check", "future.yaml"}, "dated in the future"},
		{[]string{"table", "check", "half.yaml"}, `half.yaml: line 22, column 7: accounts permissions: "Site" is no permission of scope Account`},
		{[]string{"table", "check", "table.yaml", "--max-age", "soon"}, `invalid argument "soon" for "--max-age" flag: give a time from 0d to 36500d`},
		{[]string{"table", "diff", "table.yaml", "old.yaml"}, "older than the one before it"},
		{[]string{"table", "diff", "table.yaml", "other.yaml"}, "the tables are of two owners"},
		{[]string{"table", "diff", "table.yaml", "future.yaml"}, "dated in the future"},
		{[]string{"plan", "-f", "all.yaml", "--table", "future.yaml"}, "dated in the future"},
		{[]string{"plan", "-f", "all.yaml", "--table", "table.yaml", "--backend-url", "https://api.example.com/v1/"}, "give one of them"},
		{[]string{"import", "owner", "--table", "half.yaml"}, "half.yaml: line 22"},
		{[]string{"import", "owner", "--table", "none.yaml"}, "none.yaml: no such file"},
		{[]string{"table", "from-csv", "table.yaml.csv", "--owner", "other@acme.example"}, "table.yaml.csv: the table is of another owner"},
		{[]string{"table", "from-csv", "table.yaml.csv", "--taken-at", "yesterday"}, "give a time such as"},
		{[]string{"table", "from-csv", "table.yaml.csv", "--taken-at", "2999-01-01T00:00:00Z"}, "dated in the future"},
		{[]string{"table", "from-csv", "table.yaml"}, "table.yaml: this is a table file already"},
		{[]string{"table", "from-csv", "table.yaml.csv", "--file", "table.yaml"}, "--file table.yaml: the file is there already"},
		{[]string{"table", "template", "--language", "de", "--owner", "owner@acme.example", "--account", "shop"}, `--language "de": give en or fr`},
		{[]string{"table", "template", "--account", "shop"}, "say whose table it is: give --backend-url, or name --owner and each --account and --server"},
		{[]string{"table", "template", "--owner", "owner", "--account", "shop"}, "--owner: an address needs the form name@domain"},
		{[]string{"table", "template", "--owner", "owner@acme.example", "--account", "shop", "--person", "ann"}, "--person, number 1"},
	} {
		code, out, said := run(t, "", c.args...)
		if c.want == "" && code != 0 || c.want != "" && (code != 1 || !strings.Contains(said, c.want)) {
			t.Errorf("%v: ends with %d, says %s%s, want %q", c.args, code, out, said, c.want)
		}
		if strings.Contains(out+said, "@acme") {
			t.Errorf("%v: tells an address: %s%s", c.args, out, said)
		}
	}
}

// TestCellsThatNobodyFilledIn: they are no table of nobody, unless somebody says so.
func TestCellsThatNobodyFilledIn(t *testing.T) {
	alone(t)
	cells, said := endsWith(t, 0, "table", "template", "--owner", "owner@acme.example", "--account", "shop", "--blank", "2")
	if !strings.Contains(said, "1 account, 0 servers, 2 people to fill in") || strings.Contains(cells, "SSH users") {
		t.Error(said, cells)
	}
	for flag, want := range map[string]int{"--nobody=false": 1, "--nobody": 0} {
		code, out, said := run(t, cells, "table", "from-csv", "-", flag)
		if code != want || want == 1 && !strings.Contains(said, "-: nobody is filled in") || want == 0 && !strings.Contains(out, "source: pasted cells") {
			t.Errorf("%s: ends with %d, says %s%s", flag, code, out, said)
		}
	}
}

func TestTableDiffTellsPeopleByDigest(t *testing.T) {
	alone(t)
	seenIn(t, "before.yaml", annPays, bobSites)
	seenIn(t, "after.yaml", annPays, bobBases, bobKeys)
	want := `person b5c902884fec
  + account shop: Databases
  + server web1: SSH users
  - account shop: Sites
`
	out, _ := endsWith(t, 2, "table", "diff", "before.yaml", "after.yaml")
	if !strings.HasPrefix(out, want) || !strings.Contains(out, ": 1 person differs.") {
		t.Error(out)
	}
	out, _ = endsWith(t, 2, "table", "diff", "before.yaml", "after.yaml", "--show-addresses", "-o", "json")
	got := difference{}
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.People) != 1 || got.People[0].Person != "bob@acme.example" || len(got.People[0].Added) != 2 {
		t.Error(err, out)
	}
	if out, _ = endsWith(t, 0, "table", "diff", "after.yaml", "after.yaml"); !strings.Contains(out, "nobody differs") {
		t.Error(out)
	}
}

// certificateOf is what a server is to be believed by.
func certificateOf(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

// TestATemplateAsksForDocumentedThingsOnly: owner, accounts and servers are read, and no permission.
func TestATemplateAsksForDocumentedThingsOnly(t *testing.T) {
	var asked []string
	answers := map[string]string{
		"/v1/customer/": `[{"id": 7, "href": "/v1/customer/7/", "email": "owner@acme.example"}]`,
		"/v1/account/":  `[{"id": 1, "href": "/v1/account/1/", "name": "shop"}]`,
		"/v1/server/":   `[{"id": 2, "href": "/v1/server/2/", "name": "web1"}]`,
	}
	actual := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		if answers[r.URL.Path] == "" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, answers[r.URL.Path])
	}))
	defer actual.Close()
	alone(t)
	t.Setenv(tokenVariable, token)
	if err := os.WriteFile("ca.pem", certificateOf(actual), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := []string{"--backend-url", actual.URL + "/v1/", "--backend-ca", filepath.Join(".", "ca.pem"), "--allow-private-endpoints"}
	out, _ := endsWith(t, 0, append([]string{"table", "template", "--language", "fr"}, ask...)...)
	if !strings.HasPrefix(out, "\ufeffPersonne;Où;Nom;2FA nécessaire;Gestion des comptes;") || !strings.Contains(out, ";compte;shop;") || !strings.Contains(out, ";serveur;web1;") {
		t.Error(out)
	}
	if want := []string{"GET /v1/customer/", "GET /v1/account/", "GET /v1/server/"}; !slices.Equal(asked, want) {
		t.Errorf("asks %v", asked)
	}
	seenIn(t, "table.yaml", bobSites)
	if code, out, said := run(t, "", append([]string{"table", "check", "table.yaml"}, ask...)...); code != 1 || !strings.Contains(said, "table.yaml: the table lists the accounts blog, which the provider does not have") {
		t.Error(code, out, said)
	}
}
