package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/reference"
)

const token = "owner-token"

var company = reference.Seed{
	Owners: []reference.SeedOwner{{
		Email: "owner@acme.example", Token: token, Accounts: []reference.SeedAccount{{ID: 1, Name: "shop"}, {ID: 2, Name: "blog"}},
		Rows: []reference.Row{
			{Email: "ann@acme.example", Overall: []string{"Billing"}},
			{Email: "bob@acme.example", Accounts: map[string][]string{"shop": {"Sites"}}},
		},
	}},
	Profiles: []reference.SeedProfile{{Email: "ann@acme.example"}, {Email: "bob@acme.example"}},
}

const declared = `apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: ann, namespace: hosting}
spec: {email: ann@acme.example}
---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: accounting, namespace: hosting}
spec:
  backendRef: {name: owner}
  subjects: [{profileRef: {name: ann}}]
  overall: [Billing]
---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: sites, namespace: hosting}
spec:
  backendRef: {name: owner}
  subjects: [{email: bob@acme.example}]
  accounts: [{names: [shop], permissions: [Sites]}]
`

// Providers of tests have no limits: the pace that keeps the documented ones would be most of what the tests take.
func init() { budget = rest.NewBudget(1_000_000, 1_000_000, clock.RealClock{}) }

// provided is a provider with a table, and the arguments to ask it.
func provided(t *testing.T) []string {
	t.Helper()
	_, ask := serve(t, reference.Options{})
	return append([]string{"plan"}, ask...)
}

// serve starts a provider with the company's table, and gives the flags to ask it with.
func serve(t *testing.T, options reference.Options) (*reference.Server, []string) {
	t.Helper()
	return serving(t, options, company)
}

// serving starts a provider with a table, and gives the flags to ask it with.
func serving(t *testing.T, options reference.Options, seed reference.Seed) (*reference.Server, []string) {
	t.Helper()
	options.Dir = t.TempDir()
	server, err := reference.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	if err := server.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, server.CABundle(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(tokenVariable, token)
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	return server, []string{"--backend-url", server.URL(), "--backend-ca", ca, "--allow-private-endpoints"}
}

// folder holds manifests.
func folder(t *testing.T, manifests string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "all.yaml"), []byte(manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func run(t *testing.T, stdin string, args ...string) (code int, out, failure string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Run(t.Context(), "hostgrant", args, genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: &stdout, ErrOut: &stderr})
	return code, stdout.String(), stderr.String()
}

func TestPlanAgainstAProvider(t *testing.T) {
	ask := provided(t)
	base := folder(t, declared)
	edited := strings.Replace(declared, "[{email: bob@acme.example}]", "[{email: new@acme.example}, {profileRef: {name: ann}}]", 1)
	for what, c := range map[string]struct {
		manifests string
		args      []string
		code      int
		want      []string
		lacks     []string
	}{
		"nothing changes": {declared, []string{"--base", base}, 0, []string{"Plan: nothing changes."}, []string{"@"}},
		"one edit": {edited, []string{"--base", base}, 2, []string{
			"1 person: Profile/ann", "+ account shop: Sites (for hosting/sites)", "- account shop: Sites (no longer named by hosting/sites)",
			"1 mail to each, if they have no profile", "Plan: 3 people; 2 permissions to add, 1 to take away; at most 1 mail.",
		}, []string{"bob@acme.example", "new@acme.example"}},
		"addresses where they are asked for": {edited, []string{"--base", base, "--show-addresses"}, 2, []string{"bob@acme.example", "new@acme.example", "ann@acme.example"}, nil},
		"without a base":                     {edited, nil, 2, []string{"only what would be added is known", "0 to take away"}, []string{"no longer named"}},
		"an unknown place": {strings.Replace(declared, "[shop]", "[shop, cellar]", 1), []string{"--base", base}, 0, []string{
			"PermissionGrant hosting/sites, people: PlaceUnknown: the provider has no account cellar; correct the name, or leave it out", "Plan: nothing changes.",
		}, nil},
	} {
		args := append(append([]string{}, ask...), c.args...)
		code, out, failure := run(t, c.manifests, append(args, "-f", "-")...)
		if code != c.code || failure != "" {
			t.Errorf("%s: ends with %d, says %s\n%s", what, code, failure, out)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: does not say %q:\n%s", what, want, out)
			}
		}
		for _, lack := range c.lacks {
			if strings.Contains(out, lack) {
				t.Errorf("%s: says %q:\n%s", what, lack, out)
			}
		}
	}
}

