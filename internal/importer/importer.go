// Package importer writes down what a provider's table holds, as manifests: Profiles, PermissionSets found
// by grouping what is equal, and PermissionGrants. It is pure. Applying what it writes gives nobody
// anything that they do not have.
package importer

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
)

// The bounds of one grant; the CRD has those of its lists. What one grant gives one person is at most 8 KiB.
const (
	maxSubjects = 100
	maxBundles  = 32
	maxNames    = 100
)

// toFillIn is the reason of each grant: a table does not tell it.
const toFillIn = "Imported from the provider's table; say here why."

// Options of an import.
type Options struct {
	// Namespace of the manifests, and the HostingBackend that grants refer to, in the same one.
	Namespace, Backend string
	// Protected are addresses that lose nothing through the backend: they are left out.
	Protected []string
	// Existing is what the namespace holds already, where a cluster was asked.
	Existing Existing
}

// Existing are objects of the namespace. Names that they have are not given again, and people who have a
// Profile get no other one.
type Existing struct {
	Profiles []v1alpha1.Profile
	Sets     []v1alpha1.PermissionSet
	Grants   []v1alpha1.PermissionGrant
}

// Import is what was written down.
type Import struct {
	Profiles []*v1alpha1.Profile
	Sets     []*v1alpha1.PermissionSet
	Grants   []*v1alpha1.PermissionGrant
	// Notes say what was left out, and what else is to be known.
	Notes []string
}

// Objects lists all, in the order in which they are to be read.
func (i Import) Objects() (list []client.Object) {
	for _, one := range i.Profiles {
		list = append(list, one)
	}
	for _, one := range i.Sets {
		list = append(list, one)
	}
	for _, one := range i.Grants {
		list = append(list, one)
	}
	return list
}

// importing is an import while it is being made.
type importing struct {
	Options
	Import
	places     access.Places
	placeNames access.Names
	// taken are the names of Profiles, of grants after "grant/" and of sets after "set/".
	taken map[string]bool
	// known are the names of Profiles that exist, by normalised addresses.
	known map[string]string
}

// holder is a person with what they hold.
type holder struct {
	profile string
	rights  hosting.Rights
}

// Of writes down a table.
func Of(table *provider.Snapshot, o Options) Import {
	i := &importing{Options: o, places: table.Places, placeNames: table.Places.Names(), taken: map[string]bool{}, known: map[string]string{}}
	i.learn(o.Existing)
	reused := 0
	i.note(table.Unreadable(), "%s", "row has an address that cannot be compared with others, and was left out", "rows have addresses that cannot be compared with others, and were left out")
	equal := map[string][]holder{}
	for _, address := range table.Addresses() {
		row, ok := table.Row(address)
		if !ok || i.leftOut(table, address) {
			continue
		}
		rights, notes := i.expressible(row)
		who := personOf(address)
		if !rights.Empty() {
			key := fmt.Sprint(access.Bundle(rights))
			name, there := i.profile(address)
			if there {
				reused++
			}
			equal[key], who = append(equal[key], holder{name, rights}), "Profile/"+name
		}
		for _, note := range notes {
			i.Notes = append(i.Notes, who+note)
		}
	}
	groups := slices.SortedFunc(maps.Values(equal), func(a, b []holder) int { return cmp.Compare(a[0].profile, b[0].profile) })
	for _, group := range groups {
		i.grant(group)
	}
	i.findSets()
	i.note(reused, "%s in the namespace already; the grants refer to it", "person has a Profile", "people have Profiles")
	return i.Import
}

// learn enters what exists. Of several Profiles with one address the first by name is referred to; one that
// reads its address from a Secret is known by its name alone.
func (i *importing) learn(existing Existing) {
	for _, one := range existing.Profiles {
		i.taken[one.Name] = true
		address, err := access.NormalizeAddress(string(one.Spec.Email))
		if have, twice := i.known[address]; err == nil && (!twice || one.Name < have) {
			i.known[address] = one.Name
		}
	}
	for _, one := range existing.Sets {
		i.taken["set/"+one.Name] = true
	}
	for _, one := range existing.Grants {
		i.taken["grant/"+one.Name] = true
	}
}

