package hosting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Words are those in which people are told of permissions.
type Words struct {
	overall, account, server, more string
	label                          func(Permission) string
}

// The languages.
var (
	English = Words{"%[2]s", "account %[1]s: %[2]s", "server %[1]s: %[2]s", "and %d more", func(p Permission) string { return p.LabelEN }}
	French  = Words{"%[2]s", "compte %[1]s : %[2]s", "serveur %[1]s : %[2]s", "et %d de plus", func(p Permission) string { return p.LabelFR }}
)

// Describe lists rights for somebody to read, a line for each place: what holds everywhere first,
// then accounts and servers by name, permissions in the provider's order. name gives the name of
// the place of a right; those without one, the "2FA required" box, and what the catalogue lacks are
// left out. Beyond limit lines, the last says how many more there are.
func (w Words) Describe(rights Rights, name func(Right) string, limit int) []string {
	type place struct {
		scope Scope
		id    int64
		name  string
	}
	held := map[place][]string{}
	var places []place
	sorted := rights.Sorted()
	for _, p := range catalogue {
		for _, right := range sorted {
			if right.Scope != p.Scope || right.Name != p.Name || p.Scope == ScopeFlag {
				continue
			}
			at := place{scope: p.Scope, id: right.ID}
			if p.Scope != ScopeOverall {
				if at.name = name(right); at.name == "" {
					continue
				}
			}
			if held[at] == nil {
				places = append(places, at)
			}
			held[at] = append(held[at], w.label(p))
		}
	}
	rank := map[Scope]int{ScopeOverall: 0, ScopeAccount: 1, ScopeServer: 2}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(rank[a.scope], rank[b.scope]), cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	form := map[Scope]string{ScopeOverall: w.overall, ScopeAccount: w.account, ScopeServer: w.server}
	var lines []string
	for i, at := range places {
		if i == limit {
			return append(lines, fmt.Sprintf(w.more, len(places)-limit))
		}
		lines = append(lines, fmt.Sprintf(form[at.scope], at.name, strings.Join(held[at], ", ")))
	}
	return lines
}
