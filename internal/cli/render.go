package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/status"
)

// The bounds of what is printed for people; JSON and YAML have all of it.
const (
	maxGroups = 200
	maxNames  = 20
)

var planFormats = formats[report]{"table": renderTable, "markdown": renderMarkdown, "json": writeJSON[report], "yaml": writeYAML[report]}

// words are how a format marks what it prints.
type words struct {
	heading, item, line string
	add, remove         string
	// safe makes a text from a manifest safe in the format.
	safe func(string) string
}

var (
	forTerminal = words{"", "  ", "      ", "+", "-", manifest.Plain}
	forMarkdown = words{"### ", "- ", "  - ", "to add:", "to take away:", code}
)

func renderTable(out io.Writer, r report) error    { return r.print(out, forTerminal) }
func renderMarkdown(out io.Writer, r report) error { return r.print(out, forMarkdown) }

func (r report) print(out io.Writer, w words) error {
	var b strings.Builder
	backend := ""
	for i, g := range r.Groups {
		if i == maxGroups {
			fmt.Fprintf(&b, "%sand %d more groups of people; -o json has all\n", w.item, len(r.Groups)-maxGroups)
			break
		}
		if g.Backend != backend {
			backend = g.Backend
			fmt.Fprintf(&b, "%sHostingBackend %s\n", w.heading, w.safe(backend))
		}
		g.print(&b, w)
	}
	r.printRest(&b, w)
	fmt.Fprintf(&b, "%s%s\n", w.heading, r.Summary)
	_, err := io.WriteString(out, b.String())
	return err //nolint:wrapcheck // writing to the terminal
}

func (g group) print(b *strings.Builder, w words) {
	names := make([]string, 0, min(maxNames, len(g.People)))
	for _, name := range g.People[:min(maxNames, len(g.People))] {
		names = append(names, w.safe(name))
	}
	who := strings.Join(names, ", ")
	if more := len(g.People) - len(names); more > 0 {
		who += fmt.Sprintf(" and %d more", more)
	}
	fmt.Fprintf(b, "%s%s: %s\n", w.item, status.Count(len(g.People), "person", "people"), who)
	for _, part := range []struct {
		sign    string
		changes []change
	}{{w.add, g.Add}, {w.remove, g.Remove}, {"held:", g.Held}, {"later:", g.Later}} {
		for _, c := range part.changes {
			what := make([]string, 0, len(c.What))
			for _, one := range c.What {
				what = append(what, w.safe(one))
			}
			fmt.Fprintf(b, "%s%s %s (%s)\n", w.line, part.sign, strings.Join(what, "; "), w.safe(c.Why))
		}
	}
	if g.Mails > 0 {
		fmt.Fprintf(b, "%s%s to each, if they have no profile at the provider\n", w.line, status.Count(g.Mails, "mail", "mails"))
	}
}

// printRest tells what is held, what keeps something from being given, and what is not known.
func (r report) printRest(b *strings.Builder, w words) {
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		fmt.Fprintf(b, "%s%s\n", w.heading, title)
		for _, line := range lines[:min(maxGroups, len(lines))] {
			fmt.Fprintf(b, "%s%s\n", w.item, line)
		}
		if more := len(lines) - maxGroups; more > 0 {
			fmt.Fprintf(b, "%sand %d more\n", w.item, more)
		}
	}
	var held, issues, notes []string
	for _, batch := range r.Held {
		held = append(held, fmt.Sprintf("%s of namespace %s on HostingBackend %s: more than removalLimit allows within a day; nothing of it is taken away before somebody approves it",
			status.Count(batch.People, "person", "people"), w.safe(batch.Namespace), w.safe(batch.Backend)))
	}
	for _, i := range r.Issues {
		issues = append(issues, fmt.Sprintf("PermissionGrant %s, %s: %s: %s", w.safe(i.Grant), w.safe(i.Subject), i.Reason, w.safe(i.Message)))
	}
	for _, note := range r.Notes {
		notes = append(notes, w.safe(note))
	}
	section("Held", held)
	section("Not given", issues)
	section("Notes", notes)
}

// String is one line: "Plan: 2 people; 3 permissions to add, 0 to take away; 1 mail."
func (s summary) String() string {
	if !s.changes() {
		return "Plan: nothing changes."
	}
	text := fmt.Sprintf("Plan: %s; %s to add, %d to take away", status.Count(s.People, "person", "people"), status.Count(s.Added, "permission", "permissions"), s.Removed)
	if s.Held > 0 {
		text += fmt.Sprintf(", %d held", s.Held)
	}
	if s.Later > 0 {
		text += fmt.Sprintf(", %d given again later", s.Later)
	}
	return text + fmt.Sprintf("; at most %s.", status.Count(s.Mails, "mail", "mails"))
}
