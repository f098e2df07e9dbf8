package cli

import (
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/htmlpage"
	"github.com/hostgrant/hostgrant/internal/matrix"
	"github.com/hostgrant/hostgrant/internal/status"
)

const (
	// htmlPlaces are how many places one table has, where nobody says otherwise.
	htmlPlaces = 30
	// narrowPlaces fit on a sheet of A4.
	narrowPlaces = 10
)

// matrixHTML is one file with a table for each page of places, and one that explains the permissions.
func matrixHTML(out io.Writer, v *matrixView) error {
	size := v.pageSize
	if size == 0 {
		size = htmlPlaces
	}
	pages := v.Pages(size)
	head := v.htmlHead()
	for i := range pages {
		head.Links = append(head.Links, htmlpage.Link{ID: tableID(i), Text: v.titleOf(&pages[i], i*size)})
	}
	head.Links = append(head.Links, htmlpage.Link{ID: "permissions", Text: "Permissions"})
	w := htmlpage.Begin(out, head)
	for i := range pages {
		w.Table(v.htmlTable(&pages[i], i, head.Links[i].Text))
	}
	w.Table(permissionsTable(&v.Matrix))
	return w.End() //nolint:wrapcheck // writing to the terminal
}

func tableID(at int) string { return "places-" + strconv.Itoa(at+1) }

func (v *matrixView) titleOf(m *matrix.Matrix, from int) string {
	if m.Places() == 0 {
		return "People"
	}
	names := m.Columns[1].String()
	if last := m.Columns[m.Places()].String(); last != names {
		names += " to " + last
	}
	if m.Places() == v.Places() {
		return "People and places: " + names
	}
	return fmt.Sprintf("Places %d to %d of %d: %s", from+1, from+m.Places(), v.Places(), names)
}

func (v *matrixView) htmlHead() htmlpage.Head {
	accounts := 0
	for _, column := range v.Columns {
		if column.Scope == hosting.ScopeAccount {
			accounts++
		}
	}
	owner, asOf := v.owner(), htmlpage.Fact{Name: "As of", Value: "not known", At: v.AsOf.Time}
	if owner == "" {
		owner = "not shown"
	}
	head := htmlpage.Head{
		Title: "Who has what on HostingBackend " + v.Backend.String(),
		Facts: []htmlpage.Fact{
			{Name: "HostingBackend", Value: v.Backend.String()}, {Name: "Owner, who may do everything", Value: owner}, asOf,
			{Name: "People", Value: strconv.Itoa(v.People)}, {Name: "Accounts", Value: strconv.Itoa(accounts)}, {Name: "Servers", Value: strconv.Itoa(v.Places() - accounts)},
		},
		Notes: v.notes(),
	}
	for _, c := range v.Legend {
		word := c.Mark.Words()
		if c.Mark == 0 {
			word = "no word"
		}
		head.Legend = append(head.Legend, htmlpage.Term{
			Word: word, Tone: toneOf(c.Mark), Meaning: c.Mark.Meaning(),
			Count: fmt.Sprintf("(%s of %s)", status.Count(c.Permissions, "permission", "permissions"), status.Count(c.People, "person", "people")),
		})
	}
	return head
}

// toneOf is the tone of the gravest mark.
func toneOf(marks matrix.Mark) htmlpage.Tone {
	for _, one := range []struct {
		marks matrix.Mark
		tone  htmlpage.Tone
	}{
		{matrix.Failed | matrix.NoSecondFactor, htmlpage.Bad},
		{matrix.Undeclared | matrix.Held | matrix.Leaving | matrix.Protected, htmlpage.Warn},
		{matrix.Pending | matrix.Scheduled | matrix.ProfileUnknown | matrix.NoProfile | matrix.SecondFactorUnknown | matrix.Unknown, htmlpage.Wait},
		{matrix.Suspended | matrix.Expired | matrix.Relinquished, htmlpage.Off},
	} {
		if marks&one.marks != 0 {
			return one.tone
		}
	}
	return htmlpage.Plain
}

