package cli

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/provider"
	enforced "github.com/hostgrant/hostgrant/internal/reference/access"
)

// The hosting of the property: shop is on server web1, blog in a data centre.
var (
	accounts  = []hosting.Place{{ID: 1, Name: "shop"}, {ID: 2, Name: "blog"}}
	servers   = []hosting.Place{{ID: 8, Name: "web1"}, {ID: 9, Name: "web2"}}
	locatedOn = map[int64]hosting.Place{1: servers[0]}
	people    = []string{"ann@a.example", "bob@a.example", "cyd@a.example", "dan@a.example"}
)

// everyRight is each permission at each place.
func everyRight() (rights []hosting.Right) {
	for _, p := range hosting.Catalogue() {
		for _, place := range placesIn(p.Scope) {
			rights = append(rights, hosting.Right{Scope: p.Scope, ID: place.ID, Name: p.Name})
		}
	}
	return rights
}

func placesIn(scope hosting.Scope) []hosting.Place {
	switch scope {
	case hosting.ScopeAccount:
		return accounts
	case hosting.ScopeServer:
		return servers
	}
	return []hosting.Place{{}}
}

func genRows(t *rapid.T) (rows []hosting.Row) {
	for i, email := range people {
		rights := hosting.NewRights(rapid.SliceOfNDistinct(rapid.SampledFrom(everyRight()), 0, 8, rapid.ID).Draw(t, email)...)
		for _, likely := range []hosting.Right{{Scope: hosting.ScopeOverall, Name: "AccountTechnical"}, {Scope: hosting.ScopeServer, ID: 8, Name: "SSHUsers"}, hosting.TwoFactorRight} {
			if rapid.IntRange(0, 3).Draw(t, likely.Name) == 0 {
				rights = rights.With(likely)
			}
		}
		if rights.Empty() {
			continue
		}
		row := hosting.Row{ID: int64(i + 1), Email: email, Rights: rights}
		if rapid.IntRange(0, 4).Draw(t, "profile") > 0 {
			row.ProfileID = int64(i + 1)
		}
		if has := rapid.IntRange(0, 2).Draw(t, "second factor"); has < 2 && row.Active() {
			yes := has == 1
			row.TwoFactor = &yes
		}
		rows = append(rows, row)
	}
	return rows
}

// genManifests name people in all ways and at all times, also those that are suspended.
func genManifests(t *rapid.T) preview.Objects {
	objects := preview.Objects{}
	add := func(kind, name string) preview.Key { return preview.Key{Kind: kind, Namespace: "hosting", Name: name} }
	for i, email := range people {
		profile := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: fmt.Sprint("p", i)}}
		profile.Spec.Email = v1alpha1.Email(email)
		profile.Spec.State = rapid.SampledFrom([]v1alpha1.ProfileState{v1alpha1.ProfileActive, v1alpha1.ProfileActive, v1alpha1.ProfileSuspended}).Draw(t, "state")
		objects[add("Profile", profile.Name)] = profile
	}
	moments := []*metav1.Time{nil, nil, {Time: asked.Add(-time.Hour)}, {Time: asked.Add(time.Hour)}}
	for i := range rapid.IntRange(0, 4).Draw(t, "grants") {
		g := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: fmt.Sprint("g", i)}}
		g.Spec.BackendRef.Name = "owner"
		for j, email := range people {
			switch rapid.IntRange(0, 3).Draw(t, "subject") {
			case 0:
				g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{Email: v1alpha1.Email(email)})
			case 1:
				g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{ProfileRef: &v1alpha1.LocalReference{Name: v1alpha1.ObjectName(fmt.Sprint("p", j))}})
			}
		}
		g.Spec.Overall = rapid.SliceOfNDistinct(rapid.SampledFrom([]v1alpha1.OverallPermission{"Billing", "AccountTechnical", "ServerTechnical"}), 0, 2, rapid.ID).Draw(t, "overall")
		g.Spec.Accounts = []v1alpha1.AccountPermissions{{
			Names:       rapid.SliceOfNDistinct(rapid.SampledFrom([]v1alpha1.PlaceName{"shop", "blog", "cellar"}), 1, 3, rapid.ID).Draw(t, "accounts"),
			Permissions: rapid.SliceOfNDistinct(rapid.SampledFrom([]v1alpha1.AccountPermission{"Sites", "SSH", "TechnicalContact"}), 1, 3, rapid.ID).Draw(t, "permissions"),
		}}
		g.Spec.RequireTwoFactor = rapid.Bool().Draw(t, "2fa")
		g.Spec.ExpiresAt, g.Spec.NotBefore = rapid.SampledFrom(moments).Draw(t, "expires"), rapid.SampledFrom(moments).Draw(t, "begins")
		g.Spec.Suspend = rapid.IntRange(0, 4).Draw(t, "suspend") == 0
		objects[add("PermissionGrant", g.Name)] = g
	}
	return objects
}

