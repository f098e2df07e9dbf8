package docs

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/internal/cli"
	"github.com/hostgrant/hostgrant/internal/manifest"
)

// blocksOf are the blocks of YAML of a document, without the indentation of the list that they stand in.
func blocksOf(t *testing.T, file string) (blocks []string) {
	t.Helper()
	for _, block := range indentedBlock.FindAllStringSubmatch(text(t, file), -1) {
		blocks = append(blocks, strings.ReplaceAll("\n"+block[2], "\n"+block[1], "\n")[1:])
	}
	return blocks
}

var indentedBlock = regexp.MustCompile("(?ms)^( *)```yaml\n(.*?)^ *```$")

// guide are the pages of the guide.
func guide(t *testing.T) (pages []string) {
	t.Helper()
	for _, file := range documents(t) {
		if strings.HasPrefix(file, "docs/gitops/") {
			pages = append(pages, file)
		}
	}
	if len(pages) < 6 {
		t.Fatal("the guide has", pages)
	}
	return pages
}

// shapes are what a document of the guide may be, beside our own kinds: by what it begins with.
var shapes = map[string]string{
	"kustomize.toolkit.fluxcd.io/v1 Kustomization": "spec.sourceRef", "argoproj.io/v1alpha1 Application": "spec.source", "v1 ConfigMap": "data", "v1 ServiceAccount": "metadata",
	"rbac.authorization.k8s.io/v1 RoleBinding": "roleRef", "kustomize.config.k8s.io/v1beta1 Kustomization": "resources",
}

// TestTheGuidesYAMLIsRight: each document of our kinds is one that an API server would take, each other one is of a kind
// that there is, and each workflow has jobs.
func TestTheGuidesYAMLIsRight(t *testing.T) {
	ours, others, workflows := 0, 0, 0
	for _, page := range guide(t) {
		for _, block := range blocksOf(t, page) {
			if !strings.Contains(block, "apiVersion:") {
				workflows++
				isWorkflow(t, page, block)
				continue
			}
			for document := range strings.SplitSeq(block, "\n---\n") {
				object := map[string]any{}
				if err := yaml.UnmarshalStrict([]byte(document), &object); err != nil {
					t.Errorf("%s: %v in\n%s", page, err, document)
				}
				if strings.HasPrefix(object["apiVersion"].(string), "hostgrant.io/") {
					ours++
					reading := manifest.Reading{Namespace: "hosting"}
					reading.Stream(t.Context(), page, strings.NewReader(document))
					if set, err := reading.Set(); err != nil || len(set.Objects) != 1 {
						t.Errorf("%v in\n%s", err, document)
					}
					continue
				}
				others++
				shape, known := shapes[object["apiVersion"].(string)+" "+object["kind"].(string)]
				if _, has := digs(object, strings.Split(shape, ".")); !known || !has {
					t.Errorf("%s: what is this?\n%s", page, document)
				}
			}
		}
	}
	if ours < 8 || others < 6 || workflows != 2 {
		t.Errorf("%d of ours, %d others, %d workflows", ours, others, workflows)
	}
}

func digs(value map[string]any, path []string) (any, bool) {
	inner, has := value[path[0]]
	if next, ok := inner.(map[string]any); ok && len(path) > 1 {
		return digs(next, path[1:])
	}
	return inner, has
}

// isWorkflow sees that a block is what GitHub or GitLab read, and hands nothing of a stranger's to a shell.
func isWorkflow(t *testing.T, page, block string) {
	t.Helper()
	object := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(block), &object); err != nil {
		t.Errorf("%s: %v in\n%s", page, err, block)
	}
	jobs, github := object["jobs"].(map[string]any)
	if !github {
		jobs = object
	}
	for name, job := range jobs {
		job, _ := job.(map[string]any)
		if job["script"] == nil && (job["steps"] == nil || job["runs-on"] == nil || job["permissions"] == nil) {
			t.Errorf("%s: job %s has no steps, or all permissions", page, name)
		}
		steps, _ := job["steps"].([]any)
		for _, step := range steps {
			if run, _ := step.(map[string]any)["run"].(string); strings.Contains(run, "${{") {
				t.Errorf("%s: job %s puts a value into a script: %s", page, name, run)
			}
		}
	}
	if strings.Contains(block, "pull_request_target") || strings.Contains(block, "HOSTGRANT_TOKEN") || strings.Contains(block, "backend-url") {
		t.Errorf("%s: the workflow can be made to hand out a key:\n%s", page, block)
	}
}

// TestTheLayoutIsARepository: the files of the example are those of the tree above them, and together one kustomization
// that gives what the text says.
func TestTheLayoutIsARepository(t *testing.T) {
	folder, named := t.TempDir(), regexp.MustCompile(`^# (access/\S+)\n`)
	var files []string
	for _, block := range blocksOf(t, "docs/gitops/README.md") {
		name := named.FindStringSubmatch(block)
		if name == nil {
			t.Fatalf("no file is named:\n%s", block)
		}
		files = append(files, name[1])
		path := filepath.Join(folder, filepath.FromSlash(name[1]))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var tree []string
	for _, line := range regexp.MustCompile(`(?m)^  (\S+\.yaml) `).FindAllStringSubmatch(text(t, "docs/gitops/README.md"), -1) {
		tree = append(tree, "access/"+line[1])
	}
	slices.Sort(files)
	slices.Sort(tree)
	if !slices.Equal(files, tree) {
		t.Errorf("the example has %v, the tree %v", files, tree)
	}
	var out, failure bytes.Buffer
	t.Setenv("KUBECONFIG", filepath.Join(folder, "none"))
	reading := manifest.Reading{}
	reading.Path(t.Context(), filepath.Join(folder, "access"))
	if set, err := reading.Set(); err != nil || len(set.Objects) != 9 || set.PassedOver != 0 {
		t.Errorf("%v: %v", err, set.From)
	}
	code := cli.Run(t.Context(), "hostgrant", []string{"plan", "-f", filepath.Join(folder, "access")}, genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &failure})
	if code != 1 || !strings.Contains(failure.String(), "no cluster is configured") {
		t.Error("goes wrong before a cluster is asked:", failure.String())
	}
}

// command is one of hostgrant in a block of a document, up to what the shell does with it.
var command = regexp.MustCompile(`(?m)(?:^|[ "/(])hostgrant"? ((?:plan|import|notified|who-can|access|matrix|review|status|doctor|approve|version)\b[^|>;&#\n]*)`)

var fenced = regexp.MustCompile("(?ms)^ *```(?:console|yaml|bash)\n(.*?)^ *```$")

// TestCommandsOfTheDocumentsExist: every command of hostgrant in a block of a document is one that there is, with flags
// that it has.
func TestCommandsOfTheDocumentsExist(t *testing.T) {
	n := 0
	for _, file := range documents(t) {
		for _, block := range fenced.FindAllStringSubmatch(text(t, file), -1) {
			for _, found := range command.FindAllStringSubmatch(strings.ReplaceAll(block[1], "\\\n", " "), -1) {
				n++
				args := append(strings.Fields(strings.NewReplacer(`"`, "", "'", "", "[", "", "]", "", "...", "").Replace(found[1])), "--help")
				var out, failure bytes.Buffer
				code := cli.Run(t.Context(), "hostgrant", args, genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &failure})
				if code != 0 || !strings.Contains(out.String(), "hostgrant "+args[0]) {
					t.Errorf("%s: hostgrant %s: %s", file, found[1], failure.String())
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d commands were found", n)
	}
}
