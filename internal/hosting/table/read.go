package table

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

const (
	// maxProblems told of; the rest is counted.
	maxProblems = 20
	// maxColumns of a spreadsheet; the catalogue has far fewer permissions.
	maxColumns = 1000
)

// FromCSV reads cells as CSV writes them, and as people and spreadsheets change them: with commas, semicolons
// or tabs between them, labels in English or French, columns and lines in any order but that the line END is
// the last. It refuses what it does not know, what is there twice, and what is not complete; the error has one
// line for each problem, with line and column of the text, and no address.
func FromCSV(body []byte, takenAt time.Time, source string) (Table, error) {
	text, legacy, err := textOf(body)
	if err != nil {
		return Table{}, err
	}
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	r := reading{legacy: legacy, people: map[string]*found{}, places: map[hosting.Scope]map[string]bool{hosting.ScopeAccount: {}, hosting.ScopeServer: {}}}
	r.table = Table{TakenAt: takenAt, Source: source}
	r.cells(text)
	r.complete()
	if err := r.err(); err != nil {
		return Table{}, err
	}
	for _, person := range r.inOrder {
		r.table.Rows = append(r.table.Rows, person.row)
	}
	return r.table.Canonical(), nil
}

// problems are what is wrong, in the order in which it was found.
type problems struct {
	list []error
	more int
}

func (p *problems) add(line, column int, format string, args ...any) {
	where := fmt.Sprintf("line %d", line)
	if column > 0 {
		where += fmt.Sprintf(", column %d", column)
	}
	if len(p.list) == maxProblems {
		p.more++
		return
	}
	p.list = append(p.list, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

func (p *problems) err() error {
	if p.more > 0 {
		return errors.Join(append(p.list, fmt.Errorf("and %d more", p.more))...)
	}
	return errors.Join(p.list...)
}

// reading is a text of cells while it is read.
type reading struct {
	problems
	legacy  bool
	table   Table
	columns []column
	people  map[string]*found
	inOrder []*found
	places  map[hosting.Scope]map[string]bool
	// ownerLine is the line that named the owner first, endLine the one that says that it is the last; 0 for none.
	ownerLine, endLine, labelLine int
}

// found is a person, with the lines that are about them.
type found struct {
	row   Row
	line  int
	lines map[access.PlaceKey]int
}

// cells reads the text line by line.
func (r *reading) cells(text string) {
	text, skipped := withoutSeparatorLine(text)
	lines := csv.NewReader(strings.NewReader(text))
	lines.Comma, lines.FieldsPerRecord = separatorOf(text), -1
	for len(r.list) < maxProblems {
		cells, err := lines.Read()
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			r.add(wrong.Line+skipped, wrong.Column, "%v; a cell with \" in it is put into quotes, and each \" in it written twice", wrong.Err)
			return
		}
		if err != nil {
			return
		}
		if !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
			continue
		}
		line, _ := lines.FieldPos(0)
		if line += skipped; r.columns == nil {
			r.labels(line, cells)
			if len(r.list) > 0 {
				return // nothing can be read without them
			}
			continue
		}
		r.line(line, cells)
	}
}

// withoutSeparatorLine leaves out Excel's line that says what is between cells.
func withoutSeparatorLine(text string) (rest string, lines int) {
	if first, rest, found := strings.Cut(text, "\n"); found && strings.HasPrefix(strings.ToLower(first), "sep=") {
		return rest, 1
	}
	return text, 0
}

// separatorOf is what is between cells: what has the most columns in the first line that mean something.
func separatorOf(text string) rune {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n ;,\t"), "\n")
	best, most := ',', 0
	for _, separator := range ",;\t" {
		known := 0
		for label := range strings.SplitSeq(strings.TrimSpace(first), string(separator)) {
			if _, ok := columnOf(strings.Trim(label, `" `)); ok {
				known++
			}
		}
		if known > most {
			best, most = separator, known
		}
	}
	return best
}

