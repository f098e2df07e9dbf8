package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Where messages of conditions, issues and events are made by functions without a client, and the tables of
// messages, which the tests of those packages write.
var (
	messageFiles = []string{
		"../plan/*.go", "../handover/*.go", "../status/*.go", "../access/rules.go", "../access/people.go",
		"../../controllers/relinquishment/report.go", "../../controllers/approval/progress.go", "../../controllers/approval/verify.go",
		"../../controllers/backend/held.go", "../../controllers/backend/people.go", "../../controllers/backend/plausibility.go",
	}
	messageTables = []string{"../*/testdata/messages.txt", "../../controllers/*/testdata/messages.txt"}
)

// verb is what a message has values for.
var verb = regexp.MustCompile(`%(\[\d+\])?[dqsv]`)

// TestEveryMessageIsInATable: what the code can say stands in a table that is read in reviews.
func TestEveryMessageIsInATable(t *testing.T) {
	tables := ""
	for _, file := range files(t, messageTables) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tables += string(text)
	}
	told := 0
	for _, file := range files(t, messageFiles) {
		for _, text := range sentences(t, file) {
			told++
			for _, part := range verb.Split(text, -1) {
				if part = strings.TrimSpace(part); len(part) > 8 && !strings.Contains(tables, part) {
					t.Errorf("%s can say %q, and no table of messages has %q; add a case to TestMessages beside it", file, text, part)
				}
			}
		}
	}
	if told < 100 {
		t.Errorf("only %d messages were found", told)
	}
}

func files(t *testing.T, patterns []string) (all []string) {
	t.Helper()
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatal(pattern, "finds nothing", err)
		}
		for _, file := range found {
			if !strings.HasSuffix(file, "_test.go") {
				all = append(all, file)
			}
		}
	}
	return all
}

// sentences are the texts of three words and more in a file, but those of errors and logs.
func sentences(t *testing.T, source string) (all []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.CallExpr:
			if of, ok := n.Fun.(*ast.SelectorExpr); ok && (of.Sel.Name == "Errorf" || of.Sel.Name == "Error") {
				return false
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil && len(strings.Fields(text)) > 2 {
				all = append(all, strings.ReplaceAll(text, "%%", "%"))
			}
		}
		return true
	})
	return all
}
