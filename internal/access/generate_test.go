package access

import (
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

var (
	accountNames = []v1alpha1.PlaceName{"shop", "blog", "lost"}
	places       = Places{
		{hosting.ScopeAccount, "shop"}: 1, {hosting.ScopeAccount, "blog"}: 2, {hosting.ScopeServer, "web1"}: 7,
	}
	everyRight = []hosting.Right{
		{Scope: hosting.ScopeOverall, Name: "Billing"}, {Scope: hosting.ScopeOverall, Name: "AccountManagement"},
		{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}, {Scope: hosting.ScopeAccount, ID: 1, Name: "FTP"},
		{Scope: hosting.ScopeAccount, ID: 2, Name: "Sites"}, {Scope: hosting.ScopeAccount, ID: 9, Name: "Sites"},
		{Scope: hosting.ScopeServer, ID: 7, Name: "SSHUsers"}, {Scope: hosting.ScopeAccount, ID: 1, Name: "wire:unheard"},
		hosting.TwoFactorRight,
	}
)

func genContribution(uid int) *rapid.Generator[v1alpha1.Contribution] {
	return rapid.Custom(func(t *rapid.T) v1alpha1.Contribution {
		c := v1alpha1.Contribution{UID: types.UID(fmt.Sprint("uid-", uid)), Via: []string{"email"}}
		c.Overall = rapid.SliceOfNDistinct(rapid.SampledFrom([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}), 0, 2, rapid.ID).Draw(t, "overall")
		if rapid.Bool().Draw(t, "accounts") {
			a := v1alpha1.AccountPermissions{Permissions: rapid.SliceOfNDistinct(rapid.SampledFrom([]v1alpha1.AccountPermission{"Sites", "FTP"}), 1, 2, rapid.ID).Draw(t, "permissions")}
			if rapid.Bool().Draw(t, "all") {
				all := true
				a.All = &all
			} else {
				a.Names = rapid.SliceOfNDistinct(rapid.SampledFrom(accountNames), 1, 3, rapid.ID).Draw(t, "names")
			}
			c.Accounts = append(c.Accounts, a)
		}
		if rapid.Bool().Draw(t, "servers") {
			c.Servers = []v1alpha1.ServerPermissions{{Names: []v1alpha1.PlaceName{"web1"}, Permissions: []v1alpha1.ServerPermission{"SSHUsers"}}}
		}
		c.RequireTwoFactor = rapid.Bool().Draw(t, "2fa")
		c.Retain = rapid.Bool().Draw(t, "retain")
		c.Digest = fmt.Sprint(c)
		return c
	})
}

func genContributions(t *rapid.T, label string) []v1alpha1.Contribution {
	var list []v1alpha1.Contribution
	for uid := range 4 {
		if rapid.Bool().Draw(t, fmt.Sprint(label, uid)) {
			list = append(list, genContribution(uid).Draw(t, fmt.Sprint(label, uid, "content")))
		}
	}
	return list
}

func genRights(t *rapid.T, label string) hosting.Rights {
	return hosting.NewRights(rapid.SliceOfDistinct(rapid.SampledFrom(everyRight), rapid.ID).Draw(t, label)...)
}

func entryOf(memory Memory, right hosting.Right) Entry {
	entry, _ := memory.Applied.Of(right)
	return entry
}

func debtOf(memory Memory, right hosting.Right) Debt {
	debt, _ := memory.Owed.Of(right)
	return debt
}
