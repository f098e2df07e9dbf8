package table

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/hostgrant/hostgrant/internal/csvsafe"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Language of labels: that of the provider's administration.
type Language string

// The languages.
const (
	English Language = "en"
	French  Language = "fr"
)

// of is a text in the language.
func (l Language) of(text hosting.Bilingual) string {
	if l == French {
		return text.FR
	}
	return text.EN
}

// The columns besides the permissions. The owner's is the last and never empty, so that a line that lost its
// end is noticed.
var (
	labelPerson = hosting.Bilingual{EN: "Person", FR: "Personne"}
	labelWhere  = hosting.Bilingual{EN: "Where", FR: "Où"}
	labelName   = hosting.Bilingual{EN: "Name", FR: "Nom"}
	labelOwner  = hosting.Bilingual{EN: "Owner", FR: "Propriétaire"}
	// end is in the column of the person, in the last line: a file that was cut lacks it.
	end = hosting.Bilingual{EN: "END", FR: "FIN"}
)

// fixed are the columns besides the permissions, in the order in which they are written.
var fixed = []hosting.Bilingual{labelPerson, labelWhere, labelName, labelOwner}

// scopes are the words for what a line is about.
var scopes = []struct {
	scope hosting.Scope
	word  hosting.Bilingual
}{
	{hosting.ScopeOverall, hosting.Bilingual{EN: "overall", FR: "global"}},
	{hosting.ScopeAccount, hosting.Bilingual{EN: "account", FR: "compte"}},
	{hosting.ScopeServer, hosting.Bilingual{EN: "server", FR: "serveur"}},
}

// The words for a box that is checked, and for one that is not; a cell that is empty is not.
var (
	yes = []string{"x", "1", "yes", "y", "oui", "o", "true", "vrai", "✓", "✔", "☑"}
	no  = []string{"", "0", "no", "n", "non", "false", "faux", "☐"}
)

// fold is a label without case, accents, spaces and signs: what people and spreadsheets change.
func fold(label string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKD.String(label))
}

// permissionsOf are the permissions that a folded label means, one for each scope at most.
var permissionsOf = func() map[string]map[hosting.Scope]string {
	all := map[string]map[hosting.Scope]string{}
	for _, p := range hosting.Catalogue() {
		scope := p.Scope
		if scope == hosting.ScopeFlag {
			scope = hosting.ScopeOverall // the box stands in the line that is about no place
		}
		for _, label := range []string{p.LabelEN, p.LabelFR} {
			if all[fold(label)] == nil {
				all[fold(label)] = map[hosting.Scope]string{}
			}
			all[fold(label)][scope] = p.Name
		}
	}
	return all
}()

// column is one column of a spreadsheet.
type column struct {
	// label as it was found.
	label string
	// fixed is the label of a column besides the permissions; the zero value for others.
	fixed hosting.Bilingual
	// permissions that a mark in the column means, by what the line is about; anywhere for all three.
	permissions map[hosting.Scope]string
	anywhere    string
}

// permission is what a mark in a line about such a place means; false where there is none there.
func (c column) permission(scope hosting.Scope) (string, bool) {
	if c.anywhere != "" {
		return c.anywhere, true
	}
	name, ok := c.permissions[scope]
	return name, ok
}

// columnOf finds out what a label means; false where it means nothing.
func columnOf(label string) (column, bool) {
	label = strings.TrimSpace(label)
	if len(label) > len(wirePrefix) && strings.EqualFold(label[:len(wirePrefix)], wirePrefix) {
		return column{label: label, anywhere: wirePrefix + label[len(wirePrefix):]}, true
	}
	folded := fold(label)
	for _, one := range fixed {
		if folded == fold(one.EN) || folded == fold(one.FR) {
			return column{label: label, fixed: one}, true
		}
	}
	permissions, ok := permissionsOf[folded]
	return column{label: label, permissions: permissions}, ok
}

// columnsFor are the columns that a table needs, in the order in which they are written.
func (t Table) columnsFor(language Language) (columns []column) {
	for _, one := range fixed[:3] {
		columns = append(columns, column{label: language.of(one), fixed: one})
	}
	there := map[string]bool{}
	add := func(label string) {
		if c, ok := columnOf(label); ok && !there[label] {
			there[label] = true
			columns = append(columns, c)
		}
	}
	catalogue := hosting.Catalogue()
	add(language.of(catalogue[len(catalogue)-1].Label()))
	for _, p := range catalogue {
		if p.Scope == hosting.ScopeAccount && len(t.Accounts) == 0 || p.Scope == hosting.ScopeServer && len(t.Servers) == 0 {
			continue
		}
		add(language.of(p.Label()))
	}
	for _, name := range t.wired() {
		add(name)
	}
	return append(columns, column{label: language.of(labelOwner), fixed: labelOwner})
}

// wired are the permissions held that the catalogue lacks.
func (t Table) wired() (names []string) {
	take := func(list []string) {
		for _, name := range list {
			if strings.HasPrefix(name, wirePrefix) {
				names = append(names, name)
			}
		}
	}
	for _, row := range t.Rows {
		take(row.Overall)
		for _, held := range append(slices.Clone(row.Accounts), row.Servers...) {
			take(held.Permissions)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// scopeOf reads the word for what a line is about.
func scopeOf(word string) (hosting.Scope, bool) {
	for _, s := range scopes {
		if folded := fold(word); folded == fold(s.word.EN) || folded == fold(s.word.FR) {
			return s.scope, true
		}
	}
	return "", false
}

// unescape is the cell that was escaped. It refuses what begins like a formula.
func unescape(cell string) (string, error) {
	if csvsafe.Formula(cell) {
		first, _ := utf8.DecodeRuneInString(cell)
		return "", fmt.Errorf("the cell begins with %q as a formula does; put ' before it, or the value in its place", first)
	}
	return csvsafe.Unescape(cell), nil
}
