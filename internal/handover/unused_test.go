package handover

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

func TestUnused(t *testing.T) {
	set := func(name string, scopes ...string) (s v1alpha1.PermissionSet) {
		s.Name = name
		for _, scope := range scopes {
			switch scope {
			case "overall":
				s.Spec.Overall = []v1alpha1.OverallPermission{"Billing"}
			case "account":
				s.Spec.PerAccount = []v1alpha1.AccountPermission{"Sites"}
			case "server":
				s.Spec.PerServer = []v1alpha1.ServerPermission{"SSHUsers"}
			}
		}
		return s
	}
	sets := func(list ...v1alpha1.PermissionSet) []v1alpha1.PermissionSet { return list }
	accounts := func(permissions ...v1alpha1.AccountPermission) v1alpha1.PermissionGrantSpec {
		return v1alpha1.PermissionGrantSpec{Accounts: []v1alpha1.AccountPermissions{on(permissions, "shop")}}
	}
	servers := v1alpha1.PermissionGrantSpec{Servers: []v1alpha1.ServerPermissions{{Names: []v1alpha1.PlaceName{"web1"}}}}
	for what, c := range map[string]struct {
		spec          v1alpha1.PermissionGrantSpec
		sets          []v1alpha1.PermissionSet
		issues, notes string
	}{
		"nothing named":            {},
		"all used":                 {accounts(), sets(set("a", "account"), set("o", "overall")), "", ""},
		"without sets":             {accounts("FTP"), nil, "", ""},
		"no account":               {v1alpha1.PermissionGrantSpec{}, sets(set("a", "account")), "PermissionSet/a: no account, so", ""},
		"no account and no server": {v1alpha1.PermissionGrantSpec{}, sets(set("b", "account", "server")), "PermissionSet/b: no account and no server, so", ""},
		"one of two sets":          {accounts(), sets(set("a", "account"), set("s", "server")), "PermissionSet/s: no server, so", ""},
		"a part of a set":          {accounts(), sets(set("b", "account", "server")), "", "PermissionSet/b: no server; if"},
		"overall beside it":        {v1alpha1.PermissionGrantSpec{}, sets(set("b", "overall", "account", "server")), "", "PermissionSet/b: no account and no server; if"},
		"items without any":        {accounts(), sets(set("o", "overall")), "spec.accounts[0]: ", ""},
		"servers without any":      {servers, sets(set("a", "account")), "PermissionSet/a: no account, so|spec.servers[0]: ", ""},
	} {
		issues, notes := Unused(c.spec, c.sets)
		said(t, what, issues, c.issues)
		said(t, what, notes, c.notes)
	}
}

// What a grant leaves out of a set is told, with what to do.
func TestUnusedPartOfASet(t *testing.T) {
	spec := v1alpha1.PermissionGrantSpec{Accounts: []v1alpha1.AccountPermissions{on(nil, "shop")}}
	set := v1alpha1.PermissionSet{Spec: v1alpha1.PermissionSetSpec{PerAccount: []v1alpha1.AccountPermission{"Sites"}, PerServer: []v1alpha1.ServerPermission{"SSHUsers"}}}
	_, notes := Unused(spec, []v1alpha1.PermissionSet{set})
	want := "the set lists server permissions as well, and the grant names no server; if they are meant, add servers (names, or all: true) to the grant"
	if len(notes) != 1 || notes[0].Message != want {
		t.Error(notes)
	}
}

// said compares issues by subject, and by what the grant is said to name.
func said(t *testing.T, what string, issues []Issue, want string) {
	t.Helper()
	var begins []string
	if want != "" {
		begins = strings.Split(want, "|")
	}
	if len(issues) != len(begins) {
		t.Errorf("%s: %+v, want %q", what, issues, begins)
		return
	}
	for i, issue := range issues {
		_, names, _ := strings.Cut(issue.Message, "the grant names ")
		if got := fmt.Sprintf("%s: %s", issue.Subject, names); !strings.HasPrefix(got, begins[i]) {
			t.Errorf("%s: %q, want %q", what, got, begins[i])
		}
		if issue.Reason != v1alpha1.ReasonNothingGiven || issue.Missing != nil || len(issue.Message) > 512 {
			t.Errorf("%s: %+v", what, issue)
		}
	}
}

// What gives nothing makes no row of "2FA required" alone.
func TestNothingRequiresNoSecondFactor(t *testing.T) {
	g := grant()
	g.Spec.Overall, g.Spec.RequireTwoFactor = nil, true
	if c := Contribution(g, v1alpha1.PermissionSetSpec{PerAccount: []v1alpha1.AccountPermission{"Sites"}}, Person{}); c.RequireTwoFactor || access.Gives(c) {
		t.Errorf("%+v", c)
	}
	g.Spec.Overall = []v1alpha1.OverallPermission{"Billing"}
	if c := Contribution(g, v1alpha1.PermissionSetSpec{}, Person{}); !c.RequireTwoFactor || !access.Gives(c) {
		t.Errorf("%+v", c)
	}
}
