package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/testkit/golden"
)

// kustomize is a kustomization of a folder "base" beside a grant, with more files.
func kustomize(kustomization string, more ...string) map[string]string {
	files := map[string]string{"base/kustomization.yaml": kustomization, "base/g.yaml": grant, "secret.txt": "s"}
	for i := 0; i+1 < len(more); i += 2 {
		files[more[i]] = more[i+1]
	}
	return files
}

// hostileFolders by what is hostile in them: files, and links by a text that begins with "-> ", pipes by "|", what is a
// device by "%". Each is read from its folder "base".
var hostileFolders = []struct {
	what  string
	files map[string]string
}{
	{"a file here", kustomize("resources: [g.yaml]\nnamespace: other\n")},
	{"a remote base", kustomize("resources: [\"https://github.com/x/y//config?ref=v1\"]\n")},
	{"a remote folder", kustomize("resources: [github.com/x/y]\n")},
	{"a remote patch", kustomize("resources: [g.yaml]\npatches: [{path: https://x.example/p.yaml}]\n")},
	{"a chart", kustomize("helmCharts: [{name: x, repo: https://x.example}]\n")},
	{"a generator", kustomize("generators: [g.yaml]\n")},
	{"a transformer", kustomize("resources: [g.yaml]\ntransformers: [g.yaml]\n")},
	{"a validator in the kustomization", kustomize("resources: [g.yaml]\nvalidators: [\"{apiVersion: x, kind: y}\"]\n")},
	{"itself", kustomize("resources: [../base]\n")},
	{"each other", kustomize("resources: [../other]\n", "other/kustomization.yaml", "resources: [../base]\n")},
	{"a component that builds on it", kustomize("resources: [g.yaml]\ncomponents: [c]\n", "base/c/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [../../base]\n")},
	{"data above", kustomize("resources: [g.yaml]\nconfigMapGenerator: [{name: x, files: [../secret.txt]}]\n")},
	{"a resource above", kustomize("resources: [../secret.txt]\n")},
	{"a patch above", kustomize("resources: [g.yaml]\npatches: [{path: ../secret.txt}]\n")},
	{"an absolute path", kustomize("resources: [/etc/passwd]\n")},
	{"a device", kustomize("resources: [/dev/zero]\n")},
	{"a link to a resource above", kustomize("resources: [x.yaml]\n", "base/x.yaml", "-> ../secret.txt")},
	{"a link to a device", kustomize("resources: [x.yaml]\n", "base/x.yaml", "-> /dev/zero")},
	{"a pipe for a resource", kustomize("resources: [x.yaml]\n", "base/x.yaml", "|")},
	{"a pipe for data", kustomize("resources: [g.yaml]\nconfigMapGenerator: [{name: x, files: [x.txt]}]\n", "base/x.txt", "|")},
	{"a pipe for a kustomization", map[string]string{"base/kustomization.yaml": "|"}},
	{"a link for a kustomization", map[string]string{"base/kustomization.yaml": "-> ../k.yaml", "k.yaml": "resources: []\n"}},
	{"two kustomizations", kustomize("resources: [g.yaml]\n", "base/Kustomization", "resources: []\n")},
	{"a wrong field", kustomize("resource: [g.yaml]\n")},
	{"a list for a kustomization", kustomize("- g.yaml\n")},
	{"a kustomization that is cut off", kustomize("resources: [g.yaml\n")},
	{"a kustomization that says resources twice", kustomize("resources: []\nresources: [g.yaml]\n")},
	{"a bomb in a kustomization", kustomize("resources: [g.yaml]\n" + doubling(12, 10, "[x, x, x, x, x, x, x, x]"))},
	{"a bomb in a resource", kustomize("resources: [x.yaml]\n", "base/x.yaml", grant+doubling(12, 10, "[x, x, x, x, x, x, x, x]"))},
	{"a resource that is broken", kustomize("resources: [x.yaml]\n", "base/x.yaml", "a: [\n")},
	{"a resource that is binary", kustomize("resources: [x.yaml]\n", "base/x.yaml", "\x00\x01")},
	{"a resource that is there twice", kustomize("resources: [g.yaml, x.yaml]\n", "base/x.yaml", grant)},
	{"a resource that is wrong", kustomize("resources: [x.yaml]\n", "base/x.yaml", in(grant, "Billing", "Biling"))},
	{"a patch of nothing", kustomize("resources: [g.yaml]\npatches: [{target: {kind: Team}, patch: \"[{op: remove, path: /x}]\"}]\n")},
	{"controls in a name", kustomize("resources: [\"\\e]0;title\\a.yaml\"]\n")},
	{"a resource that is missing", kustomize("resources: [none.yaml]\n")},
	{"controls in a file's name", map[string]string{"base/\x1b[31m.yaml": "a: b\n"}},
	{"a line break in a file's name", map[string]string{"base/a\nerror: b.yaml": "a: b\n"}},
	{"a pipe in a folder", map[string]string{"base/x.yaml": "|", "base/g.yaml": grant}},
	{"a link to what is above", map[string]string{"base/x.yaml": "-> ../secret.yaml", "secret.yaml": grant}},
	{"a link to a link to what is above", map[string]string{"base/x.yaml": "-> y", "base/y": "-> /etc/passwd"}},
	{"a link to nothing", map[string]string{"base/x.yaml": "-> none.yaml"}},
	{"a link to itself", map[string]string{"base/x.yaml": "-> x.yaml"}},
	{"a link to a device in a folder", map[string]string{"base/x.yaml": "-> /dev/zero"}},
	{"a link to a file beside it", map[string]string{"base/x.yaml": "-> g.txt", "base/g.txt": grant}},
	{"a link to the folder", map[string]string{"base/x": "-> .", "base/x.yaml": "-> .", "base/g.yaml": grant}},
	{"a broken file beside a right one", map[string]string{"base/a.yaml": grant, "base/b.yaml": "a: [\n"}},
	{"a program by the name of a manifest", map[string]string{"base/a.yaml": "\x7fELF"}},
	{"the same in two files", map[string]string{"base/a.yaml": grant, "base/b/c.yaml": grant}},
	{"an empty folder", map[string]string{"base/notes.txt": "no manifest"}},
	{"hidden files", map[string]string{"base/.git/x.yaml": "not: read", "base/.x.yaml": "not: read", "base/g.yaml": grant}},
}

