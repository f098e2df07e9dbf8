package seed

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/access"
	"github.com/hostgrant/hostgrant/internal/testkit/visitor"
)

// where rows are tried: at the first place of their scope, and not at the second.
var where = map[hosting.Scope][]string{
	hosting.ScopeOverall: {""}, hosting.ScopeAccount: {"shop", "blog"}, hosting.ScopeServer: {"web1", "web2"},
}

// at is the row's menu at its first place.
func at(row Row) menu { return menu{row.Scope, where[row.Scope][0], row.Name} }

// anyAt is the menu that any permission at a place opens; there is none overall.
func anyAt(scope hosting.Scope, place string) []menu {
	switch scope {
	case hosting.ScopeAccount:
		return []menu{{scope, place, access.MenuServerStatus}}
	case hosting.ScopeServer:
		return []menu{{scope, place, access.MenuConfiguration}}
	}
	return nil
}

// beside is the next menu of the section at the same place, or the first where the row's own
// is none.
func beside(row Row) menu {
	rows := slices.DeleteFunc(slices.Clone(Rows), func(r Row) bool {
		p, ok := hosting.ByName(r.Scope, r.Name)
		return !ok || r.Section != row.Section || p.Has(hosting.TraitNotification) || p.ImpliesScope != ""
	})
	i := slices.IndexFunc(rows, func(r Row) bool { return r.Name == row.Name })
	return at(rows[(i+1)%len(rows)])
}

// opensMenu proves a permission with a menu. While it is held, more is run with its holder,
// if there is more; reached are menus elsewhere that it opens.
func (s *scene) opensMenu(row Row, more func(email string, holder *visitor.Visitor), reached ...menu) {
	GinkgoHelper()
	here, next, email := at(row), beside(row), address("holder", row)
	holder := s.person(email)
	s.shuts(holder, noRow, here)
	given, otherwise := s.grant(here, email), s.grant(next, other)
	s.apply(given, otherwise)

	s.opens(holder, here)
	s.opens(holder, anyAt(here.scope, here.place)...)
	s.opens(holder, reached...)
	s.shows(holder, slices.Concat([]menu{here}, anyAt(here.scope, here.place), reached)...)
	s.opens(s.other, next)
	s.shuts(holder, access.ReasonNotGranted, next)
	s.shuts(s.other, access.ReasonNotGranted, here)
	for _, place := range where[row.Scope][1:] {
		s.shuts(holder, access.ReasonNotGranted, menu{row.Scope, place, row.Name})
		s.shuts(holder, access.ReasonNotGranted, anyAt(row.Scope, place)...)
	}
	if more != nil {
		more(email, holder)
	}

	s.withdraw(given)
	s.shuts(holder, noRow, here)
	s.shuts(holder, noRow, anyAt(here.scope, here.place)...)
	s.opens(s.other, next)
	s.withdraw(otherwise)
}

// reaches are the menus of accounts that permissions on a server reach.
var reaches = map[string]string{"SSHUsers": "SSH", "DatabaseUsers": "Databases"}

func (s *scene) reachesAccounts(row Row) {
	GinkgoHelper()
	here, name := at(row), reaches[row.Name]
	Expect(name).NotTo(BeEmpty())
	var reached, not []menu
	for _, m := range s.all(hosting.ScopeAccount) {
		if m.name == name && located[m.place] == here.place {
			reached = append(reached, m)
		} else {
			not = append(not, m)
		}
	}
	Expect(reached).To(HaveLen(2), "shop and wiki")
	s.opensMenu(row, func(_ string, holder *visitor.Visitor) {
		s.shuts(holder, access.ReasonNotGranted, not...)
	}, reached...)
}

// opensLevel proves an overall technical permission.
func (s *scene) opensLevel(row Row) {
	GinkgoHelper()
	here, email := at(row), address("holder", row)
	p, _ := hosting.ByName(row.Scope, row.Name)
	open, shut := []menu{here}, []menu{}
	for _, m := range slices.Concat(s.all(hosting.ScopeOverall), s.all(hosting.ScopeAccount), s.all(hosting.ScopeServer)) {
		of, _ := hosting.ByName(m.scope, m.name)
		reached := p.ImpliesScope == hosting.ScopeServer && located[m.place] != "" && (m.name == "SSH" || m.name == "Databases")
		switch {
		case m == here:
		case m.scope == p.ImpliesScope && !of.Has(hosting.TraitNotification), reached:
			open = append(open, m)
		default:
			shut = append(shut, m)
		}
	}
	holder := s.person(email)
	s.shuts(holder, noRow, open...)
	given, otherwise := s.grant(here, email), s.grant(menu{hosting.ScopeOverall, "", "AccountManagement"}, other)
	s.apply(given, otherwise)

	s.opens(holder, open...)
	s.shows(holder, open...)
	s.shuts(holder, access.ReasonNotGranted, shut...)
	s.shuts(s.other, access.ReasonNotGranted, open...)

	s.withdraw(given, otherwise)
	s.shuts(holder, noRow, open...)
}
