// Package csvsafe keeps the cells of a CSV file what they are: text. A spreadsheet takes a cell that begins as a formula
// does for one, and runs it. Escaping is reversible, so that nothing of a name is lost. It is pure.
package csvsafe

import (
	"strings"
	"unicode/utf8"
)

// starts are what a spreadsheet takes for the beginning of a formula; the last four are full-width forms.
const starts = "=+-@\t\r\n＝＋－＠"

// Formula says whether a spreadsheet takes a cell for a formula.
func Formula(cell string) bool {
	first, _ := utf8.DecodeRuneInString(cell)
	return cell != "" && strings.ContainsRune(starts, first)
}

// Escape puts an apostrophe before a cell that begins with = + - @, a tab, a line break, or an apostrophe.
func Escape(cell string) string {
	if strings.HasPrefix(cell, "'") || Formula(cell) {
		return "'" + cell
	}
	return cell
}

// Unescape is the cell that was escaped: Unescape(Escape(x)) is x for every x. An apostrophe that Escape does not
// write stays.
func Unescape(cell string) string {
	rest, escaped := strings.CutPrefix(cell, "'")
	if escaped && rest != "" && Escape(rest) == cell {
		return rest
	}
	return cell
}
