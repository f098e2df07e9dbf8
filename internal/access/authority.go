package access

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// maxClaimed is how many rights that nobody declared are due to go at once: a table may hold more
// than a status has room for.
const maxClaimed = 8192

// Claim is the memory where whatever no grant names is due to go: the backend is
// Authoritative, and its namespace answers for it. "2FA required" is left alone, for absent
// means unmanaged, and so is what the catalogue lacks, for no grant could name it. What is on
// places that are not listed now stays as well: whether a grant names it cannot be told, and
// absence is no proof. Where there is very much of it, the rest is claimed once that is gone.
func (m Memory) Claim(want Want, live hosting.Rights, places Places, namespace string, now metav1.Time) Memory {
	owed := maps.Clone(m.Owed)
	listed, claimed := places.listed(), 0
	for _, debt := range owed {
		if debt.Cause == v1alpha1.CauseUndeclared {
			claimed++
		}
	}
	for _, right := range live.Minus(want.Rights).Minus(want.Kept).Sorted() {
		_, known := hosting.ByName(right.Scope, right.Name)
		_, ours := m.Applied[right]
		_, due := owed[right]
		if known && !ours && !due && claimed < maxClaimed && right.Scope != hosting.ScopeFlag && listed(right) {
			claimed++
			owed[right] = Debt{Cause: v1alpha1.CauseUndeclared, Namespaces: []string{namespace}, Since: now}
		}
	}
	m.Owed = owed
	return m
}

// Disclaim is the memory of a backend that is not, or no longer, Authoritative.
func (m Memory) Disclaim() Memory {
	owed := maps.Clone(m.Owed)
	maps.DeleteFunc(owed, func(_ hosting.Right, d Debt) bool { return d.Cause == v1alpha1.CauseUndeclared })
	m.Owed = owed
	return m
}

// ListsEverybody says whether everybody in a backend's table has a record, also those whom no grant names.
func ListsEverybody(backend *v1alpha1.HostingBackend) bool {
	return backend.Spec.Inventory == v1alpha1.InventoryRecords || backend.Spec.Authority == v1alpha1.AuthorityAuthoritative
}
