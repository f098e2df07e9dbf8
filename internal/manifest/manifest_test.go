package manifest

import (
	"bytes"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/internal/preview"
)

const grant = `apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: accounting}
spec:
  backendRef: {name: owner}
  subjects: [{email: ann@acme.example}]
  overall: [Billing]
`

func stream(t *testing.T, text string) (Set, error) {
	t.Helper()
	r := Reading{Namespace: "hosting"}
	r.Stream(t.Context(), "f.yaml", strings.NewReader(text))
	return r.Set()
}

func TestStream(t *testing.T) {
	set, err := stream(t, "# what the company has\n---\n"+grant+"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\n")
	key := preview.Key{Kind: "PermissionGrant", Namespace: "hosting", Name: "accounting"}
	if err != nil || set.PassedOver != 1 || set.From[key] != "f.yaml:3" {
		t.Fatal(err, set.PassedOver, set.From)
	}
}

// Whole numbers are read as such: rules are written for them.
func TestWholeNumbers(t *testing.T) {
	_, err := stream(t, `apiVersion: hostgrant.io/v1alpha1
kind: HostingBackend
metadata: {name: owner}
spec:
  endpoint: {url: "https://api.example.com/v1/", credentialsSecretRef: {name: key}}
  invitations: {maxSends: 3}
  removalLimit: {minimum: 0}
`)
	if err != nil {
		t.Error(err)
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		strings.Replace(grant, "Billing", "Biling", 1):                                `f.yaml:1: PermissionGrant "accounting": spec.overall[0]: Unsupported value: "Biling": did you mean "Billing"?`,
		strings.Replace(grant, "subjects", "subject", 1):                              `f.yaml:1: PermissionGrant "accounting": spec.subject: Invalid value: unknown field; did you mean "subjects"?`,
		strings.Replace(grant, "PermissionGrant", "PermisionGrant", 1):                `f.yaml:1: kind "PermisionGrant" in hostgrant.io/v1alpha1: there is none; did you mean "PermissionGrant"`,
		strings.Replace(grant, "v1alpha1", "v1", 1):                                   `f.yaml:1: kind "PermissionGrant" in hostgrant.io/v1: there is none; did you mean "PermissionGrant" in hostgrant.io/v1alpha1?`,
		grant + "---\n" + grant:                                                       `f.yaml:9: PermissionGrant hosting/accounting is declared twice; the first time in f.yaml:1`,
		grant + "kind: Team\n":                                                        `f.yaml:1: yaml: unmarshal errors:`,
		strings.Replace(grant, "  overall", "\toverall", 1):                           `f.yaml:1: yaml: line 7: found character that cannot start any token`,
		"metadata: {name: x}\n":                                                       `f.yaml:1: apiVersion and kind: both are required`,
		strings.Replace(grant, "subjects: [{email: ann@acme.example}]", "a: b", 1):    `f.yaml:1: PermissionGrant "accounting": spec.subjects: Required value`,
		strings.Replace(grant, "[{email: ann@acme.example}]", `[{email: "a"}]`, 1):    `f.yaml:1: PermissionGrant "accounting": spec.subjects[0].email: Invalid value: spec.subjects[0].email in body should be at least 3 chars long`,
		strings.Replace(grant, "name: accounting", `name: "acc\u001b[31mounting"`, 1): `metadata.name: Invalid value: "acc\x1b[31mounting"`,
	} {
		set, err := stream(t, text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nsays %v\nwant %s", text, err, want)
		}
		if strings.ContainsRune(err.Error(), '\x1b') {
			t.Error("a terminal would follow", err)
		}
		if len(set.Objects) > 1 {
			t.Error("takes in", set.Objects)
		}
	}
}

