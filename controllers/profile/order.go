package profile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/status"
)

// inOrder lists access by backend, so that an unchanged world writes nothing; nil for none.
func inOrder(byBackend map[types.NamespacedName]v1alpha1.ProfileAccess) []v1alpha1.ProfileAccess {
	list := slices.SortedFunc(maps.Values(byBackend), func(a, b v1alpha1.ProfileAccess) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Backend, b.Backend))
	})
	return list[:min(maxAccess, len(list))]
}

// summary tells access in one line; backends of the profile's own namespace by name alone.
func summary(own string, access []v1alpha1.ProfileAccess) string {
	var lines []string
	for _, a := range access {
		name := string(a.Backend)
		if a.Namespace != own {
			name = a.Namespace + "/" + name
		}
		lines = append(lines, fmt.Sprintf("%s: %d (%s)", name, a.Permissions, a.Person))
	}
	return status.Brief(lines)
}
