package docs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/internal/diagnose"
)

// declaredDigest is the line of the changelog.
var declaredDigest = regexp.MustCompile(`(?m)^API digest: (\S+)$`)

// TestTheAPIIsDeclared: who changes the API says so in the changelog. `make api-digest` prints what this logs.
func TestTheAPIIsDeclared(t *testing.T) {
	files, err := filepath.Glob("../../config/crd/bases/*.yaml")
	if err != nil || len(files) < 7 {
		t.Fatal(files, err)
	}
	crds := make([]string, len(files))
	for i, file := range files {
		crds[i] = text(t, strings.TrimPrefix(file, "../../"))
	}
	now := apiDigest(t, crds...)
	t.Logf("API digest: %s", now)
	_, section, _ := strings.Cut(text(t, "CHANGELOG.md"), "\n## Unreleased\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, section, _ = strings.Cut(section, "\n### API\n")
	section, _, _ = strings.Cut(section, "\n### ")
	declared := declaredDigest.FindStringSubmatch(section)
	if len(declared) != 2 || declared[1] != now {
		t.Errorf("the API changed: say in CHANGELOG.md, under Unreleased, API, what changed and what to do, and put there the line\nAPI digest: %s", now)
	}
}

// TestTheDigestIsOfTheShape: descriptions make no difference, everything else does.
func TestTheDigestIsOfTheShape(t *testing.T) {
	const crd = `spec: {versions: [{schema: {description: one, properties: {description: {type: string, maxLength: 3}}}}]}`
	before := apiDigest(t, crd)
	for change, same := range map[string]bool{"description: one>description: two": true, "maxLength: 3>maxLength: 4": false,
		"description: {type>explanation: {type": false} {
		from, to, _ := strings.Cut(change, ">")
		if (apiDigest(t, strings.Replace(crd, from, to, 1)) == before) != same {
			t.Errorf("%s: the digest is the same or not, where it must be %v", change, same)
		}
	}
}

// apiDigest is 12 hex digits of what CRDs accept, refuse and print.
func apiDigest(t *testing.T, crds ...string) string {
	t.Helper()
	sum := sha256.New()
	for _, body := range crds {
		crd := map[string]any{}
		if err := yaml.Unmarshal([]byte(body), &crd); err != nil {
			t.Fatal(err)
		}
		diagnose.DropDescriptions(crd["spec"])
		shape, err := json.Marshal(crd["spec"])
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(shape)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}
