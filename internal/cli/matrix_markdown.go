package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/hostgrant/hostgrant/internal/matrix"
)

// markdownPlaces are how many places a table in Markdown has, where nobody says otherwise.
const markdownPlaces = 10

// matrixMarkdown is a table with names of permissions.
func matrixMarkdown(out io.Writer, v *matrixView) error {
	size := v.pageSize
	if size == 0 {
		size = markdownPlaces
	}
	pages := v.Pages(size)
	shown, err := v.choose(len(pages))
	if err != nil {
		return err
	}
	page := pages[shown]
	var b strings.Builder
	fmt.Fprintf(&b, "### HostingBackend %s\n\n%s%s\n\n", code(v.Backend.String()), v.facts(), asOf(v))
	heads := []string{"Person", "2FA"}
	for _, column := range page.Columns {
		head := "everywhere"
		if column.Name != "" {
			head = strings.ToLower(string(column.Scope)) + " " + cellCode(column.Name)
		}
		heads = append(heads, head)
	}
	markdownHead(&b, heads)
	n := 0
	for row := range page.Rows() {
		if n++; n > maxRows {
			b.WriteString("\n") // what follows is no row
			break
		}
		cells := []string{cellCode(row.Name), csvBox(row)}
		for _, cell := range row.Cells {
			cells = append(cells, markdownCell(cell))
		}
		markdownRow(&b, cells)
	}
	v.footer(&b, forMarkdown, len(pages), shown*size, page.Places())
	v.explain(&b, forMarkdown, func(matrix.Count) string { return "" })
	markdownNotes(&b, v.notes())
	_, err = io.WriteString(out, b.String())
	return err //nolint:wrapcheck // writing to the terminal
}

func markdownCell(cell matrix.Cell) string {
	parts := make([]string, 0, 1)
	for _, group := range cell.Groups() {
		parts = append(parts, marked(cellCode(strings.Join(group.Names, ", ")), group.Marks))
	}
	return strings.Join(parts, "; ")
}
