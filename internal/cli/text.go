package cli

import (
	"fmt"
	"strings"

	"github.com/hostgrant/hostgrant/internal/manifest"
)

// code is a text from a manifest that is safe in Markdown.
func code(text string) string { return manifest.Code(text) }

// cellCode is code in a table, where a bar ends a cell also in code.
func cellCode(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(code(text), `\|`, `\ |`), "|", `\|`)
}

// markdownHead begins a table.
func markdownHead(b *strings.Builder, names []string) {
	markdownRow(b, names)
	b.WriteString("|" + strings.Repeat(" --- |", len(names)) + "\n")
}

func markdownRow(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// markdownNotes ends a page with what is not known.
func markdownNotes(b *strings.Builder, notes []string) {
	if len(notes) > 0 {
		b.WriteString("\n### Notes\n\n")
	}
	for _, note := range notes {
		fmt.Fprintf(b, "- %s\n", code(note))
	}
}
