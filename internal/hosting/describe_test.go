package hosting

import (
	"fmt"
	"slices"
	"testing"
)

func TestDescribe(t *testing.T) {
	names := map[int64]string{1: "shop", 2: "blog", 8: "web1"}
	name := func(r Right) string { return names[r.ID] }
	rights := NewRights(
		Right{ScopeOverall, 0, "Billing"}, Right{ScopeOverall, 0, "AccountManagement"}, TwoFactorRight,
		Right{ScopeAccount, 1, "Databases"}, Right{ScopeAccount, 1, "Sites"}, Right{ScopeAccount, 2, "IPAddresses"},
		Right{ScopeAccount, 3, "Sites"}, Right{ScopeAccount, 1, "wire:newer"}, Right{ScopeServer, 8, "SSHUsers"},
	)
	for limit, want := range map[int][]string{
		20: {"Account management, Billing", "account blog: IP addresses", "account shop: Sites, Databases", "server web1: SSH users"},
		4:  {"Account management, Billing", "account blog: IP addresses", "account shop: Sites, Databases", "server web1: SSH users"},
		1:  {"Account management, Billing", "and 3 more"},
	} {
		if got := English.Describe(rights, name, limit); !slices.Equal(got, want) {
			t.Errorf("limit %d: %q", limit, got)
		}
	}
	want := []string{"Gestion des comptes, Facturation", "compte blog : Adresses IP", "et 2 de plus"}
	if got := French.Describe(rights, name, 2); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := English.Describe(Rights{}, name, 2); got != nil {
		t.Errorf("nothing is %q", got)
	}
	for _, p := range Catalogue() {
		r := Right{p.Scope, 1, p.Name}
		told := fmt.Sprint(French.Describe(NewRights(r), name, 1))
		if (p.Scope == ScopeFlag) != (told == "[]") {
			t.Errorf("%s is told as %s", p.Name, told)
		}
	}
}
