package table

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
)

// What becomes of an input.
const (
	// right: it is read as what was meant.
	right = ""
	// byLine: it is refused, with the line; byCell: with line and column.
	byLine = `^line \d+(, column \d+)?: `
	byCell = `^line \d+, column \d+: `
)

// damage is an input that somebody or something changed.
type damage struct {
	what, text, want string
}

// meant is what the inputs are made from.
var meant = Table{
	Owner: "owner@acme.example", TakenAt: seen, Accounts: []string{"shop", "blog"}, Servers: []string{"web1"},
	Rows: []Row{
		{Email: "ann@acme.example", RequireTwoFactor: true, Overall: []string{"Billing"}, Accounts: []Held{{"shop", []string{"Sites", "Databases", "TechnicalContact"}}}},
		{Email: "bob@acme.example", Accounts: []Held{{"blog", []string{"EmailHistory", "Backups"}}}, Servers: []Held{{"web1", []string{"SSHUsers", "TechnicalContact"}}}},
	},
}.Canonical()

// cells of what is meant.
func cells(t *testing.T, language Language) [][]string {
	t.Helper()
	text, err := meant.CSV(Format{Language: language})
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// joined is a text of cells, none of which needs quotes.
func joined(lines [][]string, separator string) string {
	var text strings.Builder
	for _, line := range lines {
		text.WriteString(strings.Join(line, separator) + "\n")
	}
	return text.String()
}

// edited is a copy with something changed.
func edited(lines [][]string, edit func([][]string) [][]string) string {
	copied := make([][]string, len(lines))
	for i, line := range lines {
		copied[i] = slices.Clone(line)
	}
	return joined(edit(copied), ",")
}

// TestDamagedCells: whatever happened to them on the way, they are refused with a line, or read as they were
// meant, never half.
func TestDamagedCells(t *testing.T) {
	var all []damage
	for _, language := range []Language{English, French} {
		lines := cells(t, language)
		for _, some := range [][]damage{cut(lines), lineDamage(lines), columnDamage(lines), cellDamage(lines), marks(lines), spreadsheets(lines), orders(lines)} {
			for _, one := range some {
				one.what = string(language) + ": " + one.what
				all = append(all, one)
			}
		}
	}
	all = append(all, encodings(t)...)
	counts := map[string]int{}
	for _, one := range all {
		counts[one.want]++
		got, err := FromCSV([]byte(one.text), seen, "")
		switch {
		case one.want == right && (err != nil || cmp.Diff(meant, got) != ""):
			t.Errorf("%s: is not read right: %v %s", one.what, err, cmp.Diff(meant, got))
		case one.want != right && err == nil:
			t.Errorf("%s: is read as %+v", one.what, got)
		case one.want != right:
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !regexp.MustCompile(one.want).MatchString(line) && !strings.HasPrefix(line, "and ") {
					t.Errorf("%s: says %q", one.what, line)
				}
				if strings.Contains(line, "@acme") {
					t.Errorf("%s: tells an address: %s", one.what, line)
				}
			}
		}
	}
	if len(all) < 200 || counts[right] < 20 || counts[byCell] < 100 {
		t.Errorf("only %d inputs: %v", len(all), counts)
	}
	t.Logf("%d inputs, %d read right, %d refused by line, %d by line and column", len(all), counts[right], counts[byLine], counts[byCell])
}

// cut are texts that end early, or begin late.
func cut(lines [][]string) (list []damage) {
	text := joined(lines, ",")
	for at := range 40 {
		end := len(text) * at / 40
		list = append(list, damage{fmt.Sprintf("cut after %d of %d bytes", end, len(text)), text[:end], byLine})
	}
	list = append(list, damage{"the last line end is missing", strings.TrimSuffix(text, "\n"), right}, damage{"the last character is missing", strings.TrimSuffix(text, "e\n"), byCell})
	for at := range lines[1:] {
		list = append(list, damage{fmt.Sprintf("ends before line %d", at+2), joined(lines[:at+1], ","), byLine})
		list = append(list, damage{fmt.Sprintf("begins with line %d", at+2), joined(lines[at+1:], ","), byLine})
	}
	return list
}

// lineDamage is what happens to whole lines.
func lineDamage(lines [][]string) (list []damage) {
	for at := range lines {
		list = append(list,
			damage{fmt.Sprintf("line %d is missing", at+1), edited(lines, func(l [][]string) [][]string { return slices.Delete(l, at, at+1) }), byLine},
			damage{fmt.Sprintf("line %d is there twice", at+1), edited(lines, func(l [][]string) [][]string { return slices.Insert(l, at, l[at]) }), byCell},
		)
	}
	text := joined(lines, ",")
	return append(list,
		damage{"a title above", "Permissions,of,Acme\n" + text, byLine},
		damage{"a note below", text + "to be checked with ann\n", byCell},
		damage{"another table below", text + text, byCell},
		damage{"a sum below", text + strings.Repeat(",", len(lines[0])-2) + "12,owner@acme.example\n", byCell},
		damage{"empty lines", strings.ReplaceAll(text, "\n", "\n\n"), right},
		damage{"lines of empty cells", strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(",", len(lines[0])-1)+"\n"), right},
	)
}

