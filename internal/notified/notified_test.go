package notified

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

func record(email string, state v1alpha1.PersonState, live ...v1alpha1.Rights) v1alpha1.AccessRecord {
	r := v1alpha1.AccessRecord{}
	r.Spec.Email, r.Status.Person, r.Status.Live = v1alpha1.Email(email), state, access.Names{}.Live(access.Unbundle(live))
	return r
}

func by(r v1alpha1.AccessRecord, name string, c v1alpha1.Contribution) v1alpha1.AccessRecord {
	c.Grant = v1alpha1.GrantReference{Namespace: "web", Name: v1alpha1.ObjectName(name)}
	r.Spec.Contributions = append(r.Spec.Contributions, c)
	return r
}

func pinned(r v1alpha1.AccessRecord, scope v1alpha1.Scope, name string, id int64) v1alpha1.AccessRecord {
	r.Status.Pins = append(r.Status.Pins, v1alpha1.PlacePin{Scope: scope, Name: v1alpha1.PlaceName(name), ID: id})
	return r
}

func contact(ids ...int64) v1alpha1.Rights {
	return v1alpha1.Rights{Scope: v1alpha1.ScopeAccount, IDs: ids, Permissions: []string{"TechnicalContact"}}
}

func TestOf(t *testing.T) {
	billing := v1alpha1.Rights{Scope: v1alpha1.ScopeOverall, Permissions: []string{"Billing"}}
	technical := v1alpha1.Rights{Scope: v1alpha1.ScopeOverall, Permissions: []string{"AccountTechnical"}}
	named := v1alpha1.AccountPermissions{Names: []v1alpha1.PlaceName{"shop"}, Permissions: []v1alpha1.AccountPermission{"TechnicalContact"}}
	everywhere := v1alpha1.AccountPermissions{All: ptr.To(true), Permissions: []v1alpha1.AccountPermission{"TechnicalContact"}}
	records := []v1alpha1.AccessRecord{
		by(record("pays@a.example", v1alpha1.PersonActive, billing), "bills", v1alpha1.Contribution{Overall: []v1alpha1.OverallPermission{"Billing"}}),
		record("byhand@a.example", v1alpha1.PersonInvited, billing, technical),
		pinned(by(record("shop@a.example", v1alpha1.PersonActive, contact(7)), "site", v1alpha1.Contribution{Accounts: []v1alpha1.AccountPermissions{named}}), v1alpha1.ScopeAccount, "shop", 7),
		by(record("all@a.example", v1alpha1.PersonActive, contact(7, 8)), "all", v1alpha1.Contribution{Accounts: []v1alpha1.AccountPermissions{everywhere}}),
		by(record("lost@a.example", v1alpha1.PersonActive, technical), "site", v1alpha1.Contribution{Accounts: []v1alpha1.AccountPermissions{named}}),
	}
	all := Person{Email: "all@a.example", Profile: true, Grants: []string{"web/all"}}
	for name, c := range map[string]struct {
		q    Question
		want []Person
		seen bool
	}{
		"billing reaches its holders, with and without a grant": {
			Question{Kind: hosting.BillingTicket}, []Person{{Email: "byhand@a.example"}, {Email: "pays@a.example", Profile: true, Grants: []string{"web/bills"}}}, true,
		},
		"a ticket reaches who holds it there now, not who should": {
			Question{hosting.TechnicalTicket, hosting.ScopeAccount, "shop"}, []Person{all, {Email: "shop@a.example", Profile: true, Grants: []string{"web/site"}}}, true,
		},
		"of a place without an id only grants on all are seen": {
			Question{hosting.TechnicalTicket, hosting.ScopeAccount, "blog"}, []Person{all}, false,
		},
		"a server is no account": {Question{hosting.TechnicalTicket, hosting.ScopeServer, "shop"}, nil, false},
	} {
		people, seen, err := Of(records, c.q)
		if err != nil || seen != c.seen {
			t.Errorf("%s: seen %v, error %v", name, seen, err)
		}
		if diff := cmp.Diff(c.want, people); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, _, err := Of(append(records, pinned(record("x@a.example", v1alpha1.PersonActive), v1alpha1.ScopeAccount, "shop", 9)), Question{hosting.TechnicalTicket, hosting.ScopeAccount, "shop"})
	if err == nil || !strings.Contains(err.Error(), "[7 9]") {
		t.Errorf("two places of one name: %v", err)
	}
}

// Nobody is told to be safe whose record lists a part of what they hold.
func TestWhatARecordDoesNotList(t *testing.T) {
	r := record("ann@acme.example", v1alpha1.PersonActive, contact(1))
	r.Name, r.Status.LiveDigest = "acme-x", "d"
	shop, blog := pinned(r, v1alpha1.ScopeAccount, "shop", 1), pinned(r, v1alpha1.ScopeAccount, "blog", 2)
	if people, _, err := Of([]v1alpha1.AccessRecord{shop}, Question{hosting.TechnicalTicket, hosting.ScopeAccount, "shop"}); err != nil || len(people) != 1 {
		t.Error(people, err)
	}
	if _, _, err := Of([]v1alpha1.AccessRecord{blog}, Question{hosting.TechnicalTicket, hosting.ScopeAccount, "blog"}); err == nil || !strings.Contains(err.Error(), "acme-x") {
		t.Error(err)
	}
}
