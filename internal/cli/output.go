package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/yaml"

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
}

// fact is a line besides the grids.
type fact struct{ name, value string }

// grid is a table with a heading over it.
type grid struct {
	caption string
	columns []column
	rows    [][]string
	// empty is what is said where there are no rows.
	empty string
}

// column of a grid. Own: its cells are words of ours, and nothing that a manifest or the provider says.
type column struct {
	name string
	own  bool
}

// outputOptions say how an answer is printed.
type outputOptions struct {
	format    string
	addresses bool
	// warning is what a note begins with on the terminal.
	warning string
	more    map[string]func(io.Writer, answer) error
}

var answerFormats = map[string]func(io.Writer, answer) error{
	"table": printTable, "markdown": printMarkdown,
	"json": func(out io.Writer, a answer) error {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(a) //nolint:wrapcheck // writing to the terminal
	},
	"yaml": func(out io.Writer, a answer) error {
		body, err := yaml.Marshal(a)
		if err == nil {
			_, err = out.Write(body)
		}
		return err //nolint:wrapcheck // writing to the terminal
	},
}

func (o *outputOptions) addFlags(command *cobra.Command) {
	command.Flags().StringVarP(&o.format, "output", "o", "table", "one of "+strings.Join(o.formats(), ", "))
	command.Flags().BoolVar(&o.addresses, "show-addresses", false, "print e-mail addresses also where it is no terminal that is written to")
}

func (o *outputOptions) formats() []string {
	return slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(answerFormats)), slices.Collect(maps.Keys(o.more)))))
}

// renderer of the format that is asked for.
func (o *outputOptions) renderer() (func(io.Writer, answer) error, error) {
	if render, known := answerFormats[o.format]; known {
		return render, nil
	}
	if render, known := o.more[o.format]; known {
		return render, nil
	}
	return nil, fmt.Errorf("--output %q: give one of %s", o.format, strings.Join(o.formats(), ", "))
}

// shows says whether addresses are printed.
func (o *outputOptions) shows(streams genericiooptions.IOStreams) bool {
	return o.addresses || isTerminal(streams.Out)
}

// print writes an answer. Beside a table and CSV, its notes go where errors go, and so does what is said of an empty one;
// beside CSV, which has no place for them, its facts as well.
func (o *outputOptions) print(streams genericiooptions.IOStreams, render func(io.Writer, answer) error, a answer) error {
	if o.format == "table" || o.format == "csv" {
		p := a.page()
		if o.format == "csv" {
			printFacts(streams.ErrOut, p.facts)
		}
		for _, note := range p.notes {
			fmt.Fprintf(streams.ErrOut, "%s: %s\n", o.warning, manifest.Plain(note))
		}
		for _, g := range p.grids {
			if len(g.rows) == 0 && g.empty != "" {
				fmt.Fprintln(streams.ErrOut, manifest.Plain(g.empty))
			}
		}
	}
	return render(streams.Out, a)
}

func printTable(out io.Writer, a answer) error {
	p := a.page()
	printFacts(out, p.facts)
	for i, g := range p.grids {
		if len(g.rows) == 0 {
			continue
		}
		if len(p.facts) > 0 || i > 0 {
			fmt.Fprintln(out)
		}
		table := &metav1.Table{}
		for _, c := range g.columns {
			table.ColumnDefinitions = append(table.ColumnDefinitions, metav1.TableColumnDefinition{Name: c.name, Type: "string"})
		}
		for _, row := range g.rows[:min(maxRows, len(g.rows))] {
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
		fmt.Fprint(out, leftOut(g, "\n"))
	}
	return nil
}

func printFacts(out io.Writer, facts []fact) {
	for _, f := range facts {
		fmt.Fprintf(out, "%s: %s\n", f.name, manifest.Plain(f.value))
	}
}

// leftOut says how many rows are not printed; empty where all are.
func leftOut(g grid, end string) string {
	if more := len(g.rows) - maxRows; more > 0 {
		return fmt.Sprintf("and %d more; -o json has all%s", more, end)
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
		g.markdown(&b, len(p.grids) > 1)
	}
	if len(p.notes) > 0 {
		b.WriteString("\nNot known:\n\n")
	}
	for _, note := range p.notes {
		fmt.Fprintf(&b, "- %s\n", code(note))
	}
	_, err := io.WriteString(out, b.String())
	return err //nolint:wrapcheck // writing to the terminal
}

func (g grid) markdown(b *strings.Builder, headed bool) {
	b.WriteString("\n")
	if headed {
		fmt.Fprintf(b, "%s\n\n", g.caption)
	}
	if len(g.rows) == 0 {
		fmt.Fprintf(b, "%s\n", g.empty)
		return
	}
	names, lines := make([]string, len(g.columns)), make([]string, len(g.columns))
	for i, c := range g.columns {
		names[i], lines[i] = c.name, "---"
	}
	fmt.Fprintf(b, "| %s |\n| %s |\n", strings.Join(names, " | "), strings.Join(lines, " | "))
	for _, row := range g.rows[:min(maxRows, len(g.rows))] {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cells[i] = cell; cell != "" && !g.columns[i].own {
				cells[i] = strings.ReplaceAll(code(cell), "|", `\|`) // a bar ends a cell, also in a code span
			}
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
	if more := leftOut(g, "\n"); more != "" {
		fmt.Fprintf(b, "\n%s", more)
	}
}
