package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/golden"
)

// testdata is where golden files are, wherever a test goes.
var testdata, _ = filepath.Abs("testdata")

func goldenFile(t *testing.T, name string, got []byte) {
	t.Helper()
	golden.Compare(t, filepath.Join(testdata, name), string(got))
}

// goldenRun compares what a command prints, and what it says beside that, with testdata. What today's date decides is
// masked: how old something is.
func goldenRun(t *testing.T, name string, code int, args ...string) string {
	t.Helper()
	out, said := endsWith(t, code, args...)
	goldenFile(t, name, []byte(masked(out)))
	if notes := name + ".notes"; said != "" {
		goldenFile(t, notes, []byte(masked(said)))
	} else if exists(filepath.Join(testdata, notes)) {
		t.Errorf("nothing is said beside what is printed, and there is testdata/%s", notes)
	}
	return out
}

// howOld are how old something is.
var howOld = regexp.MustCompile(`\d+ (days old|jours)`)

// masked is a text without what today's date decides: ages, and the time at which a provider was read.
func masked(text string) string {
	now := time.Now().UTC()
	today := regexp.MustCompile("(" + now.Format(time.DateOnly) + "|" + now.Add(-time.Hour).Format(time.DateOnly) + `)([T ])[\d:]+`)
	return howOld.ReplaceAllString(today.ReplaceAllString(text, "TODAY${2}NOW"), "N $1")
}

const longAgo, dayLater = "2026-01-05T08:00:00Z", "2026-01-06T09:30:00Z"

// listed are manifests of which a worklist of everything is made: somebody new, who gets more, who gets less and who
// gets nothing any more; what a limit and a protection hold; something that is due, and an address that is not at hand.
const listed = `apiVersion: hostgrant.io/v1alpha1
kind: HostingBackend
metadata: {name: owner, namespace: hosting}
spec:
  endpoint: {url: "https://api.example.com/v1/", credentialsSecretRef: {name: key}}
  protectedEmails: [pat@acme.example]
---
apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: ann, namespace: hosting}
spec: {email: ann@acme.example}
---
apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: secret, namespace: hosting}
spec: {emailFrom: {secretKeyRef: {name: addresses, key: email}}}
---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: sites, namespace: hosting}
spec:
  backendRef: {name: owner}
  subjects: [{profileRef: {name: ann}}, {email: new@acme.example}, {profileRef: {name: secret}}]
  accounts: [{names: [shop], permissions: [Sites, Databases]}]
  reviewBy: 2026-01-01T00:00:00Z
---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: keys, namespace: hosting}
spec:
  backendRef: {name: owner}
  subjects: [{email: bob@acme.example}]
  servers: [{names: [web1, web2], permissions: [SSHUsers]}]
`

// declaredBefore is what was declared before: bob's sites, and everything of cyd and pat.
const declaredBefore = listed + `---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: former, namespace: hosting}
spec:
  backendRef: {name: owner}
  subjects: [{email: bob@acme.example}, {email: cyd@acme.example}, {email: pat@acme.example}]
  accounts: [{names: [shop], permissions: [Sites]}]
`

// TestOutputsOfTables: the way from cells to a worklist, as a person goes it who has a table and nothing else; all that
// is printed, in every format.
func TestOutputsOfTables(t *testing.T) {
	alone(t)
	template := []string{"table", "template", "--owner", "owner@acme.example", "--account", "shop,blog", "--server", "web1"}
	people := []string{"--person", "ann@acme.example,bob@acme.example,cyd@acme.example,pat@acme.example"}
	goldenRun(t, "table-template.csv", exitOK, append(template, people...)...)
	goldenRun(t, "table-template.fr.csv", exitOK, append(template, "--language", "fr", "--blank", "1")...)
	endsWith(t, exitOK, append(append(template, people...), "--file", "cells.csv")...)
	on := func(person, place, label string) [3]string { return [3]string{person + "@acme.example", place, label} }
	checked(t, "cells.csv", ',', "x", on("ann", "", "Billing"), on("ann", "", "2FA required"), on("bob", "shop", "Sites"), on("bob", "shop", "Databases"), on("bob", "web1", "SSH users"),
		on("cyd", "shop", "Sites"), on("pat", "shop", "Sites"))
	goldenRun(t, "table-from-csv.yaml", exitOK, "table", "from-csv", "cells.csv", "--taken-at", longAgo)
	goldenRun(t, "table-from-csv.json", exitOK, "table", "from-csv", "cells.csv", "--taken-at", longAgo, "-o", "json")
	endsWith(t, exitOK, "table", "from-csv", "cells.csv", "--taken-at", longAgo, "--file", "table.yaml")
	goldenRun(t, "table-check.text", exitOK, "table", "check", "table.yaml", "--owner", "owner@acme.example")
	goldenRun(t, "table-check.old", exitError, "table", "check", "table.yaml", "--max-age", "7d", "--owner", "me@acme.example")

	endsWith(t, exitOK, append(append(template, "--server", "web2", "--file", "newer.csv"), people[0], "ann@acme.example,bob@acme.example,new@acme.example,pat@acme.example")...)
	checked(t, "newer.csv", ',', "x", on("ann", "", "Billing"), on("bob", "shop", "Sites"), on("bob", "blog", "FTP"), on("bob", "web1", "SSH users"), on("new", "shop", "Sites"), on("pat", "shop", "Sites"))
	endsWith(t, exitOK, "table", "from-csv", "newer.csv", "--taken-at", dayLater, "--file", "newer.yaml")
	for _, format := range differenceFormats.names() {
		goldenRun(t, "table-diff."+format, exitChange, "table", "diff", "table.yaml", "newer.yaml", "-o", format)
	}
	goldenRun(t, "table-diff.addresses", exitChange, "table", "diff", "table.yaml", "newer.yaml", "--show-addresses")
	goldenRun(t, "table-diff.nothing", exitOK, "table", "diff", "table.yaml", "table.yaml")

	outputsOfWorklists(t)
}

