package cli

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// nasty are texts that strangers may have in manifests, and that harm where they are shown as they are.
var nasty = []string{
	"\x1b[31mred", "\x1b]0;title\a", "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "\u009b31m", "a\rb", "a\nb", "a\n::error::x", "\n::set-output name=x::y", "a\x00b", "\b\b\b", "\u202egpj.exe", "\u2066a\u2069",
	"a\u200bb", "a\u2028b", "\ufeffa", "\U000e0041", "@everyone", "@acme/admins", "#1", "!1", "acme/web#1", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- hidden -->", "</details>", "[x](javascript:alert(1))",
	"![x](https://evil.example/x.png)", "https://evil.example", "`x`", "``x``", "`", "```", "```\n@everyone\n```", "| a | b |", `a\|b`, `\\|`, "# heading", "- item", "> quote", "---", "$$x$$", ":smile:", "*x*", "_x_", "~~x~~", "&lt;script&gt;",
	"=HYPERLINK(1)", "+1+1", "-2+3", "$(reboot)", "`reboot`", "{{ .Values.x }}", "${HOME}", "%s%n", "\xff\xfe", "\xc0\xaf", "", " ", "\t", "null", "true", "- a\n- b", "key: value", "&a", "*a", "!!python/object/apply:os.system", "\"", "'", "\\", strings.Repeat("x", 10_000),
}

// inEveryPlace is a plan with a text wherever one of a stranger's can stand.
func inEveryPlace(text string) report {
	return report{
		Groups: []group{{
			Backend: text, People: []string{text}, Mails: 1, Add: []change{{[]string{text}, text}}, Remove: []change{{[]string{text}, text}},
			Held: []change{{[]string{text}, text}}, Later: []change{{[]string{text}, text}},
		}},
		Issues: []issue{{text, text, "ReferenceNotFound", text}}, Held: []heldBatch{{text, text, 1}}, Notes: []string{text}, Summary: summary{People: 1, Added: 1},
	}
}

// span is a code span of Markdown: what is between two fences of equal length.
func withoutSpans(line string) string {
	fence := regexp.MustCompile("`+")
	var b strings.Builder
	for {
		at := fence.FindStringIndex(line)
		if at == nil {
			return b.String() + line
		}
		b.WriteString(line[:at[0]])
		opening, rest := line[at[0]:at[1]], line[at[1]:]
		closed := false
		for _, end := range fence.FindAllStringIndex(rest, -1) {
			if rest[end[0]:end[1]] == opening {
				line, closed = rest[end[1]:], true
				break
			}
		}
		if !closed {
			return b.String() + "OPEN" + opening + rest
		}
	}
}

// TestHostileTexts: no format lets a stranger's text out as it is: terminals follow none, Markdown has it in code spans
// only, JSON and YAML read back as they were written.
func TestHostileTexts(t *testing.T) {
	plain := map[string]string{}
	for name, render := range planFormats {
		var b bytes.Buffer
		if err := render(&b, inEveryPlace("plain")); err != nil {
			t.Fatal(err)
		}
		plain[name] = b.String()
	}
	for _, text := range nasty {
		for name, render := range planFormats {
			var b bytes.Buffer
			if err := render(&b, inEveryPlace(text)); err != nil {
				t.Errorf("%s of %q: %v", name, text, err)
			}
			got := b.String()
			if !utf8.ValidString(got) || strings.ContainsFunc(got, func(c rune) bool {
				return c != '\n' && unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
			}) {
				t.Errorf("%s of %q has controls: %q", name, text, got)
			}
			if strings.Contains("\n"+got, "\n::") {
				t.Errorf("%s of %q begins a line with a command of a workflow", name, text)
			}
			if lines := strings.Count(got, "\n"); lines != strings.Count(plain[name], "\n") && name != "yaml" && text != "" {
				t.Errorf("%s of %q has %d lines:\n%s", name, text, lines, got)
			}
			readsBack(t, name, text, got)
		}
	}
}

// strange is an answer with a text wherever one of a stranger's can stand.
type strange struct {
	Text string `json:"text"`
}

func (s strange) page() page {
	g := grid{caption: "One", columns: []column{{"A", false}, {"B", false}}, rows: [][]string{{s.Text, "x" + s.Text}}}
	return page{title: s.Text, facts: []fact{{"Fact", s.Text}}, grids: []grid{g, g}, notes: []string{s.Text}}
}