// labels finds out what the columns mean.
func (r *reading) labels(line int, cells []string) {
	if r.labelLine = line; len(cells) > maxColumns {
		r.add(line, maxColumns+1, "there are more than %d columns", maxColumns)
		return
	}
	first := map[string]int{}
	for i, label := range withoutEmptyEnd(cells) {
		c, ok := columnOf(label)
		if strings.TrimSpace(label) != "" && !ok {
			r.add(line, i+1, "no column is called %s; give the provider's word for a permission, in English or French, as \"table template\" writes it", said(label))
		}
		for _, meaning := range c.meanings() {
			if at := first[meaning]; at > 0 {
				r.add(line, i+1, "%s means the same as column %d; leave one out", said(label), at)
			}
			first[meaning] = i + 1
		}
		r.columns = append(r.columns, c)
	}
	for _, one := range fixed {
		if first["fixed "+one.EN] == 0 {
			r.add(line, 0, "the column %q (%q) is missing", one.EN, one.FR)
		}
	}
	r.wanted([]hosting.Scope{hosting.ScopeOverall, hosting.ScopeFlag}, line, first)
}

// withoutEmptyEnd leaves out empty cells at the end.
func withoutEmptyEnd(cells []string) []string {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// meanings of a column, to find two that mean the same.
func (c column) meanings() (list []string) {
	if c.fixed != (hosting.Bilingual{}) {
		return []string{"fixed " + c.fixed.EN}
	}
	if c.anywhere != "" {
		return []string{c.anywhere}
	}
	for scope, name := range c.permissions {
		list = append(list, string(scope)+" "+name)
	}
	slices.Sort(list)
	return list
}

// wanted notes which columns of some scopes are missing.
func (r *reading) wanted(scopes []hosting.Scope, line int, there map[string]int) {
	for _, p := range hosting.Catalogue() {
		about := p.Scope
		if about == hosting.ScopeFlag {
			about = hosting.ScopeOverall
		}
		if slices.Contains(scopes, p.Scope) && there[string(about)+" "+p.Name] == 0 {
			r.add(line, 0, "the column %q (%q) is missing: without it nobody knows who has it", p.LabelEN, p.LabelFR)
		}
	}
}

// complete finds what is missing once everything was read.
func (r *reading) complete() {
	if len(r.list) > 0 {
		return
	}
	if r.columns == nil {
		r.add(1, 0, "there is nothing but empty cells")
		return
	}
	if r.endLine == 0 {
		r.add(r.labelLine, 0, "the last line does not say %s (%s) in the column %q: the text may have been cut; if it is complete, write that line", end.EN, end.FR, labelPerson.EN)
		return
	}
	there := map[string]int{}
	for i, c := range r.columns {
		for _, meaning := range c.meanings() {
			there[meaning] = i + 1
		}
	}
	for _, scope := range []hosting.Scope{hosting.ScopeAccount, hosting.ScopeServer} {
		if len(r.places[scope]) > 0 {
			r.wanted([]hosting.Scope{scope}, r.labelLine, there)
		}
	}
	for scope, names := range map[hosting.Scope]*[]string{hosting.ScopeAccount: &r.table.Accounts, hosting.ScopeServer: &r.table.Servers} {
		for name := range r.places[scope] {
			*names = append(*names, name)
		}
		slices.Sort(*names)
	}
	for _, person := range r.inOrder {
		r.everywhere(person)
	}
}

// everywhere notes the places about which a person has no line. Once enough is told they are only counted: each line
// that there is is about one of the places.
func (r *reading) everywhere(person *found) {
	if len(r.list) == maxProblems {
		r.more += 1 + len(r.table.Accounts) + len(r.table.Servers) - len(person.lines)
		return
	}
	lacks := func(scope hosting.Scope, name string) {
		if person.lines[access.PlaceKey{Scope: scope, Name: name}] == 0 {
			r.add(person.line, 0, "this person has no line about %s; write one, also where they hold nothing there", strings.TrimSpace(strings.ToLower(string(scope))+" "+name))
		}
	}
	lacks(hosting.ScopeOverall, "")
	for _, name := range r.table.Accounts {
		lacks(hosting.ScopeAccount, name)
	}
	for _, name := range r.table.Servers {
		lacks(hosting.ScopeServer, name)
	}
}

// said repeats a cell in a message, if it can be no address.
func said(cell string) string {
	if strings.Contains(cell, "@") {
		return "this"
	}
	return fmt.Sprintf("%.40q", cell)
}