// outputsOfWorklists: a list of table.yaml, and after some of it was done, one of newer.yaml.
func outputsOfWorklists(t *testing.T) {
	t.Helper()
	for name, text := range map[string]string{"listed.yaml": listed, "before.yaml": declaredBefore} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list := []string{"worklist", "-f", "listed.yaml", "--base", "before.yaml", "--due", "7d", "--table"}
	first := goldenRun(t, "worklist.markdown", exitChange, append(list, "table.yaml")...)
	if err := os.WriteFile("worklist.md", []byte(strings.ReplaceAll(first, "- [ ]", "- [x]")), 0o600); err != nil {
		t.Fatal(err)
	}
	list = append(list, "newer.yaml", "--previous", "worklist.md", "--show-addresses")
	for _, format := range worklistFormats.names() {
		goldenRun(t, "worklist-next."+format, exitChange, append(list, "-o", format)...)
		if format != "json" {
			goldenRun(t, "worklist-next.fr."+format, exitChange, append(list, "-o", format, "--language", "fr")...)
		}
	}
}

// grown is a provider's table as it grows over years.
var grown = reference.Seed{
	Owners: []reference.SeedOwner{{
		Email: "owner@acme.example", Token: token, Servers: []reference.SeedServer{{Name: "web1"}},
		Accounts: []reference.SeedAccount{{Name: "shop"}, {Name: "blog"}, {Name: "our old shop"}},
		Rows: []reference.Row{
			{Email: "ann@acme.example", Overall: []string{"Billing"}, RequireTwoFactor: true},
			{Email: "bob@agency.example", Accounts: map[string][]string{"shop": {"Sites", "Databases"}, "blog": {"Sites", "Databases"}}},
			{Email: "cyd@agency.example", Accounts: map[string][]string{"shop": {"Sites", "Databases"}, "blog": {"Sites", "Databases"}}},
			{Email: "dan@acme.example", Accounts: map[string][]string{"shop": {"Sites", "Databases"}}, Servers: map[string][]string{"web1": {"SSHUsers"}}},
			{Email: "eve@acme.example", Accounts: map[string][]string{"shop": {"FTP", "wire:newer"}, "our old shop": {"Sites"}}},
			{Email: "owner@acme.example", Overall: []string{"Billing"}},
		},
	}},
	Profiles:         []reference.SeedProfile{{Email: "ann@acme.example"}, {Email: "bob@agency.example"}, {Email: "dan@acme.example"}, {Email: "eve@acme.example"}},
	ExtraPermissions: []reference.SeedPermission{{Scope: hosting.ScopeAccount, Key: "newer"}},
}

// TestOutputsOfAnImport: what is written down of a provider, as manifests and as a table file.
func TestOutputsOfAnImport(t *testing.T) {
	_, ask := serving(t, reference.Options{}, grown)
	goldenRun(t, "import.yaml", exitOK, append([]string{"import", "owner", "-n", "hosting"}, ask...)...)
	for _, format := range tableFormats.names() {
		goldenRun(t, "table-from-provider."+format, exitOK, append([]string{"table", "from-provider", "-o", format}, ask...)...)
	}
	goldenRun(t, "table-template.provider.csv", exitOK, append([]string{"table", "template", "--blank", "1"}, ask...)...)
}

// TestVersion: the version is that of the build, or unknown, and the API's is told.
func TestVersion(t *testing.T) {
	out, said := endsWith(t, exitOK, "version")
	if !regexp.MustCompile(`^hostgrant (unknown|\(devel\)|v\S+), API hostgrant\.io/v1alpha1\n$`).MatchString(out) || said != "" {
		t.Errorf("prints %q, says %q", out, said)
	}
}
