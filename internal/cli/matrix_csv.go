package cli

import (
	"io"
	"strings"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/matrix"
)

// matrixCSV has a row for each person, and a column for each place; or, in the long form, a line for each
// permission of a person at a place.
func matrixCSV(out io.Writer, v *matrixView) error {
	w := newCSVWriter(out)
	if v.long {
		w.write("person", "state", "scope", "place", "permission", "marks", "grants")
		for row := range v.Rows() {
			v.csvLines(w, row)
		}
		return w.flush()
	}
	header := []string{"person", "state", "2FA"}
	for _, column := range v.Columns {
		header = append(header, column.String())
	}
	w.write(header...)
	for row := range v.Rows() {
		values := []string{row.Name, v.csvState(row), csvBox(row)}
		for _, cell := range row.Cells {
			values = append(values, csvCell(cell))
		}
		w.write(values...)
	}
	return w.flush()
}

func (v *matrixView) csvState(row matrix.Row) string {
	if row.Person.Shortened {
		return string(row.Person.State) + "; has more than is listed"
	}
	return string(row.Person.State)
}

func csvBox(row matrix.Row) string {
	if row.Box == nil {
		return ""
	}
	return marked(boxOf(row), row.Box.Marks)
}

// csvCell is "Sites; Databases (pending)". No permission's name has a space in it.
func csvCell(cell matrix.Cell) string {
	parts := make([]string, 0, len(cell))
	for _, e := range cell {
		parts = append(parts, marked(e.Name, e.Marks))
	}
	return strings.Join(parts, "; ")
}

func (v *matrixView) csvLines(w csvWriter, row matrix.Row) {
	line := func(e matrix.Entry, place string) {
		grants := make([]string, 0, len(e.Grants))
		for _, at := range e.Grants {
			grants = append(grants, row.Person.Grants[at].String())
		}
		w.write(row.Name, v.csvState(row), string(e.Scope), place, e.Name, e.Marks.Words(), strings.Join(grants, "; "))
	}
	if row.Box != nil && row.Box.Scope == hosting.ScopeFlag {
		line(*row.Box, "")
	}
	for at, cell := range row.Cells {
		for _, e := range cell {
			line(e, v.Columns[at].Name)
		}
	}
}
