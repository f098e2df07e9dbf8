package manifest

import (
	"strings"
	"unicode"
)

// Plain is a text from a manifest that is safe on a terminal: without line breaks and other controls, nor
// marks that turn the direction of writing around.
func Plain(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return c
	}, text)
}

// Code is a text from a manifest that is safe in Markdown: in a code span nobody is mentioned, and no link,
// picture or HTML is followed.
func Code(text string) string {
	text = Plain(text)
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
