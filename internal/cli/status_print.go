package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/overview"
	"github.com/hostgrant/hostgrant/internal/status"
)

// statusRows of a section are printed for people; JSON and YAML have all.
const statusRows = 20

// statusSection is a table with a title, and how many rows it lacks.
type statusSection struct {
	title   string
	columns []string
	rows    [][]string
	more    int
}

// add adds a row, as long as there is room.
func (s *statusSection) add(cells ...string) {
	if len(s.rows) == statusRows {
		s.more++
		return
	}
	s.rows = append(s.rows, cells)
}

// sectionsOf are the tables of an overview that have rows.
func sectionsOf(o overview.Overview, now time.Time) []statusSection {
	var list []statusSection
	for _, s := range []statusSection{
		backendSection(o, now), heldSection(o, now), failureSection("Needs somebody", o.Failing),
		dateSection(o, now), reviewSection(o, now), invitationSection(o), failureSection("Suspended or expired, and still with access", o.Residual),
	} {
		if len(s.rows) > 0 {
			list = append(list, s)
		}
	}
	return list
}

func backendSection(o overview.Overview, now time.Time) statusSection {
	s := statusSection{columns: []string{"Backend", "Ready", "Reason", "Mode", "Changed", "Managed", "Undeclared", "Invited", "Grants", "Waiting"}}
	for _, b := range o.Backends {
		mode := string(b.Mode)
		if b.Authority == v1alpha1.AuthorityAuthoritative {
			mode += "," + string(b.Authority)
		}
		if b.Suspended {
			mode += ",suspended"
		}
		changed, managed, undeclared, invited := "-", "-", "-", "-"
		if b.TableChangedAt != nil {
			changed = duration.HumanDuration(now.Sub(b.TableChangedAt.Time))
		}
		if p := b.People; p != nil {
			managed, undeclared, invited = fmt.Sprint(p.Managed), fmt.Sprint(p.Undeclared), fmt.Sprint(p.Invited)
		}
		waiting := fmt.Sprint(b.WaitingPeople())
		if b.WaitingPeople() > 0 {
			waiting += fmt.Sprintf(" (%d writes a minute)", b.WritesPerMinute)
		}
		s.add(b.Namespace+"/"+b.Name, string(b.Ready), b.Reason, mode, changed, managed, undeclared, invited, fmt.Sprintf("%d/%d", b.Grants.Ready, b.Grants.Total), waiting)
	}
	return s
}

func heldSection(o overview.Overview, now time.Time) statusSection {
	s := statusSection{title: "Held removals (hostgrant approve BACKEND shows and approves one)", columns: []string{"Backend", "Digest", "Because of", "People", "For", "State"}}
	for _, b := range o.Held {
		state := "waits for an approval"
		if b.Released {
			state = "approved, not done yet"
		}
		s.add(b.Namespace+"/"+b.Backend, b.Digest, b.Cause, fmt.Sprint(b.People), duration.HumanDuration(now.Sub(b.Since.Time)), state)
	}
	return s
}

func failureSection(title string, failures []overview.Failure) statusSection {
	s := statusSection{title: title, columns: []string{"Object", "Reason", "Message"}}
	for _, f := range failures {
		s.add(f.Object, f.Reason, f.Message)
	}
	return s
}

func dateSection(o overview.Overview, now time.Time) statusSection {
	s := statusSection{title: "Ends soon", columns: []string{"Object", "In", "At"}}
	for _, d := range o.Expiring {
		s.add(d.Object, duration.HumanDuration(d.At.Sub(now)), d.At.UTC().Format(time.RFC3339))
	}
	return s
}

func reviewSection(o overview.Overview, now time.Time) statusSection {
	s := statusSection{title: "To be reviewed", columns: []string{"Object", "Due", "If missed"}}
	for _, r := range o.Reviews {
		due := "in " + duration.HumanDuration(r.At.Sub(now))
		if r.Overdue {
			due = "overdue for " + duration.HumanDuration(now.Sub(r.At.Time))
		}
		s.add(r.Object, due, string(r.Missed))
	}
	return s
}

func invitationSection(o overview.Overview) statusSection {
	s := statusSection{title: "Invitations that did not arrive, or may not have", columns: []string{"Person", "Backend", "State", "Message"}}
	for _, i := range o.Invitations {
		s.add(i.Person, i.Namespace+"/"+i.Backend, string(i.State), i.Message)
	}
	return s
}

// statusTable prints an overview for a terminal.
func statusTable(out io.Writer, o overview.Overview, now time.Time) error {
	for i, s := range sectionsOf(o, now) {
		if i > 0 {
			fmt.Fprintf(out, "\n")
		}
		if s.title != "" {
			fmt.Fprintln(out, s.title)
		}
		table := &metav1.Table{}
		for _, column := range s.columns {
			table.ColumnDefinitions = append(table.ColumnDefinitions, metav1.TableColumnDefinition{Name: column, Type: "string"})
		}
		for _, row := range s.rows {
			cells := make([]any, len(row))
			for n, cell := range row {
				cells[n] = manifest.Plain(cell)
			}
			table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
		}
		if err := printers.NewTablePrinter(printers.PrintOptions{}).PrintObj(table, out); err != nil {
			return err //nolint:wrapcheck // writing to the terminal
		}
		if s.more > 0 {
			fmt.Fprintf(out, "and %d more; -o json has all\n", s.more)
		}
	}
	if len(o.Backends) > 0 {
		fmt.Fprintln(out)
	}
	for _, note := range o.Notes {
		fmt.Fprintln(out, "Note:", manifest.Plain(note))
	}
	fmt.Fprintln(out, lastLine(o))
	return nil
}

// statusMarkdown prints an overview for a page.
func statusMarkdown(out io.Writer, o overview.Overview, now time.Time) error {
	var b strings.Builder
	for _, s := range sectionsOf(o, now) {
		if s.title != "" {
			fmt.Fprintf(&b, "### %s\n\n", s.title)
		}
		fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(s.columns, " | "), strings.Repeat(" --- |", len(s.columns)))
		for _, row := range s.rows {
			cells := make([]string, len(row))
			for n, cell := range row {
				cells[n] = strings.ReplaceAll(code(cell), "|", `\|`) // a table's cell ends there even in a code span
			}
			fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		}
		if s.more > 0 {
			fmt.Fprintf(&b, "\nand %d more; `-o json` has all\n", s.more)
		}
		b.WriteString("\n")
	}
	for _, note := range o.Notes {
		fmt.Fprintf(&b, "Note: %s\n\n", code(note))
	}
	fmt.Fprintf(&b, "%s\n", lastLine(o))
	_, err := io.WriteString(out, b.String())
	return err //nolint:wrapcheck // writing to the terminal
}

// lastLine says how much needs somebody.
func lastLine(o overview.Overview) string {
	if o.Quiet() {
		return "Nothing needs anybody."
	}
	waiting := 0
	for _, batch := range o.Held {
		if !batch.Released {
			waiting++
		}
	}
	return fmt.Sprintf("%s held, %d failing, %d ending, %s, %s, %d with residual access.", status.Count(waiting, "batch", "batches"), len(o.Failing),
		len(o.Expiring), status.Count(len(o.Reviews), "review", "reviews"), status.Count(len(o.Invitations), "invitation", "invitations"), len(o.Residual))
}

func statusJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value) //nolint:wrapcheck // writing to the terminal
}

func statusYAML(out io.Writer, value any) error {
	body, err := yaml.Marshal(value)
	if err == nil {
		_, err = out.Write(body)
	}
	return err //nolint:wrapcheck // writing to the terminal
}
