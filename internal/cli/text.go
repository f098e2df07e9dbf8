package cli

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/hostgrant/hostgrant/internal/manifest"
)

// code is a text from a manifest that is safe in Markdown.
func code(text string) string { return manifest.Code(text) }

// escaped is JSON in which what a terminal or a reader might follow stands as an escape: C1 controls, marks that turn the
// direction of writing around. It says the same.
func escaped(body []byte) []byte {
	var b bytes.Buffer
	for _, c := range string(body) {
		switch {
		case c == '\n' || !unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			b.WriteRune(c)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	return b.Bytes()
}

// blanked is a value of JSON with blanks for what YAML takes for printable and a terminal may follow; YAML escapes the
// other controls itself.
func blanked(value any) any {
	switch value := value.(type) {
	case string:
		return strings.Map(func(c rune) rune {
			if unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp) || c > '~' && unicode.IsControl(c) {
				return ' '
			}
			return c
		}, value)
	case []any:
		for i := range value {
			value[i] = blanked(value[i])
		}
	case map[string]any:
		for key := range value {
			value[key] = blanked(value[key])
		}
	}
	return value
}
