package seed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

// pageFile names the environment variable with the provider's page; by default it is looked
// for beside the checkout.
const pageFile = "SEED_PAGE"

// scopes of the sections whose rows are boxes of the provider's form.
var scopes = map[string]hosting.Scope{Overall: hosting.ScopeOverall, ByAccount: hosting.ScopeAccount, ByServer: hosting.ScopeServer}

func inRoot(t *testing.T, name string) string {
	t.Helper()
	root, err := testkit.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, filepath.FromSlash(name))
}

func TestDocumentIsUpToDate(t *testing.T) {
	text, err := os.ReadFile(inRoot(t, "docs/coverage.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != Document() {
		t.Error("docs/coverage.md is not what the rows give; run 'make generate-docs'")
	}
}

func TestRowsAreWhole(t *testing.T) {
	count, specs := map[string]int{}, map[string]bool{}
	for _, row := range Rows {
		count[row.Section]++
		if specs[row.Spec()] || row.Spec() == "" || row.Proof == "" {
			t.Errorf("the row %q is there twice, has no words or no proof", row.Spec())
		}
		specs[row.Spec()] = true
		if scope := scopes[row.Section]; scope != "" && scope != row.Scope {
			t.Errorf("%s is under %s with the scope %s", row.Label, row.Section, row.Scope)
		}
	}
	for section, want := range map[string]int{Overall: 4, ByAccount: 18, ByServer: 9, Other: 3} {
		if count[section] != want {
			t.Errorf("%d rows under %s, want %d", count[section], section, want)
		}
	}
	for _, row := range Rows {
		if !slices.ContainsFunc(seen, func(k kind) bool { return k.proof == row.Proof }) {
			t.Errorf("docs/coverage.md does not say what %q is", row.Proof)
		}
	}
	if len(count) != 4 {
		t.Errorf("sections %v", count)
	}
}

// The page leaves out three permissions that the provider's form has.
func TestRowsAreTheCatalogue(t *testing.T) {
	of := map[hosting.Permission]Row{}
	for _, row := range Rows {
		p, ok := hosting.ByName(row.Scope, row.Name)
		switch {
		case row.Name == "":
			continue
		case !ok:
			t.Errorf("the catalogue has no %s %q", row.Scope, row.Name)
		case row.Section != Other && p.LabelEN != row.Label:
			t.Errorf("the page says %q where the catalogue says %q", row.Label, p.LabelEN)
		case !strings.Contains(plain(row.Words), plain(p.Meaning().EN)):
			t.Errorf("the page says %q where the catalogue says %q", row.Words, p.Meaning().EN)
		}
		of[p] = row
	}
	var left []string
	for _, p := range hosting.Catalogue() {
		if _, ok := of[p]; !ok {
			left = append(left, string(p.Scope)+" "+p.Name)
		}
	}
	if want := []string{"Account Resources", "Account EmailHistory", "Server Migration"}; !slices.Equal(left, want) {
		t.Errorf("no row for %q; the page leaves out %q", left, want)
	}
}

var (
	aside       = regexp.MustCompile(`\s*\([^)]*\)`)
	punctuation = regexp.MustCompile(`[,.:;]`)
)

// plain leaves out what is said in brackets, and punctuation.
func plain(text string) string {
	return punctuation.ReplaceAllString(aside.ReplaceAllString(text, ""), "")
}

// copied holds the sentences of the page, without its links and what stands between them.
const copied = "test/seed/testdata/sentences.md"

// The page itself lies beside few checkouts: the rows are compared with its sentences everywhere,
// and these with the page where it is.
func TestRowsAreThePage(t *testing.T) {
	var rows []sentence
	for _, row := range Rows {
		rows = append(rows, sentence{row.Section, row.Label, row.Words})
	}
	text, err := os.ReadFile(inRoot(t, copied))
	if err != nil {
		t.Fatal(err)
	}
	if wrong := differs(sentences(string(text)), rows); wrong != "" {
		t.Errorf("the rows differ from %s: %s", copied, wrong)
	}

	file := os.Getenv(pageFile)
	named := file != ""
	if !named {
		file = inRoot(t, "../shared/seeds/permissions.md")
	}
	page, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && !named {
		t.Logf("the page is not beside the checkout; the rows were compared with %s alone (set %s to name the page)", copied, pageFile)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if wrong := differs(sentences(string(page)), sentences(string(text))); wrong != "" {
		t.Errorf("%s differs from the page: %s", copied, wrong)
	}
}

// A change of any sentence is seen, and so is one more or less.
func TestDiffers(t *testing.T) {
	a, b := sentence{"s", "l", "w"}, sentence{"s", "l", "other"}
	for _, c := range []struct {
		have, want []sentence
		differ     bool
	}{{[]sentence{a, b}, []sentence{a, b}, false}, {[]sentence{a}, []sentence{b}, true}, {[]sentence{a}, []sentence{a, b}, true}, {[]sentence{a, b}, []sentence{a}, true}, {nil, nil, true}} {
		if wrong := differs(c.have, c.want); (wrong != "") != c.differ {
			t.Errorf("%v and %v: %q", c.have, c.want, wrong)
		}
	}
}

// sentence is what a row and the page have in common.
type sentence struct{ section, label, words string }

// differs says where two lists of sentences do; empty where they are the same. Neither may be empty.
func differs(have, want []sentence) string {
	for i := range max(len(have), len(want)) {
		if i >= len(have) || i >= len(want) || have[i] != want[i] {
			return fmt.Sprintf("sentence %d is %q, and %q", i, have[min(i, len(have)):min(i+1, len(have))], want[min(i, len(want)):min(i+1, len(want))])
		}
	}
	if len(have) == 0 {
		return "there are none"
	}
	return ""
}

var (
	link   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	bullet = regexp.MustCompile(`^- \*([^*]+)\*(?:: (.+))?[,.]$`)
)

// sentences reads the page: the bullets, and the paragraphs under Other.
func sentences(page string) (list []sentence) {
	section := ""
	for line := range strings.Lines(page) {
		line = strings.NewReplacer("**", "", "`", "").Replace(link.ReplaceAllString(strings.TrimSpace(line), "$1"))
		heading, isHeading := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		switch found := bullet.FindStringSubmatch(line); {
		case isHeading && strings.HasPrefix(line, "#"):
			section = heading
		case found != nil:
			list = append(list, sentence{section, found[1], found[2]})
		case section == Other && line != "":
			list = append(list, sentence{section, "", line})
		}
	}
	return list
}

// A test elsewhere that was renamed or dropped is not proof any more.
func TestFurtherTestsExist(t *testing.T) {
	tests := slices.Clone(everywhere)
	for _, row := range Rows {
		tests = append(tests, row.Further...)
	}
	for _, test := range tests {
		files, err := filepath.Glob(inRoot(t, test.Suite+"/*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(files, func(file string) bool {
			text, err := os.ReadFile(file)
			return err == nil && (strings.Contains(string(text), "\nfunc "+test.Name+"(") || strings.Contains(string(text), `It("`+test.Name+`"`))
		}) {
			t.Errorf("%s has no test %q", test.Suite, test.Name)
		}
	}
}
