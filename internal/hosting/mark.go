package hosting

import "regexp"

// A row's annotation carries the mark of the installation that manages it, after whatever
// people wrote there: "our accountant [hostgrant:acme-prod]".
var mark = regexp.MustCompile(`\s?\[hostgrant:([a-z0-9][a-z0-9.-]{0,62})\]`)

// MarksOf lists the marks in an annotation; usually none or one.
func MarksOf(annotation string) []string {
	var marks []string
	for _, found := range mark.FindAllStringSubmatch(annotation, -1) {
		marks = append(marks, found[1])
	}
	return marks
}

// Marked is an annotation with one mark, instead of those it had; without any where the
// mark is empty. What people wrote stays.
func Marked(annotation, by string) string {
	text := mark.ReplaceAllString(annotation, "")
	if by == "" {
		return text
	}
	if text != "" {
		text += " "
	}
	return text + "[hostgrant:" + by + "]"
}
