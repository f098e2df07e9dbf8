package table

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// about is what the fixed cells of a line say.
type about struct {
	person, where, name, owner string
	// columns of them, to be named in messages.
	columns map[hosting.Bilingual]int
}

// line reads a line below the labels.
func (r *reading) line(line int, cells []string) {
	if r.endLine > 0 {
		r.add(line, 1, "line %d says that it is the last one; move it to the end, or take this line away", r.endLine)
		return
	}
	if len(cells) < len(r.columns) {
		r.add(line, len(cells), "the line ends after %d of %d cells", len(cells), len(r.columns))
		return
	}
	a, marks, ok := r.split(line, cells)
	if !ok {
		return
	}
	r.owner(line, a)
	if strings.EqualFold(a.person, end.EN) || strings.EqualFold(a.person, end.FR) {
		if a.where+a.name != "" || len(marks) > 0 {
			r.add(line, a.columns[labelPerson], "the last line holds nothing but %s and the owner", end.EN)
		}
		r.endLine = line
		return
	}
	scope, known := scopeOf(a.where)
	if !known {
		r.add(line, a.columns[labelWhere], "%s is not what a line is about; write overall, account or server (global, compte, serveur)", said(a.where))
		return
	}
	if r.place(line, scope, a) {
		r.holder(line, scope, a, marks)
	}
}

// mark is a checked box in a line.
type mark struct{ at int }

// split reads the cells of a line. It is false where one cannot be read.
func (r *reading) split(line int, cells []string) (a about, marks []mark, ok bool) {
	ok, a.columns = true, map[hosting.Bilingual]int{}
	refuse := func(i int, format string, args ...any) {
		r.add(line, i+1, format, args...)
		ok = false
	}
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		switch {
		case i >= len(r.columns) || r.columns[i].label == "":
			if cell != "" {
				refuse(i, "the column has no label, and this cell is not empty")
			}
		case r.columns[i].fixed != (hosting.Bilingual{}):
			text, err := unescape(cell)
			if err == nil {
				err = r.legible(text, r.columns[i].fixed)
			}
			if err != nil {
				refuse(i, "%v", err)
			}
			a.columns[r.columns[i].fixed] = i + 1
			a.take(r.columns[i].fixed, text)
		case slices.Contains(yes, strings.ToLower(cell)):
			marks = append(marks, mark{i})
		case !slices.Contains(no, strings.ToLower(cell)):
			refuse(i, "%s is neither a mark (x, 1, yes, oui, true, vrai) nor none (empty, 0, no, non, false, faux)", said(cell))
		}
	}
	return a, marks, ok
}

func (a *about) take(what hosting.Bilingual, text string) {
	switch what {
	case labelPerson:
		a.person = text
	case labelWhere:
		a.where = text
	case labelName:
		a.name = text
	case labelOwner:
		a.owner = text
	}
}

// sheetError is what a spreadsheet shows in place of a value: #REF!, #N/A, #NOM?.
var sheetError = regexp.MustCompile(`^#[A-Z0/]+[!?]?$`)

// legible refuses what may have been read wrongly. The word of what a line is about is checked by itself.
func (r *reading) legible(text string, what hosting.Bilingual) error {
	switch {
	case what == labelWhere:
		return nil
	case r.legacy && !ascii(text):
		return fmt.Errorf("the text is not UTF-8, and what is meant here cannot be told for sure; save it again, as CSV UTF-8")
	case sheetError.MatchString(text):
		return fmt.Errorf("%s is an error of the spreadsheet; correct the cell there", said(text))
	case garbled(text):
		return fmt.Errorf("the text was UTF-8 once and was read as something else; save it again, as CSV UTF-8")
	}
	return nil
}

// owner sees that all lines are of one.
func (r *reading) owner(line int, a about) {
	at := a.columns[labelOwner]
	if _, err := access.NormalizeAddress(a.owner); err != nil {
		r.add(line, at, "the owner: %v", err)
		return
	}
	if r.ownerLine == 0 {
		r.ownerLine, r.table.Owner = line, a.owner
	}
	if !access.SameAddress(a.owner, r.table.Owner) {
		r.add(line, at, "the owner is another one than in line %d; a table is of one owner", r.ownerLine)
	}
}

// place enters the place of a line.
func (r *reading) place(line int, scope hosting.Scope, a about) bool {
	at := a.columns[labelName]
	if scope == hosting.ScopeOverall {
		if a.name != "" {
			r.add(line, at, "a line about permissions overall has no name in this column")
		}
		return a.name == ""
	}
	if err := checkName(a.name); err != nil {
		r.add(line, at, "%v; write the name of the %s", err, strings.ToLower(string(scope)))
		return false
	}
	if len(r.places[scope]) == MaxPlaces && !r.places[scope][a.name] {
		r.add(line, at, "there are more than %d of these", MaxPlaces)
		return false
	}
	r.places[scope][a.name] = true
	return true
}

// holder enters what somebody holds at the place of a line. A line without a person is one to be filled in.
func (r *reading) holder(line int, scope hosting.Scope, a about, marks []mark) {
	at := a.columns[labelPerson]
	if a.person == "" {
		if len(marks) > 0 {
			r.add(line, at, "a box is checked and nobody is named; write the address in every line, also where cells were merged")
		}
		return
	}
	person, err := access.NormalizeAddress(a.person)
	if err != nil {
		r.add(line, at, "%v", err)
		return
	}
	one := r.people[person]
	if one == nil {
		if len(r.people) == MaxRows {
			r.add(line, at, "there are more than %d people", MaxRows)
			return
		}
		one = &found{row: Row{Email: a.person}, line: line, lines: map[access.PlaceKey]int{}}
		r.people[person], r.inOrder = one, append(r.inOrder, one)
	}
	key := access.PlaceKey{Scope: scope, Name: a.name}
	if first := one.lines[key]; first > 0 {
		r.add(line, at, "line %d is about this person and place already; keep one of them", first)
		return
	}
	one.lines[key] = line
	r.enter(line, scope, a.name, one, marks)
}

// enter the marks of a line.
func (r *reading) enter(line int, scope hosting.Scope, place string, one *found, marks []mark) {
	var names []string
	for _, m := range marks {
		name, there := r.columns[m.at].permission(scope)
		if !there {
			r.add(line, m.at+1, "%s is no permission of what the line is about (%s); take the mark away", said(r.columns[m.at].label), strings.ToLower(string(scope)))
			continue
		}
		if name == hosting.TwoFactor {
			one.row.RequireTwoFactor = true
			continue
		}
		if err := checkPermission(scope, name); err != nil {
			r.add(line, m.at+1, "%v", err)
			continue
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return
	}
	switch scope {
	case hosting.ScopeOverall:
		one.row.Overall = names
	case hosting.ScopeAccount:
		one.row.Accounts = append(one.row.Accounts, Held{place, names})
	default:
		one.row.Servers = append(one.row.Servers, Held{place, names})
	}
}
