package inventory

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// lines are answers, one in a line.
func lines(answers []Answer) (lines []string) {
	for _, a := range answers {
		name, _, _ := strings.Cut(a.Person.Address, "@")
		line := fmt.Sprint(name, " ", a.Holding.State)
		if a.Place != "" {
			line += " at " + a.Place
		}
		if a.Through.Name != "" {
			line += " by " + a.Through.Name
		}
		if a.Maybe {
			line += " maybe"
		}
		if a.Everywhere {
			line += " everywhere"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestWhoCan(t *testing.T) {
	overall := func(name string) hosting.Right { return hosting.Right{Scope: hosting.ScopeOverall, Name: name} }
	server := func(id int64, name string) hosting.Right {
		return hosting.Right{Scope: hosting.ScopeServer, ID: id, Name: name}
	}
	blog := account(2, "Sites")
	invited := someone("invited@a.example", sites)
	invited.Row.ProfileID = 0
	inv := Of(inputs([]hosting.Row{{ID: 9, Email: "BOSS@a.example", ProfileID: 9, Rights: hosting.NewRights(sites)}},
		invited, someone("zoe@a.example", sites, blog), someone("ann@a.example", sites, contact), someone("odd@a.example", account(1, "wire:site")),
		someone("tec@a.example", overall("AccountTechnical")), someone("net@a.example", overall("ServerTechnical")),
		someone("ssh@a.example", server(8, "SSHUsers")), someone("sql@a.example", server(9, "DatabaseUsers"), server(9, "TechnicalContact")),
		someone("late@a.example").not(contribution("g", "shop"), "Expired"), someone("all@a.example").named(contribution("h"), "", ""),
	))
	for _, c := range []struct {
		scope             hosting.Scope
		permission, place string
		want              []string
		unseen            bool
	}{
		{hosting.ScopeAccount, "Sites", "shop", []string{
			"ann Effective at shop", "tec Effective by AccountTechnical", "zoe Effective at shop", "invited NoProfile at shop", "all Pending at shop", "late Expired at shop",
		}, false},
		{hosting.ScopeAccount, "Sites", "", []string{
			"ann Effective at shop", "tec Effective by AccountTechnical", "zoe Effective at blog", "zoe Effective at shop", "invited NoProfile at shop",
			"all Pending at blog", "all Pending at shop", "late Expired at shop",
		}, false},
		{hosting.ScopeAccount, "Sites", "cellar", []string{"tec Effective by AccountTechnical", "all Unknown at cellar everywhere"}, true},
		{hosting.ScopeAccount, "TechnicalContact", "shop", []string{"ann Effective at shop", "all Pending at shop", "late Expired at shop"}, false},
		{hosting.ScopeAccount, "SSH", "shop", []string{"tec Effective by AccountTechnical", "net Effective by ServerTechnical maybe", "ssh Effective at web1 by SSHUsers maybe"}, false},
		{hosting.ScopeAccount, "Databases", "shop", []string{"tec Effective by AccountTechnical", "net Effective by ServerTechnical maybe", "sql Effective at web2 by DatabaseUsers maybe"}, false},
		{hosting.ScopeServer, "SSHUsers", "web1", []string{"net Effective by ServerTechnical", "ssh Effective at web1"}, false},
		{hosting.ScopeServer, "SSHUsers", "web2", []string{"net Effective by ServerTechnical"}, false},
		{hosting.ScopeServer, "TechnicalContact", "web2", []string{"sql Effective at web2"}, false},
		{hosting.ScopeOverall, "AccountTechnical", "", []string{"tec Effective"}, false},
		{hosting.ScopeOverall, "Billing", "", nil, false},
	} {
		permission, ok := hosting.ByName(c.scope, c.permission)
		answers, seen, err := inv.WhoCan(Question{Permission: permission, Place: c.place})
		if got := lines(answers); !ok || err != nil || seen == c.unseen || !slices.Equal(got, c.want) {
			t.Errorf("%s %s on %q: seen %v, %v\n%q, want\n%q", c.scope, c.permission, c.place, seen, err, got, c.want)
		}
	}
}

// A place that only a grant names is asked about by its name; one that records call otherwise by both names.
func TestNamesOfPlaces(t *testing.T) {
	in := inputs(nil, someone("ann@a.example").named(contribution("g", "cellar"), "", ""))
	in.Table.Places[placeKey("cellar")] = -3
	defer delete(in.Table.Places, placeKey("cellar"))
	permission, _ := hosting.ByName(hosting.ScopeAccount, "Sites")
	answers, seen, err := Of(in).WhoCan(Question{permission, "cellar"})
	if got := lines(answers); err != nil || seen || !slices.Equal(got, []string{"ann Pending at cellar"}) {
		t.Error(got, seen, err)
	}

	renamed := someone("ann@a.example", sites)
	renamed.Record.Status.Live = []v1alpha1.LiveRights{{Rights: v1alpha1.Rights{Scope: v1alpha1.ScopeAccount, IDs: []int64{1}, Permissions: []string{"Sites"}}, Names: []string{"store"}}}
	answers, seen, err = Of(inputs(nil, renamed)).WhoCan(Question{permission, "shop"})
	if got := lines(answers); err != nil || !seen || !slices.Equal(got, []string{"ann Effective at store"}) {
		t.Error(got, seen, err)
	}
}

// Where records know several places of one name, no answer would be right.
func TestSeveralPlacesOfOneName(t *testing.T) {
	pinned := func(email string, id int64) *Record {
		r := someone(email)
		r.Record.Status.Pins = []v1alpha1.PlacePin{{Scope: v1alpha1.ScopeAccount, Name: "shop", ID: id}}
		return r
	}
	permission, _ := hosting.ByName(hosting.ScopeAccount, "Sites")
	inv := Of(inputs(nil, pinned("ann@a.example", 1), pinned("bob@a.example", 7)))
	if _, _, err := inv.WhoCan(Question{permission, "shop"}); err == nil || !strings.Contains(err.Error(), "[1 7]; see PlaceReplaced") {
		t.Error(err)
	}
	if _, _, err := inv.Notified(Alert{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: "shop"}); err == nil || !strings.Contains(err.Error(), "[1 7]") {
		t.Error(err)
	}
	if _, _, err := inv.WhoCan(Question{permission, "blog"}); err != nil {
		t.Error(err)
	}
}

func TestNotified(t *testing.T) {
	byhand := someone("byhand@a.example", billing, hosting.Right{Scope: hosting.ScopeOverall, Name: "AccountTechnical"})
	byhand.Row.ProfileID = 0
	locked := someone("locked@a.example", contact, hosting.TwoFactorRight)
	locked.Row.TwoFactor = new(bool)
	records := []*Record{
		someone("pays@a.example", billing).named(v1alpha1.Contribution{UID: "b", Via: []string{"email"}, Overall: []v1alpha1.OverallPermission{"Billing"}}, "", ""),
		byhand, locked, someone("shop@a.example", contact).named(contribution("g", "shop"), "", ""), someone("all@a.example", contact).named(contribution("h"), "", ""),
		someone("lost@a.example", hosting.Right{Scope: hosting.ScopeOverall, Name: "AccountTechnical"}).named(contribution("g", "shop"), "", ""),
	}
	for name, c := range map[string]struct {
		alert Alert
		want  []string
		seen  bool
	}{
		"billing reaches its holders, with and without a grant": {Alert{Kind: hosting.BillingTicket}, []string{"byhand false 0", "pays true 1"}, true},
		"a ticket reaches who holds it there now, also without a second factor": {
			Alert{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: "shop"}, []string{"all true 1", "locked true 0", "shop true 1"}, true,
		},
		"of a place without an id only grants on all are seen": {Alert{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: "cellar"}, []string{"all true 1"}, false},
		"a server is no account":                               {Alert{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeServer, Place: "shop"}, nil, false},
	} {
		people, seen, err := Of(inputs(nil, records...)).Notified(c.alert)
		var got []string
		for _, p := range people {
			address, _, _ := strings.Cut(p.Person.Address, "@")
			got = append(got, fmt.Sprintf("%s %t %d", address, p.Profile, len(p.Holding.Grants)))
		}
		if err != nil || seen != c.seen || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, seen %v, %v", name, got, seen, err)
		}
	}
	short := someone("short@a.example").but(func(r *Record) { r.Record.Status.LiveDigest = "x" })
	if _, _, err := Of(inputs(nil, append(records, short)...)).Notified(Alert{Kind: hosting.BillingTicket}); err == nil || !strings.Contains(err.Error(), short.Record.Name+" holds more") {
		t.Error(err)
	}
}

func placeKey(name string) access.PlaceKey {
	return access.PlaceKey{Scope: hosting.ScopeAccount, Name: name}
}