func (i *importing) note(count int, format, one, many string) {
	if count > 0 {
		i.Notes = append(i.Notes, fmt.Sprintf(format, status.Count(count, one, many)))
	}
}

// personOf is how notes tell of somebody whom no manifest names.
func personOf(address string) string { return "person " + access.AddressDigest(address)[:12] }

// leftOut says whether somebody is not written down, and notes why.
func (i *importing) leftOut(table *provider.Snapshot, address string) bool {
	person := personOf(address)
	isOne := func(of string) bool { return of != "" && access.SameAddress(of, address) }
	switch {
	case isOne(table.Identity.Email), isOne(table.Identity.Holder), slices.ContainsFunc(i.Protected, isOne):
		i.Notes = append(i.Notes, person+" is the owner, the key's holder or protected, and was left out")
	case table.Ambiguous(address):
		i.Notes = append(i.Notes, person+" has several rows, and was left out; remove all but one at the provider")
	default:
		return false
	}
	return true
}

// expressible is what of somebody's rights manifests can say, and, as notes about the person, what they cannot.
func (i *importing) expressible(row hosting.Row) (rights hosting.Rights, notes []string) {
	unknown, nameless := 0, 0
	rights = row.Rights.Where(func(right hosting.Right) bool {
		_, known := hosting.ByName(right.Scope, right.Name)
		switch {
		case !known:
			unknown++
			return false
		case right.ID != 0 && !i.nameable(right):
			nameless++
			return false
		}
		return true
	})
	notes = append(inexpressible(unknown, "permission is not in the catalogue, and stays as it is", "permissions are not in the catalogue, and stay as they are"),
		inexpressible(nameless, "permission is on a place whose name no manifest can hold, and stays as it is", "permissions are on places whose names no manifest can hold, and stay as they are")...)
	if rights.Has(hosting.TwoFactorRight) && rights.Len() == 1 {
		return hosting.Rights{}, append(notes, " has the box \"2FA required\" and nothing else, and was left out")
	}
	if !rights.Empty() && !row.Active() {
		notes = append(notes, " has no profile yet")
	}
	return rights, notes
}

// inexpressible notes what manifests cannot say of somebody's rights; nothing where that is nothing.
func inexpressible(count int, one, many string) []string {
	if count == 0 {
		return nil
	}
	return []string{": " + status.Count(count, one, many)}
}

// placeName is what the CRDs take for the name of a place.
var placeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// nameable says whether the name of a right's place can stand in a manifest, and means that place.
func (i *importing) nameable(right hosting.Right) bool {
	name := i.placeNames[access.Place{Scope: right.Scope, ID: right.ID}]
	return placeName.MatchString(name) && i.places[access.PlaceKey{Scope: right.Scope, Name: name}] == right.ID
}

func (i *importing) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: i.Namespace, Name: name}
}

func typeMeta(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: kind}
}

// profile gives the name of a person's Profile, and writes it down unless it is there.
func (i *importing) profile(address string) (name string, there bool) {
	if normalised, err := access.NormalizeAddress(address); err == nil && i.known[normalised] != "" {
		return i.known[normalised], true
	}
	local, _, _ := strings.Cut(address, "@")
	name = i.unique(label(local, "person"))
	i.Profiles = append(i.Profiles, &v1alpha1.Profile{TypeMeta: typeMeta("Profile"), ObjectMeta: i.meta(name), Spec: v1alpha1.ProfileSpec{Email: v1alpha1.Email(address)}})
	return name, false
}

// label is a text as a Kubernetes name.
func label(text, otherwise string) string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, strings.ToLower(text))
	return cmp.Or(strings.Trim(name[:min(len(name), 50)], "-"), otherwise)
}

func (i *importing) unique(name string) string {
	one := name
	for n := 2; i.taken[one]; n++ {
		one = fmt.Sprint(name, "-", n)
	}
	i.taken[one] = true
	return one
}
