package docs

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

var yamlBlock = regexp.MustCompile("(?ms)^ *```yaml\n(.*?)^ *```$")

// TestExamplesDecode: every example of ours in the documents is what the types say.
func TestExamplesDecode(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	files, err := filepath.Glob("../../docs/kinds/*.md")
	if err != nil {
		t.Fatal(err)
	}
	decoded := 0
	for _, file := range append(files, "../../README.md", "../../docs/multi-tenancy.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range yamlBlock.FindAllStringSubmatch(string(text), -1) {
			for document := range strings.SplitSeq(block[1], "\n---\n") {
				if !strings.Contains(document, "hostgrant.io/v1alpha1") {
					continue
				}
				decoded++
				if _, _, err := decoder.Decode([]byte(document), nil, nil); err != nil {
					t.Errorf("%s: %v in\n%s", file, err, document)
				}
			}
		}
	}
	if decoded < 10 {
		t.Errorf("only %d examples were found", decoded)
	}
}

// TestEveryKindHasAPage: it names every field of the spec and of the status, but for the two
// that every kind has.
func TestEveryKindHasAPage(t *testing.T) {
	for kind, parts := range map[string][]any{
		"HostingBackend":  {v1alpha1.HostingBackendSpec{}, v1alpha1.HostingBackendStatus{}},
		"PermissionGrant": {v1alpha1.PermissionGrantSpec{}, v1alpha1.PermissionGrantStatus{}},
		"Profile":         {v1alpha1.ProfileSpec{}, v1alpha1.ProfileStatus{}},
		"Team":            {v1alpha1.TeamSpec{}, v1alpha1.TeamStatus{}},
		"PermissionSet":   {v1alpha1.PermissionSetSpec{}},
		"AccessRecord":    {v1alpha1.AccessRecordSpec{}, v1alpha1.AccessRecordStatus{}},
		"Relinquishment":  {v1alpha1.RelinquishmentSpec{}, v1alpha1.RelinquishmentStatus{}},
		"RemovalApproval": {v1alpha1.RemovalApprovalSpec{}, v1alpha1.RemovalApprovalStatus{}},
	} {
		page, err := os.ReadFile("../../docs/kinds/" + strings.ToLower(kind) + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			for field := range reflect.TypeOf(part).Fields() {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				if name == "observedGeneration" || name == "conditions" {
					continue
				}
				if !regexp.MustCompile("`(status\\.)?" + name + "[`.]").Match(page) {
					t.Errorf("docs/kinds/%s.md does not tell of %s in %T", strings.ToLower(kind), name, part)
				}
			}
		}
	}
}
