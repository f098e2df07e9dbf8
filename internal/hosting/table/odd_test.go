package table

import (
	"strings"
	"testing"
)

// TestOddDocuments: whatever stands in a file, it is a table or there is one line about it.
func TestOddDocuments(t *testing.T) {
	for _, body := range []string{
		"", "# nothing\n", "---\n", "---\n---\n", "null", "~\n", "[]", "{}", "text", "\xff\xfe", "\x00", "%YAML 9\n---\n", "a: &a [*a]\n", "&a {<<: *a}",
		"*a", "!!binary x", "? [a]\n: b\n", "apiVersion: *x", strings.Repeat("[", 20_000), strings.Repeat("- ", 20_000), strings.Repeat("{a: ", 20_000), "...", "--- \n...\n",
		"rows: &r [{email: a@b.example}]\naccounts: *r\n", "- &a [x,x]\n- &b [*a,*a]\n- [*b,*b]\n",
	} {
		if _, err := Decode([]byte(body)); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: %v", body, err)
		}
	}
}

// TestFullWidthFormulas: what some spreadsheets take for the beginning of a formula is escaped as well, and read back.
func TestFullWidthFormulas(t *testing.T) {
	for _, sign := range "=+-@＝＋－＠" {
		want := Table{Owner: "owner@acme.example", Source: "test", Accounts: []string{string(sign) + "shop"}, Rows: []Row{{Email: "ann@acme.example"}}}.Canonical()
		cells, err := want.CSV(Format{Language: English})
		if err != nil || !strings.Contains(string(cells), ",'"+string(sign)+"shop,") {
			t.Errorf("%c: %v\n%s", sign, err, cells)
		}
		if got, err := FromCSV(cells, want.TakenAt, "test"); err != nil || got.Accounts[0] != want.Accounts[0] {
			t.Errorf("%c: %v %q", sign, err, got.Accounts)
		}
		if _, err := FromCSV([]byte(strings.ReplaceAll(string(cells), ",'", ",")), want.TakenAt, "test"); err == nil || !strings.Contains(err.Error(), "as a formula does") {
			t.Errorf("%c: %v", sign, err)
		}
	}
}
