package cli

import (
	"strings"

	"github.com/hostgrant/hostgrant/internal/manifest"
)

// code is a text from a manifest that is safe in Markdown: in a code span nobody is mentioned, and no
// link, picture or HTML is followed.
func code(text string) string {
	text = manifest.Plain(text)
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	if strings.TrimSpace(text) == "" {
		text = "?"
	}
	return fence + text + fence
}
