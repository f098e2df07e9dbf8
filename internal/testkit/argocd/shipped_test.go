package argocd

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	ours "github.com/hostgrant/hostgrant/internal/status"
)

// update writes the examples beside the script anew: go test ./internal/testkit/argocd -update
var update = flag.Bool("update", false, "write the examples beside the script anew")

// shipped is a file of what is shipped for Argo CD.
func shipped(name string) string { return filepath.Join("../../..", Folder, name) }

// example is one of the objects beside the script.
type example struct {
	file, kind string
	outcome    ours.Outcome
	facts      []metav1.Condition
	want       string
}

var examples = []example{
	{"backend_healthy", "HostingBackend", ours.Succeeded(v1alpha1.ReasonListed, "the provider's table is read every 5m0s"), nil, Healthy},
	{"backend_degraded", "HostingBackend", ours.NeedsAction(v1alpha1.ReasonCredentialsRejected, "the provider refuses the key; put a valid token into the Secret that spec.endpoint.credentialsSecretRef of the HostingBackend names"), nil, Degraded},
	{"backend_held", "HostingBackend", ours.Succeeded(v1alpha1.ReasonListed, "the provider's table is read every 5m0s"), held(v1alpha1.ReasonRemovalLimit), Suspended},
	{"grant_healthy", "PermissionGrant", ours.Succeeded(v1alpha1.ReasonAsDeclared, "what is declared is there for 2 of 2 people"), []metav1.Condition{
		ours.Fact(v1alpha1.ConditionAllActive, false, v1alpha1.ReasonInvited, "no profile yet: 1 of 2 people"),
	}, Healthy},
	{"grant_progressing", "PermissionGrant", ours.Waiting(v1alpha1.ReasonProgressing, "what is declared is there for 1 of 2 people"), nil, Progressing},
	{"grant_unavailable", "PermissionGrant", ours.Outcome{
		Ready: metav1.ConditionUnknown, Reason: v1alpha1.ReasonProviderUnavailable, Message: "the provider does not answer, or its answer cannot be used; Hostgrant tries again", Reconciling: true,
	}, nil, Progressing},
	{"grant_degraded", "PermissionGrant", ours.NeedsAction(v1alpha1.ReasonPlaceUnknown, "the provider has no account shpo; correct the name, or leave it out"), nil, Degraded},
	{"grant_suspended", "PermissionGrant", ours.NeedsAction(v1alpha1.ReasonSuspended, "suspend is set: what the grant gave stays as it is; to go on, set suspend: false"), nil, Suspended},
	{"grant_observed", "PermissionGrant", ours.NeedsAction(v1alpha1.ReasonObserveOnly, "the HostingBackend's mode is Observe, and 1 of 2 people would change: AccessRecord/owner-ca12da5ebc2f75d6005a9b2c53af295d: to add: Billing"), nil, Suspended},
}

// The script is beside examples and what is to come of them, as Argo CD's own scripts are. The
// examples are what internal/status makes of them.
func TestExamplesBesideTheScript(t *testing.T) {
	folder := filepath.Dir(Script)
	type expectation struct {
		HealthStatus Health `json:"healthStatus"`
		InputPath    string `json:"inputPath"`
	}
	var tests struct {
		Tests []expectation `json:"tests"`
	}
	for _, e := range examples {
		object := observed(t, e.kind, ours.Conditions(nil, 2, at, e.outcome, e.facts...))
		health, err := Of(t.Context(), object)
		if err != nil || health.Status != e.want {
			t.Fatalf("%s: %+v, %v, want %s", e.file, health, err, e.want)
		}
		path := "testdata/" + e.file + ".yaml"
		same(t, filepath.Join(folder, path), object.Object)
		tests.Tests = append(tests.Tests, expectation{health, path})
	}
	same(t, filepath.Join(folder, "health_test.yaml"), tests)
	written, err := filepath.Glob(shipped(filepath.Join(folder, "testdata", "*")))
	if err != nil || len(written) != len(examples) {
		t.Errorf("%d files in testdata for %d examples: %v", len(written), len(examples), err)
	}
}

// same compares a file with what it has to hold.
func same(t *testing.T, name string, want any) {
	t.Helper()
	text, err := yaml.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(shipped(name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(shipped(name))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(text) {
		t.Errorf("%s is not what the code makes; run this test with -update. It holds\n%s\nand should hold\n%s", name, got, text)
	}
}

// What is to be put into argocd-cm holds the same script, for every kind of ours.
func TestTheConfigMapHoldsTheScript(t *testing.T) {
	var configMap struct {
		Kind string            `json:"kind"`
		Data map[string]string `json:"data"`
	}
	read(t, "argocd-cm.yaml", &configMap)
	var customizations map[string]map[string]string
	if err := yaml.UnmarshalStrict([]byte(configMap.Data["resource.customizations"]), &customizations); err != nil {
		t.Fatal(err)
	}
	want, err := script()
	if err != nil {
		t.Fatal(err)
	}
	if got := customizations[v1alpha1.SchemeGroupVersion.Group+"/*"]["health.lua"]; configMap.Kind != "ConfigMap" || got != want {
		t.Errorf("argocd-cm.yaml holds another script than %s:\n%s", Script, got)
	}
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(shipped(name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// Argo CD gives scripts no library for texts by default; one that used it would be Unknown.
func TestTheScriptNeedsNoLibrary(t *testing.T) {
	text, err := script()
	if err != nil {
		t.Fatal(err)
	}
	for _, library := range []string{"string.", "math.", "os.", "io.", "require"} {
		if strings.Contains(text, library) {
			t.Errorf("the script uses %s", library)
		}
	}
	if _, err := Of(t.Context(), &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{}}}); err != nil {
		t.Error("an object without anything:", err)
	}
}
