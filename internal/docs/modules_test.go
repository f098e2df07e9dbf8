package docs

import (
	"os"
	"regexp"
	"testing"
)

var (
	goVersion = regexp.MustCompile(`(?m)^go (\S+)$`)
	required  = regexp.MustCompile(`(?m)^\s+(\S+) (v\S+)`)
	replaced  = regexp.MustCompile(`(?m)^\s+(\S+) => \S+ (v\S+)`)
)

// versions are those of the modules that a go.mod requires, or takes in their place.
func versions(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{"go": goVersion.FindStringSubmatch(string(text))[1]}
	for _, expression := range []*regexp.Regexp{required, replaced} {
		for _, match := range expression.FindAllStringSubmatch(string(text), -1) {
			of[match[1]] = match[2]
		}
	}
	return of
}

// TestSharedModulesAreCompiledOnce: what the control plane of the tests and this project both use has one version, so
// that a first run compiles it once: 1,057 of the 1,287 packages of the sandbox.
func TestSharedModulesAreCompiledOnce(t *testing.T) {
	ours, controlPlane, shared := versions(t, "../../go.mod"), versions(t, "../../hack/controlplane/go.mod"), 0
	for module, version := range ours {
		other, both := controlPlane[module]
		if !both {
			continue
		}
		if shared++; other != version {
			t.Errorf("%s: go.mod has %s, hack/controlplane/go.mod %s; go get the newer one in both", module, version, other)
		}
	}
	if shared < 50 {
		t.Errorf("only %d modules are shared", shared)
	}
}
