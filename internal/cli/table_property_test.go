package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// heldSomewhere draws permissions of a scope, by name.
func heldSomewhere(t *rapid.T, scope hosting.Scope, least int) []string {
	var all []string
	for _, p := range hosting.Catalogue() {
		if p.Scope == scope {
			all = append(all, p.Name)
		}
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(all), least, 3, rapid.ID[string]).Draw(t, string(scope))
}

// drawnOwner draws a hosting; its places have names that no other has.
func drawnOwner(t *rapid.T, number int) reference.Seed {
	owner := reference.SeedOwner{Email: fmt.Sprintf("owner%d@acme.example", number), Token: fmt.Sprintf("token-of-owner-%d", number)}
	seed := reference.Seed{}
	for _, name := range []string{"shop", "blog"} {
		owner.Accounts = append(owner.Accounts, reference.SeedAccount{Name: fmt.Sprintf("%s%d", name, number)})
	}
	owner.Servers = []reference.SeedServer{{Name: fmt.Sprintf("web%d", number)}}
	for _, person := range rapid.SliceOfNDistinct(rapid.SampledFrom(everybody), 0, len(everybody), rapid.ID[string]).Draw(t, "rows") {
		row := reference.Row{Email: person, RequireTwoFactor: rapid.Bool().Draw(t, "2FA"), Overall: heldSomewhere(t, hosting.ScopeOverall, 0), Accounts: map[string][]string{}, Servers: map[string][]string{}}
		for _, account := range owner.Accounts {
			row.Accounts[account.Name] = heldSomewhere(t, hosting.ScopeAccount, 0)
		}
		row.Servers[owner.Servers[0].Name] = heldSomewhere(t, hosting.ScopeServer, 0)
		owner.Rows = append(owner.Rows, row)
		if rapid.Bool().Draw(t, "has a profile") {
			seed.Profiles = append(seed.Profiles, reference.SeedProfile{Email: person})
		}
	}
	seed.Owners = []reference.SeedOwner{owner}
	return seed
}

var everybody = []string{"ann@acme.example", "bob@acme.example", "cyd@acme.example", "dan@acme.example", "eve@acme.example"}

// drawnManifests draws grants, some of what the provider does not have.
func drawnManifests(t *rapid.T, number int) string {
	text := ""
	if rapid.Bool().Draw(t, "a HostingBackend") {
		text = fmt.Sprintf(`apiVersion: hostgrant.io/v1alpha1
kind: HostingBackend
metadata: {name: owner, namespace: hosting}
spec:
  endpoint: {url: "https://api.example.com/v1/", credentialsSecretRef: {name: key}}
  authority: %s
  protectedEmails: [%s]
  removalLimit: {percent: 25, minimum: %d}
  invitations: {%s}
`, rapid.SampledFrom([]string{"Additive", "Authoritative"}).Draw(t, "authority"), rapid.SampledFrom(everybody).Draw(t, "protected"), rapid.IntRange(1, 3).Draw(t, "limit"),
			rapid.SampledFrom([]string{"sender: Provider", "sender: SMTP, smtp: {host: mail.acme.example, from: hosting@acme.example}"}).Draw(t, "invitations"))
	}
	text += `---
apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: ann, namespace: hosting}
spec: {email: ann@acme.example, state: ` + rapid.SampledFrom([]string{"Active", "Suspended"}).Draw(t, "state") + "}\n"
	for i := range rapid.IntRange(1, 4).Draw(t, "grants") {
		var subjects []string
		for _, person := range rapid.SliceOfNDistinct(rapid.SampledFrom(append([]string{"new@acme.example"}, everybody...)), 1, 4, rapid.ID[string]).Draw(t, "subjects") {
			subjects = append(subjects, map[bool]string{true: "{profileRef: {name: ann}}", false: "{email: " + person + "}"}[person == everybody[0]])
		}
		names := []string{fmt.Sprintf("names: [shop%d]", number), fmt.Sprintf("names: [shop%d, blog%d]", number, number), "all: true", "names: [cellar]"}
		text += fmt.Sprintf(`---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: g%d, namespace: hosting}
spec:
  backendRef: {name: owner}
  subjects: [%s]
  overall: [%s]
  accounts: [{%s, permissions: [%s]}]
  servers: [{%s, permissions: [%s]}]
  requireTwoFactor: %v
`, i, strings.Join(subjects, ", "), strings.Join(heldSomewhere(t, hosting.ScopeOverall, 1), ", "),
			rapid.SampledFrom(names).Draw(t, "accounts"), strings.Join(heldSomewhere(t, hosting.ScopeAccount, 1), ", "),
			rapid.SampledFrom([]string{fmt.Sprintf("names: [web%d]", number), "all: true", "names: [attic]"}).Draw(t, "servers"),
			strings.Join(heldSomewhere(t, hosting.ScopeServer, 1), ", "), rapid.Bool().Draw(t, "lock"))
	}
	return text
}

