// Package docs holds tests that keep the documents in docs/ true to the code.
package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	conditionsFile = "../../api/v1alpha1/conditions.go"
	runbookFile    = "../../docs/runbook.md"
)

// entry is a row of a table whose first cell is a word in backquotes.
var entry = regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\|")

// TestRunbookIsComplete: every condition, reason and event the code knows has its row in the
// runbook, in the chapter of its sort, and the runbook has no row for one that is gone.
func TestRunbookIsComplete(t *testing.T) {
	constants := constantsByPrefix(t, conditionsFile, "Condition", "Reason", "Event")
	chapters := chapters(t)
	for prefix, chapter := range map[string]string{"Condition": "Conditions", "Reason": "Reasons", "Event": "Events"} {
		t.Run(chapter, func(t *testing.T) {
			compare(t, "docs/runbook.md", constants[prefix], words(entry, chapters[chapter]))
		})
	}
}

// filled is how many cells of a row of each chapter have to say something: what it is, what it means, and
// what to do where somebody may have to.
var filled = map[string]int{"Conditions": 3, "Reasons": 3, "Events": 4}

// TestRunbookSaysWhatToDo: every row says what it means, and every reason and event what to do.
func TestRunbookSaysWhatToDo(t *testing.T) {
	chapters, rows := chapters(t), 0
	for chapter, cells := range filled {
		for line := range strings.SplitSeq(chapters[chapter], "\n") {
			if !entry.MatchString(line) {
				continue
			}
			rows++
			parts := strings.Split(strings.Trim(proof.ReplaceAllString(line, ""), "| "), " | ")
			empty := func(cell string) bool { return len(strings.TrimSpace(cell)) < 3 }
			if len(parts) != cells || slices.ContainsFunc(parts, empty) {
				t.Errorf("%s: a row needs %d cells that say something: %s", chapter, cells, line)
			}
		}
	}
	if rows < 80 {
		t.Errorf("only %d rows were found", rows)
	}
}

func compare(t *testing.T, page string, code, listed []string) {
	t.Helper()
	if len(code) == 0 {
		t.Fatalf("no constants found for %s", page)
	}
	for _, name := range code {
		if !slices.Contains(listed, name) {
			t.Errorf("%s has no place in %s; say there what it means and what to do", name, page)
		}
	}
	for i, name := range listed {
		if !slices.Contains(code, name) {
			t.Errorf("%s tells of %s, which is no constant in the code", page, name)
		}
		if slices.Contains(listed[:i], name) {
			t.Errorf("%s tells of %s twice", page, name)
		}
	}
}

// constantsByPrefix lists the values of the string constants in a file by the prefix of their names.
func constantsByPrefix(t *testing.T, source string, prefixes ...string) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			at := slices.IndexFunc(prefixes, func(p string) bool { return strings.HasPrefix(name.Name, p) })
			if at < 0 {
				t.Errorf("%s: the documents do not know what sort of constant %s is", source, name.Name)
				continue
			}
			values[prefixes[at]] = append(values[prefixes[at]], value(t, spec.Values[i]))
		}
		return false
	})
	return values
}

func value(t *testing.T, expression ast.Expr) string {
	t.Helper()
	literal, ok := expression.(*ast.BasicLit)
	if !ok {
		t.Fatalf("%s: constants must be plain strings", conditionsFile)
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// chapters is the runbook's text by second-level heading.
func chapters(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(runbookFile)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(string(text), "\n## ") {
		heading, body, _ := strings.Cut(part, "\n")
		parts[heading] = body
	}
	return parts
}

func words(entry *regexp.Regexp, chapter string) []string {
	var found []string
	for _, match := range entry.FindAllStringSubmatch(chapter, -1) {
		found = append(found, match[1])
	}
	return found
}
