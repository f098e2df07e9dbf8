package docs

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// requirement is a line of go.mod's require blocks; the second group is set where the module
// is needed by others only.
var requirement = regexp.MustCompile(`(?m)^(?:require )?\s*([a-z][^\s]+\.[^\s]+/[^\s]+|[a-z]+\.[^\s]+) v[^\s]+( // indirect)?$`)

// row of a table whose first cell is a module path in backquotes.
var row = regexp.MustCompile("(?m)^\\| `([a-z][^`]+)` \\| ([^|]+) \\|$")

// TestDependenciesHaveReasons: every direct dependency has a row with a reason, and no row
// is about a module that is not there any more.
func TestDependenciesHaveReasons(t *testing.T) {
	direct, all := requirements(t)
	if len(direct) == 0 {
		t.Fatal("no direct dependencies found in go.mod")
	}
	text, err := os.ReadFile("../../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, match := range row.FindAllStringSubmatch(string(text), -1) {
		rows = append(rows, match[1])
		if strings.TrimSpace(match[2]) == "" {
			t.Errorf("docs/dependencies.md gives no reason for %s", match[1])
		}
	}
	for _, module := range direct {
		if !slices.Contains(rows, module) {
			t.Errorf("%s is a direct dependency and has no row in docs/dependencies.md; say there why it is needed", module)
		}
	}
	for _, module := range rows {
		if !slices.Contains(all, module) {
			t.Errorf("docs/dependencies.md has a row for %s, which go.mod does not require", module)
		}
	}
}

func requirements(t *testing.T) (direct, all []string) {
	t.Helper()
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range requirement.FindAllStringSubmatch(string(text), -1) {
		all = append(all, match[1])
		if match[2] == "" {
			direct = append(direct, match[1])
		}
	}
	return direct, all
}
