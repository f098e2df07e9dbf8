package profile

import (
	"maps"
	"slices"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// inOrder lists access by backend, so that an unchanged world writes nothing; nil for none.
func inOrder(byBackend map[v1alpha1.ObjectName]v1alpha1.ProfileAccess) []v1alpha1.ProfileAccess {
	var list []v1alpha1.ProfileAccess
	for _, backend := range slices.Sorted(maps.Keys(byBackend)) {
		list = append(list, byBackend[backend])
	}
	return list[:min(maxAccess, len(list))]
}
