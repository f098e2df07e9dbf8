package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	namedFile = regexp.MustCompile("`((?:controllers|internal|test)/[a-z/_]+\\.go)`")
	namedTest = regexp.MustCompile("`(Test[A-Za-z]+)`")
	// shared is what several reconciles hold together.
	shared = regexp.MustCompile(`(?m)^\s+\w+\s+(sync\.(Mutex|RWMutex|Map)$|workqueue\.TypedRateLimiter\[)`)
	// elsewhere is what no manager runs, or what begins anew with each call.
	elsewhere = regexp.MustCompile(`^(controllers|internal)/(reference|sandbox|testkit|mailsink|model)/`)
)

// TestMemoryIsListed: docs/memory.md names each file of the manager that holds something from one
// reconcile to the next, and no file or test that is not there.
func TestMemoryIsListed(t *testing.T) {
	doc, tests := text(t, "docs/memory.md"), strings.Builder{}
	for _, root := range []string{"controllers", "internal"} {
		err := fs.WalkDir(os.DirFS("../.."), root, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(file) != ".go" || elsewhere.MatchString(file) {
				return err
			}
			body := text(t, file)
			switch {
			case strings.HasSuffix(file, "_test.go"):
				tests.WriteString(body)
			case shared.MatchString(body) && !strings.Contains(doc, "`"+file+"`"):
				t.Errorf("docs/memory.md does not say what %s holds, and what a restart does to it", file)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, match := range namedFile.FindAllStringSubmatch(doc, -1) {
		if _, err := os.Stat(filepath.Join("../..", match[1])); err != nil {
			t.Errorf("docs/memory.md names %s: %v", match[1], err)
		}
	}
	for _, match := range namedTest.FindAllStringSubmatch(doc, -1) {
		if !strings.Contains(tests.String(), "func "+match[1]+"(") {
			t.Errorf("docs/memory.md names the test %s, which is not there", match[1])
		}
	}
}
