package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/matrix"
	"github.com/hostgrant/hostgrant/internal/status"
)

// The bounds of a table in a terminal, in characters.
const (
	// usualWidth is assumed where nobody can be asked.
	usualWidth = 120
	// widestName and widestPlace are how much is shown of the name of a person and of a place.
	widestName, widestPlace = 32, 20
	// beforePlaces are the columns PERSON, 2FA and EVERYWHERE.
	beforePlaces = 3
)

// placeGrid is a table as texts: two lines of headings, then a line for each person.
type placeGrid [][]string

// matrixTable shows names of permissions where all places fit so, else how many there are; and as many places as
// fit.
func matrixTable(out io.Writer, v *matrixView) error {
	width := v.width
	if width == 0 {
		width = usualWidth
	}
	g := v.grid(func(cell matrix.Cell) string { return signed(cell, strings.Join) })
	pages := g.pages(width, v.pageSize)
	if len(pages) > 1 {
		g = v.grid(func(cell matrix.Cell) string {
			return signed(cell, func(names []string, _ string) string { return strconv.Itoa(len(names)) })
		})
		pages = g.pages(width, v.pageSize)
	}
	shown, err := v.choose(len(pages))
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "HostingBackend %s: %s%s\n\n", manifest.Plain(v.Backend.String()), v.facts(), asOf(v))
	g.print(&b, pages[shown])
	v.footer(&b, forTerminal, len(pages), pages[shown][0]-beforePlaces, len(pages[shown]))
	if len(pages) > 1 {
		b.WriteString("Numbers count permissions. --account and --server show few places with names of permissions.\n")
	}
	v.explain(&b, forTerminal, func(c matrix.Count) string { return c.Mark.Signs() + " " })
	_, err = io.WriteString(out, b.String())
	return err //nolint:wrapcheck // writing to the terminal
}

func asOf(v *matrixView) string {
	if v.AsOf.IsZero() {
		return ""
	}
	return ", as of " + v.AsOf.UTC().Format(time.RFC3339)
}

// choose is the page that was asked for, from 0.
func (v *matrixView) choose(pages int) (int, error) {
	if v.page > pages {
		return 0, fmt.Errorf("--page %d: the places fit on %s", v.page, status.Count(pages, "page", "pages"))
	}
	return v.page - 1, nil
}

// signed are the groups of a cell, each with its marks: "Sites,Domains FTP+" or "2 1+".
func signed(cell matrix.Cell, short func(names []string, between string) string) string {
	parts := make([]string, 0, 1)
	for _, group := range cell.Groups() {
		parts = append(parts, short(group.Names, ",")+group.Marks.Signs())
	}
	return manifest.Plain(strings.Join(parts, " "))
}

func (v *matrixView) grid(text func(matrix.Cell) string) placeGrid {
	kinds, names := []string{"", "", ""}, []string{"PERSON", "2FA", "EVERYWHERE"}
	for _, column := range v.Columns[1:] {
		kinds, names = append(kinds, strings.ToUpper(string(column.Scope))), append(names, short(column.Name, widestPlace))
	}
	g := placeGrid{kinds, names}
	for row := range v.Rows() {
		if len(g) == maxRows+2 {
			break
		}
		box := ""
		if row.Box != nil {
			box = strings.TrimSpace(boxOf(row) + " " + row.Box.Marks.Signs())
		}
		line := []string{short(row.Name, widestName), box}
		for _, cell := range row.Cells {
			line = append(line, text(cell))
		}
		g = append(g, line)
	}
	if v.Places() == 0 {
		g = g[1:]
	}
	return g
}

// short is a name without its middle, if it is longer than so many characters: names differ most at their ends.
func short(name string, widest int) string {
	runes := []rune(manifest.Plain(name))
	if len(runes) <= widest {
		return string(runes)
	}
	return string(runes[:widest/2]) + "…" + string(runes[len(runes)-(widest-1)/2:])
}

func (g placeGrid) widths() []int {
	widths := make([]int, len(g[0]))
	for _, line := range g {
		for i, text := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	return widths
}

// pages are columns that fit beside each other, at least one on each; size bounds them, where it is not 0.
func (g placeGrid) pages(width, size int) [][]int {
	widths := g.widths()
	fixed := 0
	for _, w := range widths[:beforePlaces] {
		fixed += w + 3
	}
	pages, used := [][]int{nil}, fixed
	for at := beforePlaces; at < len(widths); at++ {
		last := len(pages) - 1
		if full := used+widths[at] > width || size > 0 && len(pages[last]) == size; full && len(pages[last]) > 0 {
			pages, used, last = append(pages, nil), fixed, last+1
		}
		pages[last] = append(pages[last], at)
		used += widths[at] + 3
	}
	if len(widths) == beforePlaces {
		pages[0] = []int{beforePlaces}
	}
	return pages
}

func (g placeGrid) print(b *strings.Builder, places []int) {
	widths := g.widths()
	columns := append([]int{0, 1, 2}, places...)
	columns = slices.DeleteFunc(columns, func(at int) bool { return at >= len(widths) })
	for _, line := range g {
		text := ""
		for _, at := range columns {
			text += line[at] + strings.Repeat(" ", widths[at]-utf8.RuneCountInString(line[at])+3)
		}
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
}

// footer says what is left out.
func (v *matrixView) footer(b *strings.Builder, w words, pages, from, shown int) {
	if more := v.People - maxRows; more > 0 {
		fmt.Fprintf(b, "%sand %s; -o csv, html, json and yaml have all\n", w.item, status.Count(more, "more person", "more people"))
	}
	if pages > 1 {
		fmt.Fprintf(b, "\nPage %d of %d: places %d to %d of %d. Others: --page; all: -o csv, html, json or yaml.\n", v.page, pages, from+1, from+shown, v.Places())
	}
}

// explain says what the marks mean.
func (v *matrixView) explain(b *strings.Builder, w words, sign func(matrix.Count) string) {
	heading := "\n" + w.heading + "Marks\n"
	for _, c := range v.Legend {
		if c.Mark == 0 {
			continue
		}
		fmt.Fprintf(b, "%s%s%s%s: %s (%s of %s)\n", heading, w.item, sign(c), c.Mark.Words(), c.Mark.Meaning(),
			status.Count(c.Permissions, "permission", "permissions"), status.Count(c.People, "person", "people"))
		heading = ""
	}
}
