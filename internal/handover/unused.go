package handover

import (
	"fmt"
	"strings"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Join is what several sets list together.
func Join(sets []v1alpha1.PermissionSet) v1alpha1.PermissionSetSpec {
	joined := v1alpha1.PermissionSetSpec{}
	for i := range sets {
		joined.Overall = append(joined.Overall, sets[i].Spec.Overall...)
		joined.PerAccount = append(joined.PerAccount, sets[i].Spec.PerAccount...)
		joined.PerServer = append(joined.PerServer, sets[i].Spec.PerServer...)
	}
	return joined
}

// Unused lists what a grant names that gives nothing, given all the sets it names: sets and
// items of accounts and servers, and as notes those parts of sets that the grant makes no use
// of, which may be meant.
func Unused(spec v1alpha1.PermissionGrantSpec, sets []v1alpha1.PermissionSet) (issues, notes []Issue) {
	for i := range sets {
		lacks, idle := lacking(spec, sets[i].Spec)
		issue := Issue{Subject: Reference{KindPermissionSet, sets[i].Name}.String(), Reason: v1alpha1.ReasonNothingGiven}
		switch {
		case len(lacks) == 0:
		case idle:
			issue.Message = fmt.Sprintf("the set lists %s permissions and the grant names no %s, so it gives nothing; add %ss (names, or all: true) to the grant, or leave the set out",
				strings.Join(lacks, " and "), strings.Join(lacks, " and no "), strings.Join(lacks, "s or "))
			issues = append(issues, issue)
		default:
			issue.Message = fmt.Sprintf("the set lists %s permissions as well, and the grant names no %s; if they are meant, add %ss (names, or all: true) to the grant",
				strings.Join(lacks, " and "), strings.Join(lacks, " and no "), strings.Join(lacks, "s or "))
			notes = append(notes, issue)
		}
	}
	joined := Join(sets)
	for i, item := range spec.Accounts {
		if len(item.Permissions)+len(joined.PerAccount) == 0 {
			issues = append(issues, idleItem("account", i))
		}
	}
	for i, item := range spec.Servers {
		if len(item.Permissions)+len(joined.PerServer) == 0 {
			issues = append(issues, idleItem("server", i))
		}
	}
	return issues, notes
}

// lacking are the scopes of a set that a grant names no place of; idle: the set lists nothing else.
func lacking(spec v1alpha1.PermissionGrantSpec, set v1alpha1.PermissionSetSpec) (scopes []string, idle bool) {
	idle = len(set.Overall) == 0
	for _, scope := range []struct {
		name           string
		listed, places int
	}{{"account", len(set.PerAccount), len(spec.Accounts)}, {"server", len(set.PerServer), len(spec.Servers)}} {
		if scope.listed > 0 && scope.places == 0 {
			scopes = append(scopes, scope.name)
		}
		idle = idle && (scope.listed == 0 || scope.places == 0)
	}
	return scopes, idle
}

// idleItem is the issue of an item without permissions.
func idleItem(scope string, i int) Issue {
	return Issue{
		Subject: fmt.Sprintf("spec.%ss[%d]", scope, i), Reason: v1alpha1.ReasonNothingGiven,
		Message: fmt.Sprintf("the item lists no permissions and no PermissionSet of the grant lists %s permissions, so it gives nothing; add permissions to the item, or to a set", scope),
	}
}
