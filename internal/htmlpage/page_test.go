package htmlpage

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

const hostile = "a\"><script>alert(1)</script>\x1b[2J\u202eevil&amp;'"

// whole is a file in which every field holds what a stranger may write.
func whole(t *testing.T) (string, *html.Node) {
	t.Helper()
	var out bytes.Buffer
	w := Begin(&out, Head{
		Title: hostile, Facts: []Fact{{Name: hostile, Value: hostile}, {Name: "As of", At: time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC)}},
		Notes: []string{hostile}, Legend: []Term{{Word: hostile, Tone: Bad, Meaning: hostile, Count: hostile}}, Links: []Link{{"one", hostile}, {"two", hostile}},
	})
	row := Row{Name: hostile, Detail: hostile, Cells: []Cell{{{Word: hostile, Tone: Warn, Items: []Item{{hostile, hostile}, {Text: hostile}}}}}}
	for _, id := range []string{"one", "two"} {
		w.Table(Table{ID: id, Title: hostile, Caption: hostile, Corner: hostile, Columns: []Column{{hostile, hostile}}, Rows: slices.Values([]Row{row, row}), Foot: &row, Wide: true, Prose: true})
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), root
}

func TestNothingFromOutsideActs(t *testing.T) {
	text, root := whole(t)
	for _, bad := range []string{"\x1b", "\u202e", "<script"} {
		if strings.Contains(text, bad) {
			t.Errorf("the file has %q", bad)
		}
	}
	told := 0
	for node := range root.Descendants() {
		if node.Type == html.TextNode && strings.Contains(node.Data, "alert(1)") {
			told++
		}
		if node.Type == html.ElementNode && !slices.Contains(strings.Fields(
			"html head meta title style body header h1 dl div dt dd bdi time nav ul li a main section h2 span table caption thead tbody tfoot tr th td abbr wbr"), node.Data) {
			t.Errorf("<%s>", node.Data)
		}
	}
	if told < 20 {
		t.Errorf("what strangers wrote is told %d times", told)
	}
}

// The browser is told to load nothing, and to apply no style but the one in the file.
func TestThePolicyAllowsOneStyle(t *testing.T) {
	text, root := whole(t)
	for node := range root.Descendants() {
		if node.Type != html.ElementNode || node.Data != "style" {
			continue
		}
		sum := sha256.Sum256([]byte(node.FirstChild.Data))
		want := "default-src &#39;none&#39;; style-src &#39;sha256-" + base64.StdEncoding.EncodeToString(sum[:])
		if !strings.Contains(text, want) && !strings.Contains(html.UnescapeString(text), html.UnescapeString(want)) {
			t.Errorf("the policy is not %s", want)
		}
	}
}

func TestSoft(t *testing.T) {
	for name, want := range map[string]string{
		"ann@acme.example": "ann@<wbr>acme.<wbr>example", "TechnicalContact": "Technical<wbr>Contact", "WebDAV": "WebDAV", "SSLCertificates": "SSLCertificates",
		"<b>": "&lt;b&gt;", "web-1": "web-<wbr>1", "": "",
	} {
		if got := string(soft(name)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestTheFirstErrorEndsIt(t *testing.T) {
	w, rows := Begin(full{}, Head{}), 0
	w.Table(Table{Rows: func(yield func(Row) bool) {
		for yield(Row{Name: strings.Repeat("x", 1000)}) {
			if rows++; rows > 1000 {
				t.Fatal("it writes on")
			}
		}
	}})
	if err := w.End(); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Error(err)
	}
}

func TestATableWithoutRowsIsASentence(t *testing.T) {
	var out bytes.Buffer
	w := Begin(&out, Head{})
	w.Table(Table{ID: "one", Title: "All rows", Empty: "No rows, <b>none</b>."})
	if err := w.End(); err != nil || strings.Contains(out.String(), "<table") || !strings.Contains(out.String(), "<p>No rows, &lt;b&gt;none&lt;/b&gt;.</p>") {
		t.Error(err, out.String())
	}
}