func (v *matrixView) htmlTable(m *matrix.Matrix, at int, title string) htmlpage.Table {
	t := htmlpage.Table{
		ID: tableID(at), Title: title, Corner: "Person", Wide: m.Places() > narrowPlaces, Rows: v.htmlRows(m),
		Caption: fmt.Sprintf("What %s may do on %s, and everywhere.", status.Count(v.People, "person", "people"), status.Count(m.Places(), "place", "places")),
		Columns: []htmlpage.Column{{Name: "2FA"}}, Foot: &htmlpage.Row{Name: "People with something here", Cells: []htmlpage.Cell{nil}},
	}
	for _, column := range m.Columns {
		heading := htmlpage.Column{Name: "everywhere"}
		if column.Name != "" {
			heading = htmlpage.Column{Kind: strings.ToLower(string(column.Scope)), Name: column.Name}
		}
		t.Columns = append(t.Columns, heading)
		t.Foot.Cells = append(t.Foot.Cells, htmlpage.Text(strconv.Itoa(column.Holders)))
	}
	return t
}

func (v *matrixView) htmlRows(m *matrix.Matrix) iter.Seq[htmlpage.Row] {
	return func(yield func(htmlpage.Row) bool) {
		for row := range m.Rows() {
			one := htmlpage.Row{Name: row.Name, Detail: v.detailOf(row.Person), Cells: []htmlpage.Cell{htmlBox(row)}}
			for _, cell := range row.Cells {
				one.Cells = append(one.Cells, htmlCell(cell))
			}
			if !yield(one) {
				return
			}
		}
	}
}

func htmlBox(row matrix.Row) htmlpage.Cell {
	if row.Box == nil {
		return nil
	}
	return htmlpage.Cell{htmlGroup(row.Box.Marks, []htmlpage.Item{{Text: boxOf(row)}})}
}

func htmlCell(cell matrix.Cell) (groups htmlpage.Cell) {
	for _, group := range cell.Groups() {
		items := make([]htmlpage.Item, len(group.Names))
		for i, name := range group.Names {
			items[i] = htmlpage.Item{Text: name, Title: labelOf(cell[0].Scope, name)}
		}
		groups = append(groups, htmlGroup(group.Marks, items))
	}
	return groups
}

func htmlGroup(marks matrix.Mark, items []htmlpage.Item) htmlpage.Group {
	group := htmlpage.Group{Tone: toneOf(marks), Items: items}
	if marks != 0 {
		group.Word = marks.Words()
	}
	return group
}

// labelOf is the provider's label of a permission where it is not its name.
func labelOf(scope hosting.Scope, name string) string {
	if p, known := hosting.ByName(scope, name); known && p.LabelEN != name {
		return p.LabelEN
	}
	return ""
}

// permissionsTable explains the permissions that occur.
func permissionsTable(m *matrix.Matrix) htmlpage.Table {
	return htmlpage.Table{
		ID: "permissions", Title: "Permissions", Caption: "What the permissions in the tables above are for, in the provider's words.",
		Corner: "Permission", Columns: []htmlpage.Column{{Name: "On"}, {Name: "Provider's label"}, {Name: "For"}}, Rows: permissionsOf(m), Prose: true,
	}
}

func permissionsOf(m *matrix.Matrix) iter.Seq[htmlpage.Row] {
	return func(yield func(htmlpage.Row) bool) {
		for _, right := range m.Permissions {
			p, known := hosting.ByName(right.Scope, right.Name)
			label, meaning := p.LabelEN, p.Meaning().EN
			if !known {
				meaning = "the provider has it, and the catalogue does not: no manifest can name it"
			}
			if more := reach(p); more != "" {
				meaning = strings.TrimPrefix(meaning+"; "+more, "; ")
			}
			if !yield(htmlpage.Row{Name: right.Name, Cells: []htmlpage.Cell{htmlpage.Text(scopeWords[right.Scope]), htmlpage.Text(label), htmlpage.Text(meaning)}}) {
				return
			}
		}
	}
}

var scopeWords = map[hosting.Scope]string{
	hosting.ScopeFlag: "the person", hosting.ScopeOverall: "everywhere", hosting.ScopeAccount: "an account", hosting.ScopeServer: "a server",
}

// reach says what a permission opens beside its own menu.
func reach(p hosting.Permission) string {
	switch {
	case p.ImpliesScope != "":
		return fmt.Sprintf("opens everything of every %s", strings.ToLower(string(p.ImpliesScope)))
	case p.Has(hosting.TraitEveryAccount):
		return "reaches every account of the server"
	}
	return ""
}