// TestHostileFolders: each is read whole, or refused in one line; nothing is fetched or waited for.
func TestHostileFolders(t *testing.T) {
	var got strings.Builder
	for _, c := range hostileFolders {
		folder := hostileFolder(t, c.files)
		done := make(chan string)
		go func() {
			r := Reading{Namespace: "hosting"}
			r.Path(t.Context(), filepath.Join(folder, "base"))
			set, err := r.Set()
			if err == nil {
				err = fmt.Errorf("taken: %d, passed over: %d", len(set.Objects), set.PassedOver)
			}
			done <- err.Error()
		}()
		select {
		case said := <-done:
			said = strings.ReplaceAll(said, folder+"/", "")
			if strings.Contains(said, "\n") || said != Plain(said) || strings.Contains(said, folder) {
				t.Errorf("%s: says %q", c.what, said)
			}
			fmt.Fprintf(&got, "%s\n\t%s\n", c.what, said)
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: waits", c.what)
		}
	}
	golden.Compare(t, "testdata/folders.golden", got.String())
}

func hostileFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, body := range files {
		path := filepath.Join(folder, name)
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		to, link := strings.CutPrefix(body, "-> ")
		switch {
		case err != nil:
		case link:
			err = os.Symlink(to, path)
		case body == "|":
			err = syscall.Mkfifo(path, 0o600)
		default:
			err = os.WriteFile(path, []byte(body), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
