package chaos

import (
	"fmt"
	"slices"

	. "github.com/onsi/ginkgo/v2"

	"github.com/hostgrant/hostgrant/internal/reference"
)

// foreign is what only the owner gives, in the console.
const foreign = "AccountTechnical"

// Console changes the provider's table in one random way, as its owner does, and says how.
// It gives what no grant names, which has to stay; or it takes some of what a grant gives,
// which has to come back. It leaves alone whose row is about to change: a provider that
// replaces whole rows lets the last one win.
func (s *Site) Console() string {
	GinkgoHelper()
	table, _ := Parse(s.Rows())
	union, email := s.Union(), Person(s.random.IntN(People))
	given := s.given(email)
	switch {
	case fmt.Sprint(table[email]) != fmt.Sprint(union[email]):
		return email + " is about to change, and the owner waits"
	case table[email] == nil:
		s.Has(reference.Row{Email: email, Overall: []string{foreign}})
		s.outside.Add(email, foreign)
		return "the owner gives " + email + " " + foreign
	case s.outside[email] == nil:
		s.Edits(email, func(row *reference.Row) { row.Overall = append(row.Overall, foreign) })
		s.outside.Add(email, foreign)
		return "the owner adds " + foreign + " to " + email
	case given["Billing"] && len(given) > 1: // to take all would look as if they had given it up
		s.Edits(email, func(row *reference.Row) {
			row.Overall = slices.DeleteFunc(row.Overall, func(name string) bool { return name == "Billing" })
		})
		delete(s.stable[email], "Billing")
		return "the owner takes Billing from " + email
	}
	return "the owner looks at " + email
}

// given is what grants give somebody.
func (s *Site) given(email string) map[string]bool {
	all := Holding{}
	for _, w := range s.declared {
		if w.email == email {
			all.Add(email, bundles[w.bundle].gives...)
		}
	}
	return all[email]
}