// columnDamage is what happens to whole columns.
func columnDamage(lines [][]string) (list []damage) {
	each := func(edit func([]string) []string) string {
		return edited(lines, func(l [][]string) [][]string {
			for i := range l {
				l[i] = edit(l[i])
			}
			return l
		})
	}
	label := func(at int, to string) string {
		return edited(lines, func(l [][]string) [][]string { l[0][at] = to; return l })
	}
	for at, name := range lines[0] {
		list = append(list,
			damage{"column " + name + " is missing", each(func(l []string) []string { return slices.Delete(l, at, at+1) }), byLine},
			damage{"column " + name + " is there twice", each(func(l []string) []string { return slices.Insert(l, at, l[at]) }), byCell},
			damage{"column " + name + " is renamed", label(at, name+" bis"), byLine},
			damage{"column " + name + " has no label", label(at, ""), byLine},
			damage{"column " + name + " lost a letter", label(at, name[1:]), byLine},
		)
	}
	return append(list,
		damage{"a column more", each(func(l []string) []string { return append(l, "?") }), byCell},
		damage{"empty columns more", each(func(l []string) []string { return append(l, "", "") }), right},
		damage{"an empty column between", each(func(l []string) []string { return slices.Insert(l, 5, "") }), right},
		damage{"labels in capitals", edited(lines, func(l [][]string) [][]string {
			for i := range l[0] {
				l[0][i] = strings.ToUpper(l[0][i])
			}
			return l
		}), right},
		damage{"labels without accents", edited(lines, func(l [][]string) [][]string {
			for i := range l[0] {
				l[0][i] = strings.NewReplacer("é", "e", "è", "e", "ù", "u", "â", "a").Replace(l[0][i])
			}
			return l
		}), right},
		damage{"labels decomposed", norm.NFD.String(joined(lines, ",")), right},
		damage{"labels with spaces and marks", edited(lines, func(l [][]string) [][]string {
			for i := range l[0] {
				l[0][i] = "\u00a0" + strings.ReplaceAll(l[0][i], " ", "  ") + " *"
			}
			return l
		}), right},
	)
}

// cellDamage is what happens to single cells.
func cellDamage(lines [][]string) (list []damage) {
	owner, last := len(lines[0])-1, len(lines)-1
	cell := func(line, column int, to string) string {
		return edited(lines, func(l [][]string) [][]string { l[line][column] = to; return l })
	}
	for line := range lines[1:] {
		line++
		list = append(list,
			damage{fmt.Sprintf("line %d is of another owner", line+1), cell(line, owner, "other@acme.example"), byCell},
			damage{fmt.Sprintf("line %d has no owner", line+1), cell(line, owner, ""), byCell},
			damage{fmt.Sprintf("line %d lost a cell", line+1), edited(lines, func(l [][]string) [][]string { l[line] = slices.Delete(l[line], 7, 8); return l }), byCell},
			damage{fmt.Sprintf("line %d has a cell more", line+1), edited(lines, func(l [][]string) [][]string { l[line] = slices.Insert(l[line], 7, ""); return l }), byCell},
		)
	}
	for column, values := range map[int][]string{
		0: {"=A1", "+33123456789", "-", "@ann", "ann", "ann@", "ann@acme.example; bob@acme.example", "ann @acme.example", "#REF!", "rÃ©my@acme.example", "=HYPERLINK(\"http://x\")", "\tann@acme.example x"},
		1: {"", "=B1", "everywhere", "accounts", "#N/A", "1"},
		2: {"=C2", "-shop", "+shop", "#NAME?", "shÃ©p", "web2"},
	} {
		for _, value := range values {
			list = append(list, damage{fmt.Sprintf("cell %d of line 3 is %q", column+1, value), cell(2, column, strings.ReplaceAll(value, `"`, `'`)), map[bool]string{true: byLine, false: byCell}[value == "web2"]})
		}
	}
	return append(list,
		damage{"merged cells of a person", edited(lines, func(l [][]string) [][]string {
			for i := last - 1; i > 1; i-- {
				if l[i][0] == l[i-1][0] {
					l[i][0] = ""
				}
			}
			return l
		}), byCell},
		damage{"merged cells of what lines are about", edited(lines, func(l [][]string) [][]string {
			for i := last - 1; i > 1; i-- {
				if l[i][1] == l[i-1][1] {
					l[i][1] = ""
				}
			}
			return l
		}), byCell},
		damage{"merged cells of the owner", edited(lines, func(l [][]string) [][]string {
			for i := 2; i <= last; i++ {
				l[i][owner] = ""
			}
			return l
		}), byCell},
		damage{"a name overall", cell(1, 2, "shop"), byCell},
		damage{"a place without a name", cell(2, 2, ""), byCell},
		damage{"a place of another kind", cell(2, 1, lines[4][1]), byLine},
		damage{"an account misspelt", cell(2, 2, "shopp"), byLine},
	)
}
