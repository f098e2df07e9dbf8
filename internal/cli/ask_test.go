package cli

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/hostgrant/hostgrant/internal/csvsafe"
)

// asking is how a command is told where to ask, without the command itself.
func asking(t *testing.T) []string {
	t.Helper()
	return provided(t)[1:]
}

func TestQuestionsToAProvider(t *testing.T) {
	source, manifests := asking(t), folder(t, declared)
	for _, c := range []struct {
		args  []string
		want  []string
		lacks []string
	}{
		{[]string{"who-can", "billing", "-f", manifests}, []string{"Profile/ann   yes      overall      <none>                 hosting/accounting", "the owner"}, []string{"@"}},
		{[]string{"who-can", "Sites", "--account", "shop", "-f", manifests, "--show-addresses"}, []string{"bob@acme.example", "owner@acme.example (owner)"}, nil},
		{[]string{"who-can", "Sites", "--account", "blog", "-f", manifests}, []string{"the owner"}, []string{"person", "Profile"}},
		{[]string{"who-can", "technicalcontact", "-o", "json"}, []string{`"answers": []`, "no manifests were given with -f: everything counts as given by no grant, and why somebody has it is not known"}, nil},
		{[]string{"access", "ANN@acme.example", "-f", manifests}, []string{"Person: Profile/ann", "overall   Billing"}, []string{"@"}},
		{[]string{"access", "--profile", "ann", "-f", manifests, "-n", "hosting"}, []string{"overall   Billing"}, nil},
		{[]string{"access", "nobody@acme.example", "-o", "yaml"}, []string{"permissions: []", "person: person "}, []string{"nobody@"}},
		{[]string{"review", "-f", manifests}, []string{"Rows: 2, of 2 people; 0 not declared"}, []string{"@"}},
		{[]string{"review", "-o", "csv"}, []string{"Person,Place,Permissions", "overall,Billing,yes,no"}, nil},
		{[]string{"notified", "owner", "billing-ticket", "-f", manifests}, []string{"Profile/ann   yes    hosting/accounting"}, []string{"@"}},
		{[]string{"notified", "owner", "balance", "--show-addresses"}, []string{"ann@acme.example   yes    <none>"}, nil},
		{[]string{"notified", "owner", "account/shop", "-f", manifests}, nil, []string{"PERSON"}},
	} {
		code, out, failure := run(t, "", append(append([]string{}, c.args...), source...)...)
		if code != 0 || strings.Contains(failure, "error:") {
			t.Errorf("%v: ends with %d, says %s", c.args, code, failure)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%v: does not say %q:\n%s%s", c.args, want, out, failure)
			}
		}
		for _, lack := range c.lacks {
			if strings.Contains(out+failure, lack) {
				t.Errorf("%v: says %q:\n%s%s", c.args, lack, out, failure)
			}
		}
	}
}

func TestWhatQuestionsRefuse(t *testing.T) {
	source, manifests := asking(t), folder(t, declared)
	two := folder(t, strings.Replace(declared, "backendRef: {name: owner}", "backendRef: {name: other}", 1))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"who-can", "Billin"}, `PERMISSION "Billin": there is none of this name: did you mean "Billing"?`},
		{[]string{"who-can", "Histroy of sent emails"}, `did you mean "History of sent emails"?`},
		{[]string{"who-can", "everything"}, "`kubectl explain permissiongrant.spec` lists them"},
		{[]string{"who-can", "requireTwoFactor"}, "there is none of this name"},
		{[]string{"who-can", "Billing", "--account", "shop"}, "--account shop: Billing is no permission on accounts (it is an overall one): leave --account out"},
		{[]string{"who-can", "Sites", "--account", "shoop"}, `account "shoop": the provider has none of this name: did you mean "shop"?`},
		{[]string{"who-can", "SSHUsers", "--server", "web1"}, `server "web1": the provider has none of this name`},
		{[]string{"who-can", "Sites", "--account", ""}, "--account: the name is empty"},
		{[]string{"who-can", "SSH", "--server", "web1", "--account", "shop"}, "give one of them"},
		{[]string{"who-can", "Sites", "-o", "csv"}, `--output "csv": give one of json, markdown, table, yaml`},
		{[]string{"who-can", "Billing", "-f", two}, "there are several HostingBackends: name one with --backend (hosting/other, hosting/owner)"},
		{[]string{"who-can", "Billing", "-f", manifests, "--backend", "onwer"}, `--backend "onwer": there is no such HostingBackend; there are hosting/owner`},
		{[]string{"access"}, "name one person: an EMAIL, or --profile"},
		{[]string{"access", "ann@acme.example", "--profile", "ann"}, "name one person: an EMAIL, or --profile"},
		{[]string{"access", "ann"}, "EMAIL: an address needs the form name@domain"},
		{[]string{"access", "--profile", "bob", "-f", manifests, "-n", "hosting"}, `--profile "bob": no grant on HostingBackend hosting/owner names it`},
		{[]string{"review", "--due", "soon"}, `invalid argument "soon" for "--due" flag: give a time from 0d to 36500d`},
		{[]string{"review", "--due", "-1d"}, `invalid argument "-1d" for "--due" flag: give a time from 0d to 36500d`},
		{[]string{"review", "--due", "3d", "--overdue"}, "give one of them"},
		{[]string{"notified", "owner", "account/cellar"}, `account "cellar": the provider has none of this name`},
	} {
		code, out, failure := run(t, "", append(append([]string{}, c.args...), source...)...)
		if code != 1 || !strings.Contains(failure, c.want) || out != "" || strings.Count(failure, "\n") != 1 {
			t.Errorf("%v: ends with %d, says %s%s, want %s", c.args, code, failure, out, c.want)
		}
	}
	if code, _, failure := run(t, "", "who-can", "Sites", "-f", manifests); code != 1 || !strings.Contains(failure, "give -f together with --backend-url") {
		t.Error(code, failure)
	}
	if code, _, failure := run(t, "", "who-can", "Sites"); code != 1 || !strings.Contains(failure, "no cluster is configured") {
		t.Error(code, failure)
	}
}