// Whatever table and manifests there are: who-can says yes to exactly those whom the reference provider lets, and "once
// they have a profile" or a second factor to exactly those whom it would let then.
func TestWhoCanIsWhatIsEnforced(t *testing.T) {
	key := types.NamespacedName{Namespace: "hosting", Name: "owner"}
	rapid.Check(t, func(t *rapid.T) {
		rows := genRows(t)
		table := provider.SnapshotOf(hosting.Identity{Email: "owner@a.example"}, access.PlacesOf(accounts, servers), rows, asked)
		inv, err := ofTable(t.Context(), key, table, genManifests(t), report{})
		if err != nil {
			t.Fatal(err)
		}
		for _, permission := range hosting.Catalogue() {
			if permission.Scope == hosting.ScopeFlag {
				continue
			}
			for _, at := range placesIn(permission.Scope) {
				answers, seen, err := inv.WhoCan(inventory.Question{Permission: permission, Place: at.Name})
				if err != nil || !seen {
					t.Fatalf("%s at %q: seen %v, %v", permission.Name, at.Name, seen, err)
				}
				for _, email := range people {
					compare(t, said(answers, email, at), rows, permission, at, email)
				}
			}
		}
	})
}

// said are the states in which somebody may do something at a place, by what is known of where accounts are.
func said(answers []inventory.Answer, email string, at hosting.Place) map[inventory.State]bool {
	states := map[inventory.State]bool{}
	for _, a := range answers {
		server, located := locatedOn[at.ID]
		there := !a.Maybe || located && (a.Place == "" || a.Place == server.Name)
		if a.Person.Address == email && there {
			states[a.Holding.State] = true
		}
	}
	return states
}

func compare(t *rapid.T, states map[inventory.State]bool, rows []hosting.Row, permission hosting.Permission, at hosting.Place, email string) {
	row := hosting.Row{}
	for _, one := range rows {
		if one.Email == email {
			row = one
		}
	}
	asks := func(profile, factor bool) bool {
		person := enforced.Person{Row: !row.Rights.Empty(), Profile: profile, RequireTwoFactor: row.Rights.Has(hosting.TwoFactorRight), Rights: row.Rights}
		return enforced.Check(person, enforced.Query{Scope: permission.Scope, Place: max(at.ID, 0), Server: locatedOn[at.ID].ID, Menu: permission.Name, SecondFactor: factor}).Allowed
	}
	has := row.TwoFactor != nil && *row.TwoFactor
	untold := row.Active() && row.Rights.Has(hosting.TwoFactorRight) && row.TwoFactor == nil
	want := map[inventory.State]bool{
		inventory.Effective:           asks(row.Active(), has),
		inventory.NoProfile:           !row.Active() && asks(true, true),
		inventory.NoSecondFactor:      row.Active() && !untold && !asks(true, has) && asks(true, true),
		inventory.SecondFactorUnknown: untold && !asks(true, false) && asks(true, true),
	}
	for state, is := range want {
		if states[state] != is {
			t.Fatalf("%s, %s %s at %q: %s is %v, and enforced is %v: %+v", email, permission.Scope, permission.Name, at.Name, state, states[state], is, row)
		}
	}
}
