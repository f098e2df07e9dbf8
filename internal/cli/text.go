package cli

import "github.com/hostgrant/hostgrant/internal/manifest"

// code is a text from a manifest that is safe in Markdown.
func code(text string) string { return manifest.Code(text) }
