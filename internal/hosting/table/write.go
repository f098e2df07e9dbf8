package table

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"

	"github.com/hostgrant/hostgrant/internal/csvsafe"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Format of cells.
type Format struct {
	// Language of the labels.
	Language Language
	// Excel: with the mark and line ends that Excel wants. In French also with semicolons.
	Excel bool
	// Blank is how many people are left to be filled in.
	Blank int
}

// CSV is the table as cells: a line for each person and place, a column for each permission in the words of the
// provider's menu, and a last line that says that it is the last. FromCSV reads it back.
func (t Table) CSV(f Format) ([]byte, error) {
	t = t.Canonical()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	if f.Excel {
		out.WriteString(byteOrderMark)
		w.UseCRLF = true
		if f.Language == French {
			w.Comma = ';'
		}
	}
	sheet := writing{f.Language, t, t.columnsFor(f.Language), nil}
	sheet.labels()
	for _, row := range t.Rows {
		sheet.person(row)
	}
	for range f.Blank {
		sheet.person(Row{})
	}
	if len(t.Rows)+f.Blank == 0 {
		sheet.person(Row{}) // it tells what accounts and servers there are
	}
	sheet.line(f.Language.of(end), "", "", nil)
	if err := w.WriteAll(sheet.lines); err != nil {
		return nil, fmt.Errorf("write the cells: %w", err)
	}
	return out.Bytes(), nil
}

type writing struct {
	language Language
	table    Table
	columns  []column
	lines    [][]string
}

func (s *writing) labels() {
	cells := make([]string, len(s.columns))
	for i, c := range s.columns {
		cells[i] = c.label
	}
	s.lines = append(s.lines, cells)
}

// person writes a line for each place.
func (s *writing) person(row Row) {
	overall := row.Overall
	if row.RequireTwoFactor {
		overall = append(slices.Clone(overall), hosting.TwoFactor)
	}
	s.line(row.Email, hosting.ScopeOverall, "", overall)
	for _, place := range []struct {
		scope hosting.Scope
		names []string
		held  []Held
	}{{hosting.ScopeAccount, s.table.Accounts, row.Accounts}, {hosting.ScopeServer, s.table.Servers, row.Servers}} {
		holds := map[string][]string{}
		for _, held := range place.held {
			holds[held.Name] = held.Permissions
		}
		for _, name := range place.names {
			s.line(row.Email, place.scope, name, holds[name])
		}
	}
}

func (s *writing) line(person string, scope hosting.Scope, place string, holds []string) {
	cells := make([]string, len(s.columns))
	for i, c := range s.columns {
		switch c.fixed {
		case labelPerson:
			cells[i] = csvsafe.Escape(person)
		case labelWhere:
			for _, one := range scopes {
				if one.scope == scope {
					cells[i] = s.language.of(one.word)
				}
			}
		case labelName:
			cells[i] = csvsafe.Escape(place)
		case labelOwner:
			cells[i] = csvsafe.Escape(s.table.Owner)
		default:
			if name, ok := c.permission(scope); ok && slices.Contains(holds, name) {
				cells[i] = yes[0]
			}
		}
	}
	s.lines = append(s.lines, cells)
}
