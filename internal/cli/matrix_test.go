package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/csvsafe"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/matrix"
)

// Names as strangers may write them at the provider.
const (
	script  = `<script>alert("x")</script>`
	formula = `=HYPERLINK("https://evil.example";"a")`
	control = "shop\x1b[31m\u009b2J"
	turned  = "web\u202e1 | @everyone `x`"
)

// everything is an inventory in which every state occurs, with names of strangers.
func everything() inventory.Inventory {
	places := access.Places{
		{Scope: hosting.ScopeAccount, Name: "shop"}: 1, {Scope: hosting.ScopeAccount, Name: script}: 2, {Scope: hosting.ScopeAccount, Name: formula}: 3,
		{Scope: hosting.ScopeAccount, Name: control}: 4, {Scope: hosting.ScopeServer, Name: turned}: 8, {Scope: hosting.ScopeServer, Name: "shop"}: 9,
	}
	right := func(scope hosting.Scope, id int64, name string) hosting.Right {
		return hosting.Right{Scope: scope, ID: id, Name: name}
	}
	box := inventory.Holding{Right: hosting.TwoFactorRight, State: inventory.Effective, Grants: []int{0}}
	grants := []inventory.Grant{
		{NamespacedName: types.NamespacedName{Namespace: "hosting", Name: "agency"}, Counts: true}, {NamespacedName: types.NamespacedName{Namespace: "web", Name: "extra"}, Counts: true},
		{NamespacedName: types.NamespacedName{Namespace: "web", Name: "old"}, State: inventory.Expired},
	}
	site := func(id int64, name string, state inventory.State, grants ...int) inventory.Holding {
		return inventory.Holding{Right: right(hosting.ScopeAccount, id, name), State: state, Grants: grants}
	}
	leaving, held, protected := site(2, "FTP", inventory.Effective), site(2, "SSH", inventory.Effective), site(2, "Sites", inventory.Effective)
	leaving.Leaving, held.Leaving, held.Held = v1alpha1.CauseExpired, v1alpha1.CauseRemoved, true
	protected.Leaving, protected.Protected = v1alpha1.CauseRemoved, true
	person := func(name, profile string, state v1alpha1.PersonState, factor v1alpha1.TwoFactorState, holdings ...inventory.Holding) inventory.Person {
		address := name + "@acme.example"
		p := inventory.Person{Address: address, Record: access.RecordName("owner", address), State: state, TwoFactor: factor, Grants: grants, Holdings: holdings}
		if namespace, name, ok := strings.Cut(profile, "/"); ok {
			p.Profiles = []types.NamespacedName{{Namespace: namespace, Name: name}}
		}
		slices.SortFunc(p.Holdings, func(a, b inventory.Holding) int { return a.Compare(b.Right) })
		return p
	}
	inv := inventory.Inventory{
		Backend: types.NamespacedName{Namespace: "hosting", Name: "owner"}, Owner: "owner@acme.example", Places: places,
		AsOf: metav1.NewTime(time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC)), Notes: []string{"not known here: what 2 people have whom no grant names"},
		People: []inventory.Person{
			person("ann", "hosting/ann", v1alpha1.PersonActive, v1alpha1.TwoFactorEnabled,
				site(1, "Databases", inventory.Effective, 0, 1), site(1, "Sites", inventory.Effective, 0), site(1, "IPAddresses", inventory.Pending, 1), leaving, held, protected, box,
				inventory.Holding{Right: right(hosting.ScopeOverall, 0, "AccountTechnical"), State: inventory.Effective},
				inventory.Holding{Right: right(hosting.ScopeServer, 8, "SSHUsers"), State: inventory.Effective, Grants: []int{0}}),
			person("bob", "web/bob", v1alpha1.PersonInvited, v1alpha1.TwoFactorUnknown, site(1, "Sites", inventory.NoProfile, 0), site(4, "wire:a;b|c", inventory.NoProfile),
				inventory.Holding{Right: hosting.TwoFactorRight, State: inventory.NoProfile, Grants: []int{0}}),
			person("cyd", "", v1alpha1.PersonActive, v1alpha1.TwoFactorMissing, site(1, "TechnicalContact", inventory.Effective), site(3, "ScheduledTasks", inventory.NoSecondFactor, 0), box),
			person("dan", "hosting/dan", v1alpha1.PersonAbsent, v1alpha1.TwoFactorNotRequired,
				site(3, "Sites", inventory.Failed, 0), site(3, "FTP", inventory.Suspended, 0), site(3, "SSH", inventory.Expired, 2), site(3, "Emails", inventory.Relinquished, 0),
				site(1, "Usage", inventory.Scheduled, 0), site(1, "Backups", inventory.Unknown, 0)),
			person("fay", "", v1alpha1.PersonActive, v1alpha1.TwoFactorUnknown, site(1, "Sites", inventory.SecondFactorUnknown, 0), box),
			person("=cmd|'/c calc'!a1", "", v1alpha1.PersonActive, v1alpha1.TwoFactorNotRequired, site(77, "Sites", inventory.Effective, 0)),
			person("eve", "", v1alpha1.PersonActive, "", inventory.Holding{Right: right(hosting.ScopeServer, 9, "Consumption"), State: inventory.Effective, Grants: []int{1}}),
		},
	}
	inv.People[6].Shortened = true
	return inv
}

