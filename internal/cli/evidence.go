package cli

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/csv"
	"html/template"
	"io"

	"github.com/hostgrant/hostgrant/internal/csvsafe"
	"github.com/hostgrant/hostgrant/internal/manifest"
)

// printCSV writes the grids of an answer as RFC 4180 has it, in UTF-8, one after another. No cell is a formula.
func printCSV(out io.Writer, a answer) error {
	writer := csv.NewWriter(out)
	writer.UseCRLF = true
	for _, g := range a.page().grids {
		names := make([]string, len(g.columns))
		for i, c := range g.columns {
			names[i] = c.name
		}
		for _, row := range append([][]string{names}, g.rows...) {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = csvsafe.Escape(manifest.Plain(cell))
			}
			if err := writer.Write(cells); err != nil {
				return err //nolint:wrapcheck // writing to the terminal
			}
		}
	}
	writer.Flush()
	return writer.Error() //nolint:wrapcheck // writing to the terminal
}

var (
	//go:embed templates/answer.html
	answerPage string
	//go:embed templates/answer.css
	answerStyle string

	answerTemplate = template.Must(template.New("answer").Parse(answerPage))
)

// printHTML writes an answer as one page that needs nothing else: no network, no script.
func printHTML(out io.Writer, a answer) error {
	p, digest := a.page(), sha256.Sum256([]byte(answerStyle))
	data := struct {
		Title string
		Style template.CSS
		// Allowed is the digest of the style: nothing else may be applied or loaded.
		Allowed string
		Facts   [][2]string
		Grids   []htmlGrid
		Notes   []string
	}{Title: manifest.Plain(p.title), Style: template.CSS(answerStyle), Allowed: base64.StdEncoding.EncodeToString(digest[:])} //nolint:gosec // the style is ours
	for _, f := range p.facts {
		data.Facts = append(data.Facts, [2]string{f.name, manifest.Plain(f.value)})
	}
	for _, g := range p.grids {
		data.Grids = append(data.Grids, g.html())
	}
	for _, note := range p.notes {
		data.Notes = append(data.Notes, manifest.Plain(note))
	}
	return answerTemplate.Execute(out, data) //nolint:wrapcheck // writing to the terminal
}

type htmlGrid struct {
	Caption, Empty string
	Columns        []string
	Rows           []htmlRow
}

// htmlRow is headed by its first cell.
type htmlRow struct {
	Head  string
	Cells []string
}

func (g grid) html() htmlGrid {
	h := htmlGrid{Caption: g.caption, Empty: g.empty}
	for _, c := range g.columns {
		h.Columns = append(h.Columns, c.name)
	}
	for _, row := range g.rows {
		one := htmlRow{Head: manifest.Plain(row[0])}
		for _, cell := range row[1:] {
			one.Cells = append(one.Cells, manifest.Plain(cell))
		}
		h.Rows = append(h.Rows, one)
	}
	return h
}
