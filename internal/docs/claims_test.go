package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// proof is what a comment beside a claim says: the file of the test that fails where the claim is not so,
// and the test's name in there.
var proof = regexp.MustCompile(`<!-- proof: (\S+): (.+?) -->`)

// proven are the sections in which each item of a list has a proof.
var proven = map[string]string{"README.md": "## How it stays safe", "docs/concepts.md": "# Concepts"}

func text(t *testing.T, file string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("../..", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// documents are all of the project's, by their paths.
func documents(t *testing.T) (files []string) {
	t.Helper()
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "docs/*/*/*.md", "config/*/*.md"} {
		found, err := filepath.Glob("../../" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			files = append(files, strings.TrimPrefix(file, "../../"))
		}
	}
	return files
}

// TestClaimsHaveTests: the tests that documents name beside what they claim are there.
func TestClaimsHaveTests(t *testing.T) {
	n := 0
	for _, file := range documents(t) {
		for _, claim := range proof.FindAllStringSubmatch(text(t, file), -1) {
			if n++; !strings.Contains(text(t, claim[1]), claim[2]) {
				t.Errorf("%s names the test %q in %s, which has none of that name: see that the claim beside it is still proven", file, claim[2], claim[1])
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d claims with a proof were found", n)
	}
}

// item is the beginning of an item of a list that is in no other.
var item = regexp.MustCompile(`(?m)^(- |\d+\. )`)

// TestItemsAreProven: in certain sections each item of a list has a proof.
func TestItemsAreProven(t *testing.T) {
	for file, heading := range proven {
		_, section, found := strings.Cut(text(t, file), heading+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		items := item.Split(section, -1)[1:]
		if !found || len(items) < 5 {
			t.Fatalf("%s: %d items under %q", file, len(items), heading)
		}
		for _, one := range items {
			if !proof.MatchString(one) {
				t.Errorf("%s claims without naming a test: %s", file, one)
			}
		}
	}
}

// TestEveryKindWithConditionsHasAReasonColumn: the runbook sends its readers there.
func TestEveryKindWithConditionsHasAReasonColumn(t *testing.T) {
	files, err := filepath.Glob("../../config/crd/bases/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		crd := &apiextensions.CustomResourceDefinition{}
		if err := yaml.Unmarshal([]byte(text(t, strings.TrimPrefix(file, "../../"))), crd); err != nil {
			t.Fatal(err)
		}
		for _, version := range crd.Spec.Versions {
			if _, has := version.Schema.OpenAPIV3Schema.Properties["status"].Properties["conditions"]; !has {
				continue
			}
			n++
			reason := ""
			for _, column := range version.AdditionalPrinterColumns {
				if column.Name == "Reason" && column.Priority == 0 {
					reason = column.JSONPath
				}
			}
			if reason != `.status.conditions[?(@.type=="Ready")].reason` {
				t.Errorf("%s shows %q as its reason", crd.Spec.Names.Kind, reason)
			}
		}
	}
	if n < 6 {
		t.Errorf("only %d kinds with conditions were found", n)
	}
}

// TestSamplesObserve: they name the real provider, and are applied by whoever tries them.
func TestSamplesObserve(t *testing.T) {
	files, err := filepath.Glob("../../config/samples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		for document := range strings.SplitSeq(text(t, strings.TrimPrefix(file, "../../")), "\n---\n") {
			backend := &v1alpha1.HostingBackend{}
			if !strings.Contains(document, "kind: HostingBackend") {
				continue
			}
			n++
			if err := yaml.UnmarshalStrict([]byte(document), backend); err != nil {
				t.Fatal(err)
			}
			if backend.Spec.Mode != v1alpha1.ModeObserve {
				t.Errorf("%s: HostingBackend %s has mode %q", file, backend.Name, backend.Spec.Mode)
			}
		}
	}
	if n == 0 {
		t.Error("no HostingBackend was found")
	}
}

// making is how long the control plane takes to be built, wherever that is said.
var making = regexp.MustCompile(`about (\d+) minutes on 2\s+cores`)

// TestHowLongTheControlPlaneTakesIsSaidOnce: the same everywhere.
func TestHowLongTheControlPlaneTakesIsSaidOnce(t *testing.T) {
	const measured = "7"
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "Makefile", "hack/controlplane/assets.sh", "docs/design/0002-control-plane-from-modules.md"} {
		said := making.FindAllStringSubmatch(text(t, file), -1)
		if len(said) == 0 {
			t.Errorf("%s does not say how long the control plane takes", file)
		}
		for _, minutes := range said {
			if minutes[1] != measured {
				t.Errorf("%s says %q; measured were %s", file, minutes[0], measured)
			}
		}
	}
}
