package cli

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/hostgrant/hostgrant/internal/csvsafe"
	"github.com/hostgrant/hostgrant/internal/htmlpage"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/status"
)

// csvWriter writes RFC 4180 in UTF-8. No cell is a formula.
type csvWriter struct{ out *csv.Writer }

func newCSVWriter(out io.Writer) csvWriter {
	w := csvWriter{csv.NewWriter(out)}
	w.out.UseCRLF = true
	return w
}

// write writes a line; flush tells what went wrong.
func (w csvWriter) write(cells ...string) {
	safe := make([]string, len(cells))
	for i, cell := range cells {
		safe[i] = csvsafe.Escape(manifest.Plain(cell))
	}
	_ = w.out.Write(safe)
}

// flush returns the first error of all writes.
func (w csvWriter) flush() error {
	w.out.Flush()
	return w.out.Error() //nolint:wrapcheck // writing to the terminal
}

// printCSV writes the grids of an answer, one after another.
func printCSV(out io.Writer, a answer) error {
	w := newCSVWriter(out)
	for _, g := range a.page().grids {
		w.write(g.names()...)
		for _, row := range g.rows {
			w.write(row...)
		}
	}
	return w.flush()
}

// printHTML writes an answer as one page that needs nothing else: no network, no script.
func printHTML(out io.Writer, a answer) error {
	p := a.page()
	head := htmlpage.Head{Title: p.title, Notes: p.notes}
	for _, f := range p.facts {
		head.Facts = append(head.Facts, htmlpage.Fact{Name: f.name, Value: f.value})
	}
	w := htmlpage.Begin(out, head)
	for i, g := range p.grids {
		w.Table(g.html("table-" + strconv.Itoa(i+1)))
	}
	return w.End() //nolint:wrapcheck // writing to the terminal
}

// html is a grid whose rows are headed by their first cells.
func (g grid) html(id string) htmlpage.Table {
	t := htmlpage.Table{ID: id, Title: g.caption, Caption: status.Count(len(g.rows), "row", "rows"), Corner: g.columns[0].name}
	if len(g.rows) == 0 {
		t.Empty = g.empty
	}
	for _, c := range g.columns[1:] {
		t.Columns = append(t.Columns, htmlpage.Column{Name: c.name})
	}
	t.Rows = func(yield func(htmlpage.Row) bool) {
		for _, row := range g.rows {
			one := htmlpage.Row{Name: row[0]}
			for _, cell := range row[1:] {
				one.Cells = append(one.Cells, htmlpage.Text(cell))
			}
			if !yield(one) {
				return
			}
		}
	}
	return t
}
