package docs

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	annotationsFile = "../../api/v1alpha1/annotations.go"
	annotationsPage = "docs/annotations.md"
)

// annotation is the heading of a section on one, annotationItem is one that each section has.
var (
	annotation     = regexp.MustCompile("(?m)^## `(.+)`$")
	annotationItem = regexp.MustCompile(`(?m)^- (On|Value|Effect|Answered): .`)
)

// TestAnnotationsAreOnOnePage: every annotation of the code has its section there, with all that
// people need and a test, and there is no section on another.
func TestAnnotationsAreOnOnePage(t *testing.T) {
	page := text(t, annotationsPage)
	compare(t, annotationsPage, constantsByPrefix(t, annotationsFile, "Annotation")["Annotation"], words(annotation, page))
	for _, section := range strings.Split(page, "\n## ")[1:] {
		if items := words(annotationItem, section); strings.Join(items, " ") != "On Value Effect Answered" || !proof.MatchString(section) {
			t.Errorf("%s: a section has the items %v, or names no test: %s", annotationsPage, items, section)
		}
	}
}

// declared is the declaration of a name of ours.
var declared = regexp.MustCompile(`= "hostgrant\.io/[a-z-]+"`)

// TestAnnotationsStandTogether: no other file of the API declares one.
func TestAnnotationsStandTogether(t *testing.T) {
	files, err := filepath.Glob("../../api/v1alpha1/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for line := range strings.Lines(text(t, strings.TrimPrefix(file, "../../"))) {
			if file != annotationsFile && strings.HasPrefix(strings.TrimSpace(line), "Annotation") && declared.MatchString(line) {
				t.Errorf("%s declares an annotation: %s: put it into %s", file, line, annotationsFile)
			}
		}
	}
}
