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
