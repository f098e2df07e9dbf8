package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/hostgrant/hostgrant/internal/manifest"
)

// maxRows is how many rows of a grid are printed for people; the other formats have all of them.
const maxRows = 500

// answer is what a command says to a question. JSON and YAML are made of its fields, the other formats of its page.
type answer interface{ page() page }

// page is an answer for people.
type page struct {
	title string
	facts []fact
	grids []grid
	notes []string
	// summary is the last line.
	summary string
}

// fact is a line besides the grids.
type fact struct{ name, value string }

// grid is a table. Its caption is printed where there are several.
type grid struct {
	caption string
	columns []column
	rows    [][]string
	// empty is what is said where there are no rows.
	empty string
	// most rows that are printed for people; 0 for maxRows.
	most int
}

// column of a grid. Own: its cells are words of ours, and nothing that a manifest or the provider says.
type column struct {
	name string
	own  bool
}

var answerFormats = formats[answer]{"table": printTable, "markdown": printMarkdown, "json": writeJSON[answer], "yaml": writeYAML[answer]}

// print writes an answer. Beside a table and CSV, its notes go where errors go, and so does what is said of an empty one;
// beside CSV, which has no place for them, its facts as well.
func (o *outputOptions) print(streams genericiooptions.IOStreams, render func(io.Writer, answer) error, a answer) error {
	if o.format == "table" || o.format == "csv" {
		p := a.page()
		a = made(p)
		if o.format == "csv" {
			printFacts(streams.ErrOut, p.facts)
		}
		printNotes(streams.ErrOut, p.notes)
		for _, g := range p.grids {
			if len(g.rows) == 0 && g.empty != "" {
				fmt.Fprintln(streams.ErrOut, manifest.Plain(g.empty))
			}
		}
	}
	return render(streams.Out, a)
}

// made is a page that was made already: of thousands of rows it takes a while.
type made page

func (m made) page() page { return page(m) }

func printNotes(out io.Writer, notes []string) {
	for _, note := range notes {
		fmt.Fprintln(out, "Note:", manifest.Plain(note))
	}
}

func printFacts(out io.Writer, facts []fact) {
	for _, f := range facts {
		fmt.Fprintf(out, "%s: %s\n", f.name, manifest.Plain(f.value))
	}
}

func printTable(out io.Writer, a answer) error {
	p, gap := a.page(), ""
	if printFacts(out, p.facts); len(p.facts) > 0 {
		gap = "\n"
	}
	for _, g := range p.grids {
		if len(g.rows) == 0 {
			continue
		}
		fmt.Fprint(out, gap)
		gap = "\n"
		if len(p.grids) > 1 && g.caption != "" {
			fmt.Fprintln(out, g.caption)
		}
		if err := g.table(out); err != nil {
			return err
		}
	}
	if p.summary != "" {
		fmt.Fprintf(out, "%s%s\n", gap, p.summary)
	}
	return nil
}

func (g grid) table(out io.Writer) error {
	table := &metav1.Table{}
	for _, c := range g.columns {
		table.ColumnDefinitions = append(table.ColumnDefinitions, metav1.TableColumnDefinition{Name: c.name, Type: "string"})
	}
	for _, row := range g.shown() {
		cells := make([]any, len(row))
		for j, cell := range row {
			if cells[j] = manifest.Plain(cell); cell == "" {
				cells[j] = "<none>"
			}
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	if err := printers.NewTablePrinter(printers.PrintOptions{}).PrintObj(table, out); err != nil {
		return err //nolint:wrapcheck // writing to the terminal
	}
	fmt.Fprint(out, g.leftOut())
	return nil
}

// names of the columns.
func (g grid) names() (names []string) {
	for _, c := range g.columns {
		names = append(names, c.name)
	}
	return names
}

// shown are the rows that are printed for people.
func (g grid) shown() [][]string { return g.rows[:min(cmp.Or(g.most, maxRows), len(g.rows))] }

// leftOut says in a line how many rows are not printed; empty where all are.
func (g grid) leftOut() string {
	if more := len(g.rows) - len(g.shown()); more > 0 {
		return fmt.Sprintf("and %d more; -o json has all\n", more)
	}
	return ""
}

func printMarkdown(out io.Writer, a answer) error {
	p, b := a.page(), strings.Builder{}
	fmt.Fprintf(&b, "### %s\n", code(p.title))
	if len(p.facts) > 0 {
		b.WriteString("\n")
	}
	for _, f := range p.facts {
		fmt.Fprintf(&b, "- %s: %s\n", f.name, code(f.value))
	}
	for _, g := range p.grids {
		g.markdown(&b, len(p.grids) > 1 && g.caption != "")
	}
	markdownNotes(&b, p.notes)
	if p.summary != "" {
		fmt.Fprintf(&b, "\n%s\n", p.summary)
	}
	_, err := io.WriteString(out, b.String())
	return err //nolint:wrapcheck // writing to the terminal
}

func (g grid) markdown(b *strings.Builder, headed bool) {
	b.WriteString("\n")
	if headed {
		fmt.Fprintf(b, "### %s\n\n", g.caption)
	}
	if len(g.rows) == 0 {
		fmt.Fprintf(b, "%s\n", g.empty)
		return
	}
	markdownHead(b, g.names())
	for _, row := range g.shown() {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cells[i] = cell; cell != "" && !g.columns[i].own {
				cells[i] = cellCode(cell)
			}
		}
		markdownRow(b, cells)
	}
	if more := g.leftOut(); more != "" {
		fmt.Fprintf(b, "\n%s", more) // it is no row
	}
}
