package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// grant writes down the grants of people who hold the same: more than one where it is too much for one.
func (i *importing) grant(people []holder) {
	name := people[0].profile
	if len(people) > 1 {
		name = "group"
	}
	for chunk := range slices.Chunk(people, maxSubjects) {
		for _, spec := range i.specs(people[0].rights) {
			g := &v1alpha1.PermissionGrant{TypeMeta: typeMeta("PermissionGrant"), ObjectMeta: i.meta(i.grantName(name)), Spec: spec}
			for _, person := range chunk {
				g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{ProfileRef: &v1alpha1.LocalReference{Name: v1alpha1.ObjectName(person.profile)}})
			}
			i.Grants = append(i.Grants, g)
		}
	}
}

// grantName is a name that no other grant has; a Profile may have it.
func (i *importing) grantName(name string) string { return i.unique("grant/" + name)[len("grant/"):] }

// specs say what somebody holds, in as few grants as hold it.
func (i *importing) specs(rights hosting.Rights) []v1alpha1.PermissionGrantSpec {
	first := i.empty(rights)
	var accounts []v1alpha1.AccountPermissions
	var servers []v1alpha1.ServerPermissions
	for _, bundle := range access.Bundle(rights) {
		switch scope := hosting.Scope(bundle.Scope); scope {
		case hosting.ScopeOverall:
			first.Overall = words[v1alpha1.OverallPermission](bundle.Permissions)
		case hosting.ScopeAccount:
			for _, names := range i.names(scope, bundle.IDs) {
				accounts = append(accounts, v1alpha1.AccountPermissions{Names: names, Permissions: words[v1alpha1.AccountPermission](bundle.Permissions)})
			}
		case hosting.ScopeServer:
			for _, names := range i.names(scope, bundle.IDs) {
				servers = append(servers, v1alpha1.ServerPermissions{Names: names, Permissions: words[v1alpha1.ServerPermission](bundle.Permissions)})
			}
		}
	}
	return i.pack(first, accounts, servers, rights)
}

// empty is the spec of a grant that gives nothing yet.
func (i *importing) empty(rights hosting.Rights) v1alpha1.PermissionGrantSpec {
	return v1alpha1.PermissionGrantSpec{
		BackendRef: v1alpha1.BackendReference{Name: v1alpha1.ObjectName(i.Backend)}, Reason: toFillIn,
		RequireTwoFactor: rights.Has(hosting.TwoFactorRight),
	}
}

// pack spreads places over grants: what one gives one person has to fit into a record's contribution.
func (i *importing) pack(spec v1alpha1.PermissionGrantSpec, accounts []v1alpha1.AccountPermissions, servers []v1alpha1.ServerPermissions, rights hosting.Rights) (specs []v1alpha1.PermissionGrantSpec) {
	places := 0
	room := func(count, bundles int) {
		if places += count; places > maxNames && places > count || bundles >= maxBundles {
			specs, places = append(specs, spec), count
			spec = i.empty(rights)
		}
	}
	for _, a := range accounts {
		room(len(a.Names), len(spec.Accounts))
		spec.Accounts = append(spec.Accounts, a)
	}
	for _, s := range servers {
		room(len(s.Names), len(spec.Servers))
		spec.Servers = append(spec.Servers, s)
	}
	return append(specs, spec)
}

// names of places, in order, at most maxNames together.
func (i *importing) names(scope hosting.Scope, ids []int64) [][]v1alpha1.PlaceName {
	var names []v1alpha1.PlaceName
	for _, id := range ids {
		names = append(names, v1alpha1.PlaceName(i.placeNames[access.Place{Scope: scope, ID: id}]))
	}
	slices.Sort(names)
	return slices.Collect(slices.Chunk(names, maxNames))
}

func words[T ~string](names []string) []T {
	list := make([]T, len(names))
	for at, name := range names {
		list[at] = T(name)
	}
	return list
}

// findSets makes PermissionSets of the bundles of account permissions that several grants give on all of
// their accounts.
func (i *importing) findSets() {
	users := map[string][]*v1alpha1.PermissionGrant{}
	var keys []string
	for _, g := range i.Grants {
		if len(g.Spec.Accounts) == 0 || len(g.Spec.Accounts[0].Permissions) < 2 {
			continue
		}
		key := fmt.Sprint(g.Spec.Accounts[0].Permissions)
		if slices.ContainsFunc(g.Spec.Accounts, func(a v1alpha1.AccountPermissions) bool { return fmt.Sprint(a.Permissions) != key }) {
			continue
		}
		if users[key] == nil {
			keys = append(keys, key)
		}
		users[key] = append(users[key], g)
	}
	for _, key := range keys {
		if len(users[key]) < 2 {
			continue
		}
		permissions := users[key][0].Spec.Accounts[0].Permissions
		name := i.unique("set/" + setName(permissions))[len("set/"):]
		i.Sets = append(i.Sets, &v1alpha1.PermissionSet{TypeMeta: typeMeta("PermissionSet"), ObjectMeta: i.meta(name), Spec: v1alpha1.PermissionSetSpec{PerAccount: permissions}})
		for _, g := range users[key] {
			g.Spec.PermissionSetRefs = []v1alpha1.LocalReference{{Name: v1alpha1.ObjectName(name)}}
			for at := range g.Spec.Accounts {
				g.Spec.Accounts[at].Permissions = nil
			}
		}
	}
}

// setName names a set by its first permissions.
func setName(permissions []v1alpha1.AccountPermission) string {
	var parts []string
	for _, permission := range permissions[:min(3, len(permissions))] {
		parts = append(parts, string(permission))
	}
	return label(strings.Join(parts, "-"), "set")
}