// drawnCase is a hosting, what was declared before, and what is declared.
type drawnCase struct {
	seed          reference.Seed
	before, after string
	base          bool
}

// cases is how many are drawn.
const cases = 100

// TestATablePlansWhatItsProviderPlans: the same manifests change the same, whether the provider is asked or a
// table file of what it has is read.
func TestATablePlansWhatItsProviderPlans(t *testing.T) {
	server, err := reference.Open(t.Context(), reference.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	alone(t)
	if err := os.WriteFile("ca.pem", server.CABundle(), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := []string{"--backend-url", server.URL(), "--backend-ca", "ca.pem", "--allow-private-endpoints"}
	// The cases share the server alone, so several are asked at once.
	var group errgroup.Group
	group.SetLimit(16)
	sums := make([]summary, cases)
	for number := range cases {
		drawn := rapid.Custom(func(r *rapid.T) drawnCase {
			return drawnCase{drawnOwner(r, number), drawnManifests(r, number), drawnManifests(r, number), rapid.Bool().Draw(r, "with a base")}
		}).Example(number)
		group.Go(func() error {
			var err error
			sums[number], err = plannedTwice(t, server, ask, fmt.Sprint("case", number), drawn)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	changed, removed, held := 0, 0, 0
	for _, sum := range sums {
		if sum.changes() {
			changed++
		}
		removed, held = removed+sum.Removed, held+sum.Held
	}
	if changed < cases/2 || removed < 20 || held < 20 {
		t.Errorf("of %d cases, %d change something; %d permissions are removed, %d held: that shows little", cases, changed, removed, held)
	}
}

// plannedTwice plans a case by what the provider says, and by a table file of it.
func plannedTwice(t *testing.T, server *reference.Server, ask []string, dir string, c drawnCase) (summary, error) {
	if err := server.Seed(t.Context(), c.seed); err != nil {
		return summary{}, err
	}
	for name, text := range map[string]string{"before/all.yaml": c.before, "after/all.yaml": c.after, "key/token": c.seed.Owners[0].Token} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			return summary{}, err
		}
	}
	ask = append(slices.Clone(ask), "--token-file", filepath.Join(dir, "key/token"))
	file := filepath.Join(dir, "table.yaml")
	if code, _, said := run(t, "", append([]string{"table", "from-provider", "--file", file}, ask...)...); code != 0 {
		return summary{}, errors.New(said)
	}
	args := []string{"plan", "-f", filepath.Join(dir, "after"), "-o", "json", "--show-addresses"}
	if c.base {
		args = append(args, "--base", "./"+filepath.Join(dir, "before"))
	}
	asked, askedCode, err := planned(t, append(slices.Clone(args), ask...))
	read, readCode, failed := planned(t, append(slices.Clone(args), "--table", file))
	if err := errors.Join(err, failed); err != nil {
		return summary{}, err
	}
	if diff := cmp.Diff(asked, read, cmp.AllowUnexported(report{})); diff != "" || askedCode != readCode {
		t.Errorf("%s: ends with %d and %d: %s\n%s", dir, askedCode, readCode, diff, c.after)
	}
	return asked.Summary, nil
}

// planned is a plan without its notes, which say where it is from.
func planned(t *testing.T, args []string) (report, int, error) {
	code, out, said := run(t, "", args...)
	got := report{}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code == 1 {
		return got, code, fmt.Errorf("ends with %d, says %s: %w", code, said, err)
	}
	got.Notes = nil
	return got, code, nil
}