// TestHostileAnswers: what is true of plans is true of answers.
func TestHostileAnswers(t *testing.T) {
	bars := regexp.MustCompile(`(\\\\)*\\\|`)
	for _, text := range nasty {
		for name, render := range reviewFormats {
			var out bytes.Buffer
			if err := render(&out, strange{text}); err != nil {
				t.Errorf("%s of %q: %v", name, text, err)
			}
			got := strings.ReplaceAll(out.String(), "\r\n", "\n")
			if !utf8.ValidString(got) || strings.ContainsFunc(got, func(c rune) bool { return c != '\n' && followed(c) }) {
				t.Errorf("%s of %q has controls: %q", name, text, got)
			}
			back := strange{}
			if decode, read := map[string]func([]byte) error{
				"json": func(b []byte) error { return json.Unmarshal(b, &back) }, "yaml": func(b []byte) error { return yaml.UnmarshalStrict(b, &back) },
			}[name]; read {
				if err := decode(out.Bytes()); err != nil || back.Text != text && utf8.ValidString(text) {
					t.Errorf("%s of %q reads back as %q: %v", name, text, back.Text, err)
				}
			}
			if name != "markdown" {
				continue
			}
			for line := range strings.Lines(got) {
				if strings.HasPrefix(line, "| ") && strings.Count(bars.ReplaceAllString(line, ""), "|") != 3 {
					t.Errorf("%q ends a cell: %s", text, line)
				}
				if rest := withoutSpans(line); regexp.MustCompile(`[<>@\[\]!*_~$&]|https?:|OPEN`).MatchString(rest) {
					t.Errorf("%q is followed in Markdown: %s", text, line)
				}
			}
		}
	}
}

// readsBack sees that what was written means what it was.
func readsBack(t *testing.T, format, text, got string) {
	t.Helper()
	text = strings.ToValidUTF8(text, "\ufffd")
	back := report{}
	switch format {
	case "markdown":
		for line := range strings.Lines(got) {
			if rest := withoutSpans(line); regexp.MustCompile(`[<>@\[\]!*_~$|&]|https?:|OPEN`).MatchString(rest) {
				t.Errorf("%q is followed in Markdown: %s", text, line)
			}
		}
	case "json":
		if err := json.Unmarshal([]byte(got), &back); err != nil || len(text) > 0 && text != "\xff\xfe" && utf8.ValidString(text) && !strings.Contains(text, "\ufffd") && back.Notes[0] != text {
			t.Errorf("JSON of %q reads back as %q: %v", text, back.Notes, err)
		}
	case "yaml":
		if err := yaml.UnmarshalStrict([]byte(got), &back); err != nil {
			t.Errorf("YAML of %q: %v", text, err)
		}
		if diff := cmp.Diff(text, back.Notes[0]); diff != "" && !strings.Contains(text, "\ufffd") {
			t.Errorf("YAML of %q reads back otherwise:\n%s", text, diff)
		}
	}
}

// TestHostileErrors: what is wrong with a stranger's manifest is one line on a terminal, and ends the program with 1.
func TestHostileErrors(t *testing.T) {
	ask := provided(t)
	for what, text := range map[string]string{
		"an escape":        strings.Replace(declared, "Billing", `"\e[31m"`, 1),
		"a raw escape":     strings.Replace(declared, "Billing", "\x1b[31m", 1),
		"a workflow's":     strings.Replace(declared, "Billing", `"\n::error::x"`, 1),
		"a turned name":    strings.Replace(declared, "name: accounting", `name: "\u202egpj"`, 1),
		"a broken one":     declared + "---\na: [\n",
		"a bomb":           declared + "---\na: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f]\nh: &h [*g,*g,*g,*g,*g,*g,*g,*g]\n",
		"a binary":         "\x7fELF\x00",
		"an address wrong": strings.Replace(declared, "bob@acme.example", "bob @acme.example", 1),
	} {
		for _, format := range []string{"table", "json", "yaml", "markdown"} {
			code, out, failure := run(t, text, append(append([]string{}, ask...), "-f", "-", "-o", format)...)
			if code != 1 || out != "" || strings.Count(failure, "\n") != 1 || !strings.HasPrefix(failure, "error: standard input") || strings.Contains(failure, "@acme") {
				t.Errorf("%s as %s: ends with %d, says %q%q", what, format, code, failure, out)
			}
			if strings.ContainsFunc(strings.TrimSuffix(failure, "\n"), func(c rune) bool { return unicode.In(c, unicode.Cc, unicode.Cf) }) {
				t.Errorf("%s: %q", what, failure)
			}
		}
	}
}