// Of several backends the one that is named is asked about, and the grants on others say nothing.
func TestOneOfSeveralBackends(t *testing.T) {
	source := asking(t)
	two := folder(t, strings.Replace(declared, "backendRef: {name: owner}", "backendRef: {name: other}", 1))
	for backend, want := range map[string]string{"owner": "<none>", "other": "hosting/accounting"} {
		code, out, failure := run(t, "", append([]string{"who-can", "Billing", "-f", two, "--backend", backend, "-o", "json"}, source...)...)
		if code != 0 || strings.Contains(out, "hosting/accounting") != (want != "<none>") || !strings.Contains(out, `"backend": "hosting/`+backend) {
			t.Errorf("%s: %d %s%s", backend, code, out, failure)
		}
	}
}

func TestCompletionOfPermissions(t *testing.T) {
	code, out, _ := run(t, "", "__complete", "who-can", "")
	if code != 0 || !strings.Contains(out, "SSLConfiguration\n") {
		t.Error(code, out)
	}
}

// The evidence in CSV is read back as it was told, and holds no formula.
func TestReviewAsCSV(t *testing.T) {
	body, err := os.ReadFile(filepath.Join("testdata", "review.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
	if err != nil || len(rows) != 12 || strings.Count(string(body), "\r\n") != len(rows) {
		t.Fatal(err, len(rows))
	}
	got := review{}
	told, err := os.ReadFile(filepath.Join("testdata", "review.json"))
	if err != nil || json.Unmarshal(told, &got) != nil {
		t.Fatal(err)
	}
	formulas := 0
	for i, row := range rows[1:] {
		for j, cell := range row {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") {
				t.Errorf("%q is a formula", cell)
			}
			if want := got.Rows[i].cells()[j]; csvsafe.Unescape(cell) != want {
				t.Errorf("%q, want %q", csvsafe.Unescape(cell), want)
			} else if want != cell {
				formulas++
			}
		}
	}
	if formulas == 0 {
		t.Error("nothing had to be escaped: the test shows nothing")
	}
}

// The evidence in HTML is well-formed, needs no network, runs nothing, and its cells have headers.
func TestReviewAsHTML(t *testing.T) {
	body, err := os.ReadFile(filepath.Join("testdata", "review.html"))
	if err != nil {
		t.Fatal(err)
	}
	tokens, open, elements, texts := html.NewTokenizer(strings.NewReader(string(body))), []string{}, map[string]int{}, ""
	void := map[string]bool{"meta": true, "wbr": true}
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			break
		}
		token := tokens.Token()
		switch kind {
		case html.TextToken:
			texts += token.Data
		case html.StartTagToken:
			elements[token.Data]++
			if !void[token.Data] {
				open = append(open, token.Data)
			}
			for _, a := range token.Attr {
				if a.Key == "src" || a.Key == "href" || a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("<%s %s>", token.Data, a.Key)
				}
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("</%s> ends %v", token.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 || elements["script"]+elements["img"]+elements["link"] > 0 {
		t.Error(open, elements)
	}
	rows := elements["tr"] - 1
	if columns := len(reviewColumns); elements["th"] != columns+rows || elements["td"] != rows*(columns-1) || elements["caption"] != 1 || rows != 11 {
		t.Error(elements)
	}
	if !strings.Contains(texts, "=cmd|' /C calc'!A0 @everyone <img src=x> | # keeps the shop") || strings.Count(string(body), "default-src 'none'") != 1 {
		t.Error("the reason is not told as it is, or the policy is missing")
	}
}