func TestPlanOfAGitRevision(t *testing.T) {
	ask := provided(t)
	dir := folder(t, declared)
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "."}, {"-c", "user.name=n", "-c", "user.email=n@example.com", "commit", "-qm", "declared"},
	} {
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatal(err, string(out))
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "all.yaml"), []byte(strings.Split(declared, "---\n")[0]+"---\n"+strings.Split(declared, "---\n")[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, failure := run(t, "", append(ask, "-f", dir, "--base", "HEAD", "-o", "json")...)
	got := report{}
	if err := json.Unmarshal([]byte(out), &got); code != 2 || err != nil || got.Summary != (summary{People: 1, Removed: 1}) {
		t.Errorf("ends with %d, says %s%s: %v", code, out, failure, err)
	}
	if code, _, failure := run(t, "", append(ask, "-f", dir, "--base", "nowhere")...); code != 1 || !strings.Contains(failure, `error: --base "nowhere": it is no folder, and the repository has no such revision`) {
		t.Error(code, failure)
	}
}

// A kustomization may build on others of the repository, and on nothing outside of it.
func TestPlanOfAnOverlay(t *testing.T) {
	ask := provided(t)
	repository := t.TempDir()
	for name, body := range map[string]string{
		"base/all.yaml": declared, "base/kustomization.yaml": "resources: [all.yaml]\n", "overlays/prod/kustomization.yaml": "resources: [../../base]\n",
		"overlays/out/kustomization.yaml": "resources: [../../../" + filepath.Base(repository) + "/base]\n",
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(repository, name)), 0o700), os.WriteFile(filepath.Join(repository, name), []byte(body), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=n", "-c", "user.email=n@example.com", "commit", "-qm", "declared"}} {
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", repository}, args...)...).CombinedOutput(); err != nil {
			t.Fatal(err, string(out))
		}
	}
	if code, out, failure := run(t, "", append(ask, "-f", filepath.Join(repository, "overlays", "prod"), "--base", "HEAD")...); code != 0 || !strings.Contains(out, "nothing changes") {
		t.Error(code, out, failure)
	}
	if code, _, failure := run(t, "", append(ask, "-f", filepath.Join(repository, "overlays", "out"), "--base", "HEAD")...); code != 1 || !strings.Contains(failure, "no name of a file or folder here") && !strings.Contains(failure, "leads out of what is read") {
		t.Error(code, failure)
	}
}

func TestWhatPlanRefuses(t *testing.T) {
	ask := provided(t)
	for _, c := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{"", []string{"plan", "-f", "-"}, "there are no objects of hostgrant.io"},
		{declared, []string{"plan", "-f", "-", "-o", "xml"}, `--output "xml": give one of json, markdown, table, yaml`},
		{declared, []string{"plan", "-f", "-"}, "error: no cluster is configured: set KUBECONFIG or --kubeconfig"},
		{declared, []string{"plan"}, `-f is missing; usage: hostgrant plan -f FILE...; more with --help`},
		{strings.Replace(declared, "Billing", "Biling", 1), append(ask, "-f", "-"), `standard input:12: PermissionGrant "accounting": spec.overall[0]: Unsupported value: "Biling": did you mean "Billing"?`},
		{strings.Replace(declared, "backendRef: {name: owner}", "backendRef: {name: other}", 1), append(ask, "-f", "-"), "the grants name 2 HostingBackends"},
	} {
		code, out, failure := run(t, c.stdin, c.args...)
		if code != 1 || !strings.Contains(failure, c.want) || out != "" {
			t.Errorf("%v: ends with %d, says %s%s, want %s", c.args, code, failure, out, c.want)
		}
	}
	t.Setenv(tokenVariable, "")
	if code, _, failure := run(t, declared, append(ask, "-f", "-")...); code != 1 || !strings.Contains(failure, "token is missing") {
		t.Error(code, failure)
	}
}

// What comes from a manifest is read by people, and followed by nothing.
func TestMarkdownFollowsNothing(t *testing.T) {
	for text, want := range map[string]string{
		"shop": "`shop`", "@team": "`@team`", "a`b": "``a`b``", "<img src=x>": "`<img src=x>`", "a\nb\x1b[31m": "`a b [31m`", "": "`?`", "`": "`` ` ``", "x\u202ey": "`x y`",
	} {
		if got := code(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// The key goes to the URL that was typed, whatever URL a manifest names.
func TestTheTokenGoesWhereItWasTyped(t *testing.T) {
	asked := 0
	theirs := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer theirs.Close()
	ask := provided(t)
	manifests := declared + `---
apiVersion: hostgrant.io/v1alpha1
kind: HostingBackend
metadata: {name: owner, namespace: hosting}
spec: {endpoint: {url: "` + theirs.URL + `/v1/", credentialsSecretRef: {name: key}}}
`
	if code, out, failure := run(t, manifests, append(ask, "-f", "-")...); code != 0 || asked != 0 {
		t.Errorf("asked the manifest's URL %d times; ends with %d, says %s%s", asked, code, out, failure)
	}
}

func TestAnAddressInASecret(t *testing.T) {
	ask := provided(t)
	manifests := strings.Replace(declared, "spec: {email: ann@acme.example}", "spec: {emailFrom: {secretKeyRef: {name: ann, key: email}}}", 1)
	code, out, _ := run(t, manifests, append(ask, "-f", "-", "--show-addresses")...)
	if code != 2 || !strings.Contains(out, "1 person: Profile/ann") || !strings.Contains(out, "Profile/ann: the Secret with the address is not at hand") || strings.Contains(out, "invalid") {
		t.Errorf("ends with %d, says\n%s", code, out)
	}
	manifests += `---
apiVersion: v1
kind: Secret
metadata: {name: ann, namespace: hosting}
type: hostgrant.io/address
stringData: {email: ann@acme.example}
`
	if code, out, _ := run(t, manifests, append(ask, "-f", "-")...); code != 0 || strings.Contains(out, "the Secret with the address") {
		t.Errorf("ends with %d, says\n%s", code, out)
	}
}
