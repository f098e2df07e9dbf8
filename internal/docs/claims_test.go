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

// claim is a sentence of a document with the test that fails where it is not so.
type claim struct {
	file, says string
	// proof is the test's file, spec its name in there.
	proof, spec string
}

var claims = []claim{
	{"README.md", `its record says how much would change: "1 permission to add and 0 to take away"`, "controllers/readme_test.go", "does what the README says of a first grant"},
	{"README.md", "takes away what only this grant gave. It returns when that is done,", "test/e2e/kubectl_test.go", "delete returns after the revocation, and takes only what that grant gave"},
	{"README.md", "or 30 seconds after the debt was recorded, for instance while the provider is down; the debt is paid later.", "test/e2e/kubectl_test.go", "delete returns within a bounded time while the provider is down, and the debt is paid later"},
	{"docs/runbook.md", "See the REASON column of `kubectl get`", "internal/docs/claims_test.go", "TestEveryKindWithConditionsHasAReasonColumn"},
	{"docs/runbook.md", "`kubectl wait` and Flux understand them. Argo CD needs", "internal/testkit/argocd/health_test.go", "TestHealthOfEveryKindInEveryState"},
	{"docs/runbook.md", "The record's message counts what would be added and taken away.", "controllers/readme_test.go", "does what the README says of a first grant"},
	{"docs/kinds/hostingbackend.md", "or one of another namespace whose `grantRules` take theirs; AccessRecords are in the backend's namespace.", "test/scenarios/bounds_test.go", "S43 the rules of a backend"},
	{"docs/kinds/hostingbackend.md", "records count what would be written.", "controllers/readme_test.go", "does what the README says of a first grant"},
	{"docs/kinds/hostingbackend.md", "it opens what this owner gives, and for what other owners of the provider give the same person, the provider asks them to confirm the address.", "controllers/mailbox_test.go", "waits with what we gave until the mailbox is confirmed where the other was first"},
	{"config/samples/README.md", "The backend only observes.", "internal/docs/claims_test.go", "TestSamplesObserve"},
	{"docs/gitops/argocd/README.md", "kubectl --namespace argocd patch configmap argocd-cm --patch-file docs/gitops/argocd/argocd-cm.yaml", "test/apivalidation/argocd_test.go", "is put into Argo CD's settings by the command of its README"},
	{"docs/gitops/argocd/README.md", "The script uses none of Lua's libraries", "internal/testkit/argocd/shipped_test.go", "TestTheScriptNeedsNoLibrary"},
	{"docs/gitops/argocd/README.md", "an object stays healthy for two intervals", "internal/testkit/argocd/health_test.go", "TestHealthOfEveryKindInEveryState"},
	{"docs/gitops/argocd/README.md", "What is held is told by the HostingBackend, which becomes `Suspended`", "controllers/argocd_test.go", "is shown by Argo CD as healthy, progressing, degraded, suspended or held"},
}

func text(t *testing.T, file string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("../..", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestClaimsHaveTests: sentences that were once said otherwise than it is are there, each with a
// test of what it says.
func TestClaimsHaveTests(t *testing.T) {
	for _, c := range claims {
		if !strings.Contains(strings.Join(strings.Fields(text(t, c.file)), " "), c.says) {
			t.Errorf("%s no longer says %q: change the claim with it, and see that its test in %s still proves it", c.file, c.says, c.proof)
		}
		if !strings.Contains(text(t, c.proof), c.spec) {
			t.Errorf("%s: %q is without its test %q in %s", c.file, c.says, c.spec, c.proof)
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
	const measured = "12"
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