func viewOf(t testing.TB, inv inventory.Inventory, change func(*matrixView, *matrix.Options)) *matrixView {
	t.Helper()
	v := &matrixView{tell: teller{inv, true}, page: 1}
	o := matrix.Options{}
	if change != nil {
		change(v, &o)
	}
	o.Name = v.name
	var err error
	if v.Matrix, err = matrix.Of(&inv, o); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMatrixFormats(t *testing.T) {
	for name, render := range matrixFormats {
		var got bytes.Buffer
		if err := render(&got, viewOf(t, everything(), nil)); err != nil {
			t.Fatal(err)
		}
		goldenFile(t, "matrix."+name, got.Bytes())
	}
	var got bytes.Buffer
	if err := matrixCSV(&got, viewOf(t, everything(), func(v *matrixView, _ *matrix.Options) { v.long = true })); err != nil {
		t.Fatal(err)
	}
	goldenFile(t, "matrix.long.csv", got.Bytes())
}

// Nothing that a stranger wrote acts: in no format.
func TestMatrixFollowsNothing(t *testing.T) {
	spans := regexp.MustCompile("`[^`]+`|`` .+? ``")
	for name, render := range matrixFormats {
		var out bytes.Buffer
		if err := render(&out, viewOf(t, everything(), nil)); err != nil {
			t.Fatal(err)
		}
		text, acts := out.String(), map[string][]string{"html": {"<script", "\u202e"}, "json": {"<script", "\u202e"}, "yaml": {"\u202e"}, "csv": {"\u202e"}, "table": {"\u202e"}, "markdown": {"\u202e"}}
		for _, bad := range append(acts[name], "\x1b", "\u009b") {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %q", name, bad)
			}
		}
		if name != "markdown" {
			continue
		}
		for line := range strings.SplitSeq(text, "\n") {
			if bars := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); strings.HasPrefix(line, "|") && bars != 11 {
				t.Errorf("%d bars make columns in %s", bars, line)
			}
			if rest := spans.ReplaceAllString(line, ""); strings.ContainsAny(rest, "<@=[") {
				t.Errorf("what a stranger wrote is in no code span: %s", rest)
			}
		}
	}
}

// A CSV file has every name as it is, for whoever undoes what keeps spreadsheets from following it.
func TestMatrixCSVIsUndone(t *testing.T) {
	var out bytes.Buffer
	if err := matrixCSV(&out, viewOf(t, everything(), nil)); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(out.String(), "\r\n"); len(lines) != 9 || strings.Contains(strings.Join(lines, ""), "\n") {
		t.Errorf("%q are not the header and seven people", lines)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var heads []string
	for _, head := range rows[0][4:] {
		heads = append(heads, csvsafe.Unescape(head))
	}
	want := []string{"account " + script, "account " + formula, "account id:77", "account shop", "account " + manifest.Plain(control), "server shop", "server " + manifest.Plain(turned)}
	if diff := cmp.Diff(want, heads); diff != "" {
		t.Error(diff)
	}
	if got := rows[1][0]; got != `'=cmd|'/c calc'!a1@acme.example` || csvsafe.Unescape(got) != got[1:] {
		t.Errorf("the first person is %s", got)
	}
}

func TestMatrixForProgramsHasAllAsItIs(t *testing.T) {
	type whole struct {
		Head   matrixHead     `json:"-"`
		People []matrixPerson `json:"people"`
	}
	for name, decode := range map[string]func([]byte, *whole) error{
		"json": func(b []byte, w *whole) error { return errors.Join(json.Unmarshal(b, w), json.Unmarshal(b, &w.Head)) },
		"yaml": func(b []byte, w *whole) error { return errors.Join(yaml.Unmarshal(b, w), yaml.Unmarshal(b, &w.Head)) },
	} {
		for _, inv := range []inventory.Inventory{everything(), {Backend: types.NamespacedName{Namespace: "hosting", Name: "owner"}}} {
			v := viewOf(t, inv, nil)
			var out bytes.Buffer
			if err := matrixFormats[name](&out, v); err != nil {
				t.Fatal(err)
			}
			got := whole{}
			if err := decode(out.Bytes(), &got); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, out.String())
			}
			want := whole{Head: v.head(), People: []matrixPerson{}}
			for row := range v.Rows() {
				want.People = append(want.People, v.person(row))
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(matrixPerson{})); diff != "" {
				t.Errorf("%s:\n%s", name, diff)
			}
		}
	}
}

// The file is one table per page of places, each cell under the heading of its place.
func TestMatrixHTMLIsATable(t *testing.T) {
	var out bytes.Buffer
	if err := matrixHTML(&out, viewOf(t, everything(), func(v *matrixView, _ *matrix.Options) { v.pageSize = 3 })); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&out)
	if err != nil {
		t.Fatal(err)
	}
	tables := elements(root, "table")
	if len(tables) != 4 {
		t.Fatalf("%d tables", len(tables))
	}
	for _, table := range tables {
		var heads int
		for _, th := range elements(table, "th") {
			if attr(th, "scope") == "col" {
				heads++
			}
		}
		for _, tr := range elements(table, "tr")[1:] {
			if n := len(elements(tr, "td")); n != heads-1 || attr(elements(tr, "th")[0], "scope") != "row" {
				t.Errorf("%d cells under %d headings", n, heads)
			}
		}
	}
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		if slices.Contains(strings.Fields("script img iframe object embed base form link svg"), node.Data) {
			t.Errorf("<%s>", node.Data)
		}
		for _, a := range node.Attr {
			if (a.Key == "href" || a.Key == "src") && !strings.HasPrefix(a.Val, "#") || strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("<%s %s=%q>", node.Data, a.Key, a.Val)
			}
		}
	}
}

func elements(root *html.Node, name string) (found []*html.Node) {
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data == name {
			found = append(found, node)
		}
	}
	return found
}

func attr(node *html.Node, key string) string {
	for _, a := range node.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
