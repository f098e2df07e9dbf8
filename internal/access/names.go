package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// maxName is how long a name of a place is told, in bytes; the CRD bounds it.
const maxName = 64

// Place is an account or a server.
type Place struct {
	Scope hosting.Scope
	ID    int64
}

// Names are the provider's names of places, for people to read. Nothing is decided by them.
type Names map[Place]string

// Names are the places by what they are, each with one name of at most 64 bytes.
func (p Places) Names() Names {
	names := make(Names, len(p))
	for key, id := range p {
		name, place := key.Name, Place{key.Scope, id}
		if len(name) > maxName {
			name = strings.ToValidUTF8(name[:maxName], "")
		}
		if have, twice := names[place]; !twice || name < have {
			names[place] = name
		}
	}
	return names
}

// Of is the name of the place of a right, "id:<id>" where it is not listed; empty where the right is for no
// place.
func (n Names) Of(r hosting.Right) string {
	if r.ID == 0 {
		return ""
	}
	return cmp.Or(n[Place{r.Scope, r.ID}], fmt.Sprint("id:", r.ID))
}

// Bundle is a set of rights by names, grouped as Bundle groups it.
func (n Names) Bundle(rights hosting.Rights) []v1alpha1.NamedRights {
	bundles := Bundle(rights)
	list := make([]v1alpha1.NamedRights, len(bundles))
	for i, b := range bundles {
		list[i] = v1alpha1.NamedRights{Scope: b.Scope, Permissions: b.Permissions}
		for _, id := range b.IDs {
			list[i].Places = append(list[i].Places, n.Of(hosting.Right{Scope: hosting.Scope(b.Scope), ID: id}))
		}
		slices.Sort(list[i].Places)
	}
	return list
}

// Live is what a row holds, with the names of places.
func (n Names) Live(rights hosting.Rights) []v1alpha1.LiveRights {
	return named(Bundle(rights), n, nil)
}

// Fit is as much of a list as takes so many bytes of JSON at most: of the first entry that is too large, as
// many places as fit, and nothing after it.
func Fit(list []v1alpha1.NamedRights, bytes int) []v1alpha1.NamedRights {
	var fit []v1alpha1.NamedRights
	bytes -= len("[]") - 1 // no comma comes before the first
	for _, entry := range list {
		if size := SizeOf(entry) + 1; size <= bytes {
			fit, bytes = append(fit, entry), bytes-size
			continue
		}
		bytes -= SizeOf(v1alpha1.NamedRights{Scope: entry.Scope, Places: []string{""}, Permissions: entry.Permissions}) - len(`""`)
		most := 0
		for ; most < len(entry.Places); most++ {
			if bytes -= SizeOf(entry.Places[most]) + 1; bytes < 0 {
				break
			}
		}
		if most > 0 {
			entry.Places = entry.Places[:most]
			fit = append(fit, entry)
		}
		break
	}
	return fit
}

// named puts the names of places beside the ids of what a row holds; those that names lacks have the last
// name they were seen with.
func named(bundles []v1alpha1.Rights, names, last Names) []v1alpha1.LiveRights {
	var list []v1alpha1.LiveRights
	for _, b := range bundles {
		entry := v1alpha1.LiveRights{Rights: b}
		for i, id := range b.IDs {
			place := Place{hosting.Scope(b.Scope), id}
			name := cmp.Or(names[place], last[place])
			if name != "" && entry.Names == nil {
				entry.Names = make([]string, len(b.IDs))
			}
			if name != "" {
				entry.Names[i] = name
			}
		}
		list = append(list, entry)
	}
	return list
}

// NamesIn are the names that a status tells.
func NamesIn(live []v1alpha1.LiveRights) Names {
	names := Names{}
	for _, entry := range live {
		for i, id := range entry.IDs {
			if i < len(entry.Names) && entry.Names[i] != "" {
				names[Place{hosting.Scope(entry.Scope), id}] = entry.Names[i]
			}
		}
	}
	return names
}

// bare is what a row holds without names.
func bare(live []v1alpha1.LiveRights) []v1alpha1.Rights {
	var list []v1alpha1.Rights
	for _, entry := range live {
		list = append(list, entry.Rights)
	}
	return list
}
