package worklist

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting/table"
	"github.com/hostgrant/hostgrant/internal/manifest"
)

//go:embed worklist.html
var page string

// HTML is the list for print: one page that needs nothing else, and lets nothing be loaded.
func (l List) HTML(w Words, now time.Time) (string, error) {
	parsed, err := template.New("worklist").Funcs(template.FuncMap{
		"say": w.say, "count": w.count, "section": w.section, "sections": w.sections, "reason": w.reason, "plain": manifest.Plain,
		"due":  func(d Due) string { return w.dueLine(d, manifest.Plain) },
		"join": func(list []string) string { return strings.Join(list, ", ") },
	}).Parse(page)
	if err != nil {
		return "", fmt.Errorf("the page of a worklist: %w", err)
	}
	var out strings.Builder
	err = parsed.Execute(&out, struct {
		List
		Language, Seen, Age string
	}{l, string(w.language), table.Time(l.TakenAt), w.age(now.Sub(l.TakenAt))})
	if err != nil {
		return "", fmt.Errorf("the page of a worklist: %w", err)
	}
	return out.String(), nil
}
