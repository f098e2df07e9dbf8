package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// TestATableIsReadAsItWasWritten: as YAML, as JSON, and as cells in both languages.
func TestATableIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tables(t)
		for what, write := range map[string]func() ([]byte, error){"YAML": table.YAML, "JSON": table.JSON} {
			body, err := write()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Decode(body)
			if err != nil || cmp.Diff(table, again) != "" {
				t.Fatalf("%s: %v\n%s\n%s", what, err, cmp.Diff(table, again), body)
			}
		}
		for _, f := range []Format{{Language: English}, {Language: French}, {Language: English, Excel: true}, {Language: French, Excel: true}, {Language: French, Blank: 2}} {
			cells, err := table.CSV(f)
			if err != nil {
				t.Fatal(err)
			}
			again, err := FromCSV(cells, seen, "drawn")
			if err != nil || cmp.Diff(table, again) != "" {
				t.Fatalf("%+v: %v\n%s\n%s", f, err, cmp.Diff(table, again), cells)
			}
		}
	})
}

// TestNoCellIsAFormula: whatever names and addresses there are.
func TestNoCellIsAFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells, err := tables(t).CSV(Format{Language: English})
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(cells), "\n") {
			for cell := range strings.SplitSeq(line, ",") {
				if cell = strings.Trim(cell, `"`); cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
					t.Fatalf("%q in %q", cell, line)
				}
			}
		}
	})
}

// TestEveryLabelMeansOnePermission: of a scope, in either language, however it is written.
func TestEveryLabelMeansOnePermission(t *testing.T) {
	for _, p := range hosting.Catalogue() {
		scope := p.Scope
		if scope == hosting.ScopeFlag {
			scope = hosting.ScopeOverall
		}
		for _, label := range []string{p.LabelEN, p.LabelFR, strings.ToUpper(p.LabelFR), " " + strings.ReplaceAll(p.LabelEN, " ", "\u00a0") + " "} {
			c, ok := columnOf(label)
			if got, _ := c.permission(scope); !ok || got != p.Name {
				t.Errorf("%q on %s means %q, not %s", label, scope, got, p.Name)
			}
		}
	}
}

// TestEncodings: the same cells in what spreadsheets save.
func TestEncodings(t *testing.T) {
	table := Table{Owner: "owner@acme.example", TakenAt: seen, Accounts: []string{"shop"}, Servers: []string{"web1"}, Rows: []Row{{Email: "ann@acme.example", RequireTwoFactor: true, Accounts: []Held{{"shop", []string{"Databases"}}}}}}.Canonical()
	cells, err := table.CSV(Format{Language: French, Excel: true})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimPrefix(string(cells), byteOrderMark)
	legacy, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	var little, big bytes.Buffer
	for _, unit := range append([]uint16{0xFEFF}, utf16.Encode([]rune(strings.ReplaceAll(text, ";", "\t")))...) {
		little.Write(binary.LittleEndian.AppendUint16(nil, unit))
		big.Write(binary.BigEndian.AppendUint16(nil, unit))
	}
	for what, body := range map[string]string{
		"UTF-8 with its mark": string(cells), "UTF-8": text, "Windows-1252": legacy, "UTF-16 little": little.String(), "UTF-16 big": big.String(),
		"line ends of an old Macintosh": strings.ReplaceAll(text, "\r\n", "\r"), "Excel's own first line": "sep=;\r\n" + text, "empty lines": "\r\n" + strings.ReplaceAll(text, "\r\n", "\r\n;;;\r\n"),
		"quotes everywhere": quoted(text),
	} {
		got, err := FromCSV([]byte(body), seen, "")
		if err != nil || cmp.Diff(table, got) != "" {
			t.Errorf("%s: %v %s", what, err, cmp.Diff(table, got))
		}
	}
}

// quoted puts every cell into quotes.
func quoted(text string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		lines = append(lines, `"`+strings.ReplaceAll(line, ";", `";"`)+`"`)
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

func TestDiff(t *testing.T) {
	before, err := Decode([]byte(file1))
	if err != nil {
		t.Fatal(err)
	}
	after, err := Decode([]byte(strings.NewReplacer("08:00", "09:00", "Billing", "AccountManagement", "[shop, blog]", "[shop, new]", "bob@", "BOB@", "- email: ann", "- email: cyd@acme.example\n- email: ann", "servers: []", "servers: [web1]").Replace(file1)))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Diff(before, after)
	if err != nil || len(d.People) != 2 || fmt.Sprint(d.PlacesCame, d.PlacesWent) != "[account new server web1] [account blog]" {
		t.Fatalf("%v %+v", err, d)
	}
	if ann := d.People[0]; fmt.Sprint(ann.Added, ann.Removed) != "[{Overall  AccountManagement}] [{Overall  Billing}]" || ann.Came || ann.Went {
		t.Errorf("%+v", ann)
	}
	if cyd := d.People[1]; !cyd.Came || len(cyd.Added) > 0 {
		t.Errorf("%+v", cyd)
	}
	if d, err := Diff(before, before); err != nil || !d.Empty() {
		t.Error(d, err)
	}
	if _, err := Diff(after, before); err == nil || !strings.Contains(err.Error(), "older than the one before it") {
		t.Error(err)
	}
	before.Owner = "other@acme.example"
	if _, err := Diff(before, after); err == nil || err.Error() != "the tables are of two owners" {
		t.Error(err)
	}
}

func TestWhatCheckRefuses(t *testing.T) {
	table, err := Decode([]byte(file1))
	if err != nil {
		t.Fatal(err)
	}
	later := table
	later.TakenAt = seen.Add(time.Second)
	for _, c := range []struct {
		hours int
		want  Requirement
		says  string
	}{
		{1, Requirement{}, ""},
		{0, Requirement{Owner: "OWNER@acme.example", Accounts: []string{"blog", "shop"}, Servers: []string{}}, ""},
		{-1, Requirement{}, "dated in the future: 2026-11-29 08:00 UTC"},
		{49, Requirement{MaxAge: 24 * time.Hour}, "2 days old; at most 24 hours is wanted"},
		{1, Requirement{Owner: "other@acme.example"}, "of another owner"},
		{1, Requirement{After: &later}, "older than the one before it"},
		{1, Requirement{Accounts: []string{"shop", "cellar"}}, "the table lacks the accounts cellar\nthe table lists the accounts blog, which the provider does not have"},
		{1, Requirement{Servers: []string{"web1"}}, "the table lacks the servers web1"},
	} {
		err := table.Check(seen.Add(time.Duration(c.hours)*time.Hour), c.want)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%+v: %v, want %q", c.want, err, c.says)
		}
	}
}
