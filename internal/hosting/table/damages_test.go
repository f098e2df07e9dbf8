package table

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// marks are the ways to check a box, and others.
func marks(lines [][]string) (list []damage) {
	text := joined(lines, ",")
	for _, mark := range []string{"X", "1", "yes", "Yes", "OUI", "oui", "TRUE", "VRAI", "vrai", "✓", "✔", " x "} {
		list = append(list, damage{"checked is " + mark, strings.ReplaceAll(text, ",x", ","+mark), right})
	}
	for _, mark := range []string{"xx", "2", "1.0", "maybe", "=1", "=TRUE()", "-", "#REF!", "ja", "?", "x?", "'x", "10"} {
		list = append(list, damage{"checked is " + mark, strings.ReplaceAll(text, ",x", ","+mark), byCell})
	}
	for _, mark := range []string{"0", "no", "NON", "FALSE", "faux", " "} {
		list = append(list, damage{"not checked is " + mark, edited(lines, func(l [][]string) [][]string {
			for i := 1; i < len(l)-1; i++ {
				for at := 3; at < len(l[i])-1; at++ {
					if l[i][at] == "" {
						l[i][at] = mark
					}
				}
			}
			return l
		}), right})
	}
	wrong := func(what string, line, column int) {
		list = append(list, damage{what, edited(lines, func(l [][]string) [][]string { l[line][column] = "x"; return l }), byCell})
	}
	wrong("Billing on an account", 2, 5)
	wrong("2FA on an account", 2, 3)
	wrong("Sites overall", 1, 13)
	wrong("Sites on a server", 4, 13)
	wrong("a mark in the last line", len(lines)-1, 5)
	return list
}

// spreadsheets are what programs make of it.
func spreadsheets(lines [][]string) []damage {
	text := joined(lines, ",")
	quotedAll := quoted(strings.ReplaceAll(strings.ReplaceAll(text, ",", ";"), "\n", "\r\n"))
	return []damage{
		{"semicolons", joined(lines, ";"), right},
		{"tabs, as pasted", joined(lines, "\t"), right},
		{"bars", joined(lines, "|"), byLine},
		{"colons", joined(lines, ":"), byLine},
		{"spaces", joined(lines, " "), byLine},
		{"commas in one line of semicolons", joined(lines[:3], ";") + joined(lines[3:4], ",") + joined(lines[4:], ";"), byCell},
		{"two tables of two separators", joined(lines, ";") + joined(lines, ","), byCell},
		{"every cell in quotes", quotedAll, right},
		{"quotes that do not end", strings.Replace(text, "bob@", "\"bob@", 1), byCell},
		{"quotes within", strings.Replace(text, "bob@", "b\"ob@", 1), byCell},
		{"quotes and something after", strings.Replace(text, "bob@acme.example", "\"bob@acme.example\" x", 1), byCell},
		{"a line end in an address", strings.Replace(text, "bob@acme.example", "\"bob@\nacme.example\"", 1), byCell},
		{"quoted as a text", strings.ReplaceAll(text, "bob@acme.example", `"bob@acme.example"`), right},
		{"a separator line", "sep=,\n" + text, right},
		{"a wrong separator line", "sep=;\n" + text, right},
		{"HTML", "<table><tr><td>" + strings.ReplaceAll(text, ",", "</td><td>") + "</table>", byLine},
		{"a spreadsheet's own file", "PK\x03\x04\x14\x00\x06\x00\x08\x00" + text, byCell},
		{"a long line of empty cells above", strings.Repeat(",", 5000) + "\n" + text, right},
		{"labels without end", strings.Repeat("x,", 5000) + "\n" + text, byCell},
		{"nothing", "", byLine},
		{"spaces only", " \n \n", byLine},
		{"a control character", strings.Replace(text, "shop", "sh\x07op", 1), byCell},
		{"a sign that cannot be seen", strings.Replace(text, "bob@", "bo\u200bb@", 1), byCell},
	}
}

// orders are lines and columns in other orders.
func orders(lines [][]string) (list []damage) {
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 1))
		columns := random.Perm(len(lines[0]))
		list = append(list, damage{fmt.Sprint("columns and lines in order ", seed), edited(lines, func(l [][]string) [][]string {
			random.Shuffle(len(l)-2, func(i, j int) { l[i+1], l[j+1] = l[j+1], l[i+1] })
			for i, line := range l {
				moved := make([]string, len(line))
				for from, to := range columns {
					moved[to] = line[from]
				}
				l[i] = moved
			}
			return l
		}), right})
	}
	return append(list, damage{"sorted, the last line as well", edited(lines, func(l [][]string) [][]string {
		slices.SortFunc(l[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) })
		return l
	}), byCell})
}

// encodings are the bytes of the French labels.
func encodings(t *testing.T) (list []damage) {
	t.Helper()
	text := joined(cells(t, French), ";")
	accented := strings.ReplaceAll(text, "bob@", "rémy@")
	for what, one := range map[string]struct {
		by   encoding.Encoding
		want string
	}{
		"Windows-1252": {charmap.Windows1252, right}, "ISO-8859-1": {charmap.ISO8859_1, right}, "ISO-8859-15": {charmap.ISO8859_15, right},
		"Macintosh": {charmap.Macintosh, byLine}, "code page 850": {charmap.CodePage850, byLine}, "code page 437": {charmap.CodePage437, byLine},
		"EBCDIC": {charmap.CodePage1047, byLine}, "UTF-16 without a mark": {unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), byLine},
		"big UTF-16 without a mark": {unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), byLine},
	} {
		body, err := one.by.NewEncoder().String(text)
		if err != nil {
			t.Fatal(what, err)
		}
		list = append(list, damage{what, body, one.want})
	}
	latin, _ := charmap.Windows1252.NewEncoder().String(accented)
	twice, _ := charmap.Windows1252.NewDecoder().String(text)
	utf16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	return append(list,
		damage{"an accent in an address, as Windows-1252", latin, byCell},
		damage{"UTF-8 read as Windows-1252", twice, byLine},
		damage{"UTF-16", utf16, right},
		damage{"UTF-16, cut in a character", utf16[:len(utf16)-1], byLine},
		damage{"the mark of UTF-8 and something else", byteOrderMark + latin, byCell},
		damage{"replaced characters", strings.ReplaceAll(text, "é", "\ufffd"), byCell},
		damage{"question marks", strings.ReplaceAll(text, "é", "?"), byLine},
	)
}
