// Package htmlpage writes reports as one HTML file that needs nothing beside it: no network, no script. A file is
// written as it is made: of a table no more than one row is in memory.
package htmlpage

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"iter"
	"strings"
	"time"
	"unicode"

	"github.com/hostgrant/hostgrant/internal/manifest"
)

var (
	//go:embed page.html
	page string
	//go:embed page.css
	style string

	templates = template.Must(template.New("").Funcs(template.FuncMap{
		"plain": manifest.Plain,
		"soft":  soft,
		"style": func() template.CSS { return template.CSS(style) }, //nolint:gosec // it is our own, and embedded
		// digest of the style: nothing else may be applied or loaded.
		"digest": func() string {
			sum := sha256.Sum256([]byte(style))
			return base64.StdEncoding.EncodeToString(sum[:])
		},
		"iso": func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"day": func(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04 UTC") },
	}).Parse(page))
)

// soft is a name that may be broken where its parts meet, and else only where it must be.
func soft(name string) template.HTML {
	var b strings.Builder
	runes := []rune(manifest.Plain(name))
	for i, c := range runes {
		if i > 0 && (strings.ContainsRune("@./_-:", runes[i-1]) || beginsWord(runes, i)) {
			b.WriteString("<wbr>")
		}
		b.WriteString(template.HTMLEscapeString(string(c)))
	}
	return template.HTML(b.String()) //nolint:gosec // each character is escaped
}

// beginsWord finds the C in TechnicalContact, and not the D in WebDAV.
func beginsWord(runes []rune, i int) bool {
	return unicode.IsLower(runes[i-1]) && unicode.IsUpper(runes[i]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
}

// Tone is how something is coloured. What it stands for is told in words too.
type Tone string

// The tones.
const (
	// Good and Plain things need nobody's attention.
	Plain Tone = ""
	Good  Tone = "good"
	// Wait: something is still to happen.
	Wait Tone = "wait"
	// Warn and Bad want to be looked at.
	Warn Tone = "warn"
	Bad  Tone = "bad"
	// Off: it has no effect any more.
	Off Tone = "off"
)

// Head is what stands before the tables.
type Head struct {
	Title string
	// Facts are names and values.
	Facts []Fact
	// Notes say what is not known.
	Notes []string
	// Legend explains words of the tables.
	Legend []Term
	// Links to the tables, where there are several.
	Links []Link
}

// Fact is a name with a value, which is At where that is not zero.
type Fact struct {
	Name, Value string
	At          time.Time
}

// Term is a word of the tables, what it means, and how often it occurs.
type Term struct {
	Word    string
	Tone    Tone
	Meaning string
	Count   string
}

// Link leads to the table with the id.
type Link struct{ ID, Text string }

// Table is one table under a heading.
type Table struct {
	// ID is unique in the file: letters, digits and dashes.
	ID string
	// Title is its heading, Caption what it shows.
	Title, Caption string
	// Empty is what is said in place of a table without rows.
	Empty string
	// Corner is the heading of the first column, Columns those of the others.
	Corner  string
	Columns []Column
	Rows    iter.Seq[Row]
	// Foot is a last row, for sums.
	Foot *Row
	// Wide: it is printed on a larger sheet. Prose: its last column has sentences.
	Wide, Prose bool
}

// Column is the heading of a column. Kind stands small above the name.
type Column struct{ Kind, Name string }

// Row has a heading of its own, with a detail in small letters, and a cell for each column.
type Row struct {
	Name, Detail string
	Cells        []Cell
}

// Cell is a list of groups.
type Cell []Group

// Group are items after a word that says what holds for all of them; without a word there is nothing to say.
type Group struct {
	Word  string
	Tone  Tone
	Items []Item
}

// Item is a text, with a longer one for those who ask.
type Item struct{ Text, Title string }

// Text is a cell that holds one text.
func Text(text string) Cell {
	if text == "" {
		return nil
	}
	return Cell{{Items: []Item{{Text: text}}}}
}

// Writer writes a file. After an error it writes no more.
type Writer struct {
	out *bufio.Writer
	err error
}

// Begin writes what stands before the tables.
func Begin(out io.Writer, head Head) *Writer {
	w := &Writer{out: bufio.NewWriterSize(out, 64<<10)}
	w.write("begin", head)
	return w
}

// Table writes a table.
func (w *Writer) Table(t Table) {
	if t.Empty != "" {
		w.write("empty", t)
		return
	}
	w.write("table", t)
	for row := range t.Rows {
		if w.err != nil {
			return
		}
		w.write("row", row)
	}
	w.write("end-of-table", t)
}

// End writes the rest, and returns the first error.
func (w *Writer) End() error {
	w.write("end", nil)
	if w.err != nil {
		return w.err
	}
	return w.out.Flush() //nolint:wrapcheck // the writer is the caller's
}

func (w *Writer) write(part string, data any) {
	if w.err == nil {
		w.err = templates.ExecuteTemplate(w.out, part, data)
	}
}
