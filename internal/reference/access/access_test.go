package access

import (
	"maps"
	"slices"
	"testing"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// The hosting of these tests: accounts 1 (on server 8), 2 (in a data centre) and 3 (on
// server 9), servers 8 and 9.
var (
	serverOf = map[int64]int64{1: 8, 2: 0, 3: 9}
	servers  = []int64{8, 9}
)

// menu is one menu at one place.
type menu struct {
	scope hosting.Scope
	place int64
	name  string
}

func allMenus() []menu {
	var all []menu
	places := map[hosting.Scope][]int64{
		hosting.ScopeOverall: {0}, hosting.ScopeAccount: slices.Collect(maps.Keys(serverOf)), hosting.ScopeServer: servers,
	}
	for _, p := range hosting.Catalogue() {
		for _, id := range places[p.Scope] {
			all = append(all, menu{p.Scope, id, p.Name})
		}
	}
	for id := range serverOf {
		all = append(all, menu{hosting.ScopeAccount, id, "ServerStatus"})
	}
	for _, id := range servers {
		all = append(all, menu{hosting.ScopeServer, id, "Configuration"})
	}
	return all
}

// expected says in its own words what a permission held on account 1, or on server 8, opens.
func expected(p hosting.Permission, m menu) bool {
	contact := m.name == "TechnicalContact"
	switch string(p.Scope) + " " + p.Name + ": " + string(m.scope) {
	case "Overall AccountTechnical: Account", "Overall ServerTechnical: Server":
		return !contact
	case "Overall ServerTechnical: Account":
		return m.place != 2 && slices.Contains([]string{"SSH", "Databases"}, m.name)
	case "Server SSHUsers: Account":
		return m.place == 1 && m.name == "SSH"
	case "Server DatabaseUsers: Account":
		return m.place == 1 && m.name == "Databases"
	}
	status := map[hosting.Scope]string{hosting.ScopeAccount: "ServerStatus", hosting.ScopeServer: "Configuration"}[p.Scope]
	return m.scope == p.Scope && m.place == right(p).ID && (m.name == p.Name || m.name == status)
}

func right(p hosting.Permission) hosting.Right {
	place := map[hosting.Scope]int64{hosting.ScopeAccount: 1, hosting.ScopeServer: 8}[p.Scope]
	return hosting.Right{Scope: p.Scope, ID: place, Name: p.Name}
}

func query(m menu, secondFactor bool) Query {
	q := Query{Scope: m.scope, Place: m.place, Menu: m.name, SecondFactor: secondFactor}
	if m.scope == hosting.ScopeAccount {
		q.Server = serverOf[m.place]
	}
	return q
}

// grantable are the 34 permissions of the catalogue; the "2FA required" box is none.
func grantable(t *testing.T) []hosting.Permission {
	t.Helper()
	all := slices.DeleteFunc(hosting.Catalogue(), func(p hosting.Permission) bool { return p.Scope == hosting.ScopeFlag })
	if len(all) != 4+20+10 {
		t.Fatalf("%d permissions, want 34: extend expected()", len(all))
	}
	return all
}

func TestEachPermissionOpensItsMenusAndNoOthers(t *testing.T) {
	for _, p := range grantable(t) {
		person := Person{Row: true, Profile: true, Rights: hosting.NewRights(right(p))}
		for _, m := range allMenus() {
			got := Check(person, query(m, false))
			if got.Allowed != expected(p, m) || got.Reason == "" {
				t.Errorf("%s %s held: %s of %s %d: %+v", p.Scope, p.Name, m.name, m.scope, m.place, got)
			}
		}
	}
}

func TestTwoFactorLocksMenusNotMail(t *testing.T) {
	for _, p := range grantable(t) {
		person := Person{Row: true, Profile: true, RequireTwoFactor: true, Rights: hosting.NewRights(right(p))}
		own := menu{p.Scope, right(p).ID, p.Name}
		locked := Check(person, query(own, false))
		if p.Name == "TechnicalContact" {
			if !locked.Allowed {
				t.Errorf("%s %s: a ticket's mail needs no second factor: %+v", p.Scope, p.Name, locked)
			}
		} else if locked.Allowed || locked.Reason != ReasonTwoFactor {
			t.Errorf("%s %s without a second factor: %+v", p.Scope, p.Name, locked)
		}
		if open := Check(person, query(own, true)); !open.Allowed {
			t.Errorf("%s %s with a second factor: %+v", p.Scope, p.Name, open)
		}
	}
}

func TestWhoIsRefusedAndWhy(t *testing.T) {
	everything := hosting.Rights{}
	for _, p := range grantable(t) {
		everything = everything.With(right(p))
	}
	sites := Query{Scope: hosting.ScopeAccount, Place: 1, Menu: "Sites"}
	cases := []struct {
		name   string
		person Person
		query  Query
		reason string
		opens  bool
	}{
		{"nobody", Person{}, sites, ReasonNoRow, false},
		{"no profile yet", Person{Row: true, Rights: everything}, sites, ReasonNoProfile, false},
		{"owner", Person{Owner: true}, sites, ReasonOwner, true},
		{"nothing held", Person{Row: true, Profile: true}, sites, ReasonNotGranted, false},
		{"unknown place", Person{Owner: true}, Query{Scope: hosting.ScopeAccount, Menu: "Sites"}, ReasonNoPlace, false},
		{"unknown menu", Person{Owner: true}, Query{Scope: hosting.ScopeAccount, Place: 1, Menu: "Firewall"}, ReasonNoMenu, false},
		{"menu of another scope", Person{Owner: true}, Query{Scope: hosting.ScopeServer, Place: 8, Menu: "ServerStatus"}, ReasonNoMenu, false},
		{"the 2FA box", Person{Owner: true}, Query{Scope: hosting.ScopeFlag, Menu: hosting.TwoFactor}, ReasonNoMenu, false},
		{"no scope", Person{Row: true, Profile: true, Rights: everything}, Query{Menu: "Sites"}, ReasonNoMenu, false},
		{"contact of nothing", Person{Row: true, Profile: true}, Query{Scope: hosting.ScopeServer, Place: 8, Menu: "TechnicalContact"}, ReasonNotGranted, false},
		{"contact", Person{Row: true, Profile: true, Rights: everything}, Query{Scope: hosting.ScopeServer, Place: 8, Menu: "TechnicalContact"}, ReasonToldOf, true},
	}
	for _, c := range cases {
		if got := Check(c.person, c.query); got.Allowed != c.opens || got.Reason != c.reason {
			t.Errorf("%s: %+v, want %v because %q", c.name, got, c.opens, c.reason)
		}
	}
}

func TestTold(t *testing.T) {
	alerts := []hosting.Alert{
		{Kind: hosting.NegativeBalance}, {Kind: hosting.BillingTicket},
		{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: 1}, {Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: 2},
		{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeServer, Place: 8}, {Kind: hosting.TechnicalTicket, Scope: hosting.ScopeServer, Place: 9},
		{Kind: "Weather"},
	}
	for _, p := range grantable(t) {
		for _, a := range alerts {
			want := p.Name == "Billing" && (a.Kind == hosting.NegativeBalance || a.Kind == hosting.BillingTicket) ||
				p.Name == "TechnicalContact" && a.Kind == hosting.TechnicalTicket && a.Scope == p.Scope && a.Place == right(p).ID
			person := Person{Row: true, Profile: true, RequireTwoFactor: true, Rights: hosting.NewRights(right(p))}
			if got := Told(person, a); got != want {
				t.Errorf("%s %s held: told of %+v: %v", p.Scope, p.Name, a, got)
			}
			person.Profile = false
			if Told(person, a) {
				t.Errorf("%s %s held without a profile: told of %+v", p.Scope, p.Name, a)
			}
		}
	}
}
