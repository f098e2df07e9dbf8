package profile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/status"
)

// inOrder lists access by backend, so that an unchanged world writes nothing; nil for none.
func inOrder(byBackend map[v1alpha1.ObjectName]v1alpha1.ProfileAccess) []v1alpha1.ProfileAccess {
	var list []v1alpha1.ProfileAccess
	for _, backend := range slices.Sorted(maps.Keys(byBackend)) {
		list = append(list, byBackend[backend])
	}
	return list[:min(maxAccess, len(list))]
}

// summary tells access in one line.
func summary(access []v1alpha1.ProfileAccess) string {
	var lines []string
	for _, a := range access {
		lines = append(lines, fmt.Sprintf("%s: %d (%s)", a.Backend, a.Permissions, a.Person))
	}
	return status.Brief(lines)
}
