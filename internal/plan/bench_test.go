package plan

import (
	"fmt"
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// BenchmarkDecideTheLargest decides on somebody who has 20 permissions on each of 300 accounts by one grant: where they
// have them, where they lack one of each account, and where the grant is gone.
func BenchmarkDecideTheLargest(b *testing.B) {
	for name, change := range map[string]func(*person){
		"nothing to do": func(*person) {},
		"permission more": func(p *person) {
			p.Row.Rights = p.Row.Rights.Minus(hosting.RightsAt(hosting.ScopeAccount, ids(300), "Sites"))
		},
		"grant gone": func(p *person) { p.Record.Spec.Contributions = nil },
	} {
		b.Run(name, func(b *testing.B) {
			p := largest(300, 20)
			p.publish() // as it is written once it was given
			change(p)
			for b.Loop() {
				p.recall()
				Status(p.Inputs, p.decide(), 0)
			}
		})
	}
}

// largest is somebody with so many permissions on each of some accounts, by one grant.
func largest(accounts, permissions int) *person {
	words := make([]v1alpha1.AccountPermission, 0, permissions)
	names := make([]string, 0, permissions)
	for _, p := range hosting.Catalogue() {
		if p.Scope == hosting.ScopeAccount && len(words) < permissions {
			words, names = append(words, v1alpha1.AccountPermission(p.Name)), append(names, p.Name)
		}
	}
	places := make([]hosting.Place, accounts)
	called := make([]v1alpha1.PlaceName, accounts)
	for i := range places {
		places[i] = hosting.Place{ID: int64(i + 1), Name: fmt.Sprintf("account-%03d.example", i)}
		called[i] = v1alpha1.PlaceName(places[i].Name)
	}
	rights := hosting.RightsAt(hosting.ScopeAccount, ids(accounts), names...)
	p := personWith(nil, &hosting.Row{ID: 7, ProfileID: 1, Rights: rights})
	p.Provider.Places = access.PlacesOf(places, nil)
	p.Record.Spec.Contributions[0].Overall = nil
	p.Record.Spec.Contributions[0].Accounts = []v1alpha1.AccountPermissions{{Names: called, Permissions: words}}
	p.Fresh = true
	p.remember(access.Memory{Applied: access.RightMap[access.Entry]{{Rights: rights, Value: access.Entry{Namespaces: []string{"ns"}}}}})
	return p
}

func ids(n int) []int64 {
	list := make([]int64, n)
	for i := range list {
		list[i] = int64(i + 1)
	}
	return list
}
