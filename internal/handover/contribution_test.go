package handover

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

func grant(accounts ...v1alpha1.AccountPermissions) *v1alpha1.PermissionGrant {
	return &v1alpha1.PermissionGrant{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "g", UID: "uid"},
		Spec:       v1alpha1.PermissionGrantSpec{Accounts: accounts, Overall: []v1alpha1.OverallPermission{"Billing"}},
	}
}

func on(permissions []v1alpha1.AccountPermission, names ...v1alpha1.PlaceName) v1alpha1.AccountPermissions {
	return v1alpha1.AccountPermissions{Names: names, Permissions: permissions}
}

func TestContributionIsTheSameForTheSameWish(t *testing.T) {
	sites, both := []v1alpha1.AccountPermission{"Sites"}, []v1alpha1.AccountPermission{"FTP", "Sites"}
	person := Person{Address: "ann@acme.example", Via: []string{"email"}}
	a := Contribution(grant(on(sites, "shop"), on(sites, "blog"), on(both, "intranet")), v1alpha1.PermissionSetSpec{}, person)
	b := Contribution(grant(on([]v1alpha1.AccountPermission{"Sites", "FTP"}, "intranet"), on(sites, "blog", "shop")), v1alpha1.PermissionSetSpec{}, person)
	if d := cmp.Diff(a, b); d != "" {
		t.Error("written differently, meant the same:", d)
	}
	if len(a.Accounts) != 2 {
		t.Error("equal permissions are not grouped:", a.Accounts)
	}
	c := Contribution(grant(on(sites, "shop")), v1alpha1.PermissionSetSpec{}, person)
	if c.Digest == a.Digest {
		t.Error("another wish has the same digest")
	}
}

func TestPermissionSetsApplyToEveryPlace(t *testing.T) {
	sets := v1alpha1.PermissionSetSpec{
		Overall: []v1alpha1.OverallPermission{"Billing", "AccountManagement"}, PerAccount: []v1alpha1.AccountPermission{"Domains"},
		PerServer: []v1alpha1.ServerPermission{"SSHUsers"},
	}
	g := grant(on(nil, "shop"), on([]v1alpha1.AccountPermission{"Domains", "Sites"}, "blog"))
	c := Contribution(g, sets, Person{Address: "ann@acme.example", Via: []string{"email"}})
	got := fmt.Sprint(c.Overall, c.Accounts, c.Servers)
	if want := "[AccountManagement Billing] [{[blog] <nil> [Domains Sites]} {[shop] <nil> [Domains]}] []"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPlacesWithoutPermissionsGiveNothing(t *testing.T) {
	c := Contribution(grant(on(nil, "shop")), v1alpha1.PermissionSetSpec{Overall: []v1alpha1.OverallPermission{"Billing"}}, Person{})
	if c.Accounts != nil {
		t.Error(c.Accounts)
	}
}

func TestTooLarge(t *testing.T) {
	var names []v1alpha1.PlaceName
	for i := range 300 {
		names = append(names, v1alpha1.PlaceName(fmt.Sprint(strings.Repeat("n", 40), i)))
	}
	all := []v1alpha1.AccountPermission{"Sites"}
	if TooLarge(Contribution(grant(on(all, names[:100]...)), v1alpha1.PermissionSetSpec{}, Person{})) {
		t.Error("100 names are too many")
	}
	if !TooLarge(Contribution(grant(on(all, names...)), v1alpha1.PermissionSetSpec{}, Person{})) {
		t.Error("300 long names are not too many")
	}
}