// write makes a folder of files.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, body := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestKustomizationsFetchAndRunNothing(t *testing.T) {
	for what, c := range map[string]struct{ kustomization, want string }{
		"a file here":     {"resources: [g.yaml]\nnamespace: other\n", ""},
		"a remote base":   {"resources: [\"https://github.com/x/y//config?ref=v1\"]\n", "nothing is fetched"},
		"a remote folder": {"resources: [github.com/x/y]\n", "nothing is fetched"},
		"a remote patch":  {"resources: [g.yaml]\npatches: [{path: https://x.example/p.yaml}]\n", "nothing is fetched"},
		"a chart":         {"helmCharts: [{name: x, repo: https://x.example}]\n", "are not run"},
		"a generator":     {"generators: [g.yaml]\n", "are not run"},
		"itself":          {"resources: [../" + "base" + "]\n", "builds on itself"},
		"above":           {"resources: [g.yaml]\nconfigMapGenerator: [{name: x, files: [../secret.txt]}]\n", "security"},
		"a wrong field":   {"resource: [g.yaml]\n", "resource"},
	} {
		folder := write(t, map[string]string{"base/kustomization.yaml": c.kustomization, "base/g.yaml": grant, "secret.txt": "s"})
		r := Reading{}
		r.Path(t.Context(), filepath.Join(folder, "base"))
		set, err := r.Set()
		switch {
		case c.want == "" && (err != nil || len(set.Objects) != 1):
			t.Errorf("%s: %v, %v", what, err, set.Objects)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: says %v", what, err)
		}
	}
}

// A folder with the name of something elsewhere is no way to have it fetched: kustomize looks at the name first.
func TestNamesOfSomethingElsewhereAreRefused(t *testing.T) {
	asked := 0
	theirs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer theirs.Close()
	t.Setenv("PATH", "")
	for _, name := range []string{
		theirs.URL + "/x.yaml", "github.com/evil/repo", "./GitHub.com/evil/repo", "git@example.com:a/b.git", "ssh://example.com/a", "file:///tmp/a", "a?ref=v1", "gh:evil/repo",
	} {
		folder := write(t, map[string]string{"kustomization.yaml": "resources: [\"" + name + "\"]\n", filepath.Join(name, "kustomization.yaml"): "resources: []\n"})
		r := Reading{}
		r.Path(t.Context(), folder)
		if _, err := r.Set(); err == nil || !strings.Contains(err.Error(), "nothing is fetched") || asked > 0 {
			t.Errorf("%s: asked %d times, says %v", name, asked, err)
		}
	}
}

// What kustomize logs of what strangers wrote reaches no terminal, and what doubles with each step ends.
func TestKustomizationsThatHarm(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	files := map[string]string{"vars/kustomization.yaml": "resources: [g.yaml]\nvars: [{name: \"\\e]0;OWNED\\a\", objref: {kind: X, name: y, apiVersion: v1}}]\n", "vars/g.yaml": grant}
	for i := range 20 {
		body := fmt.Sprintf("resources: [../%d, ../%d]\n", 2*i+2, 2*i+3)
		files[fmt.Sprintf("%d/kustomization.yaml", 2*i)], files[fmt.Sprintf("%d/kustomization.yaml", 2*i+1)] = body, body
	}
	files["40/kustomization.yaml"], files["41/kustomization.yaml"] = "resources: []\n", "resources: []\n"
	folder := write(t, files)
	r := Reading{}
	r.Path(t.Context(), filepath.Join(folder, "vars"))
	if strings.ContainsRune(logged.String(), '\x1b') {
		t.Errorf("%q", logged.String())
	}
	r = Reading{}
	r.Path(t.Context(), filepath.Join(folder, "0"))
	if _, err := r.Set(); err == nil || !strings.Contains(err.Error(), "builds on more than 500 others") {
		t.Error(err)
	}
}

func TestFoldersAreReadWhole(t *testing.T) {
	folder := write(t, map[string]string{
		"a/g.yaml": grant, "b.yml": strings.Replace(grant, "accounting", "second", 1), "notes.txt": "no manifest", ".git/x.yaml": "not: read",
		"c.json": `{"apiVersion": "hostgrant.io/v1alpha1", "kind": "Team", "metadata": {"name": "t"}, "spec": {"members": [{"email": "bob@acme.example"}]}}`,
	})
	r := Reading{Namespace: "hosting"}
	r.Path(t.Context(), folder)
	set, err := r.Set()
	if err != nil || len(set.Objects) != 3 {
		t.Error(err, set.From)
	}
}
