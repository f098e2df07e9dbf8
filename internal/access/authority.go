package access

import (
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
	listed, claimed := places.listed(), m.undeclared().Len()
	undeclared := live.Minus(want.Rights).Minus(want.Kept).Minus(m.Named()).Where(func(right hosting.Right) bool {
		_, known := hosting.ByName(right.Scope, right.Name)
		if !known || claimed >= maxClaimed || right.Scope == hosting.ScopeFlag || !listed(right) {
			return false
		}
		claimed++
		return true
	})
	m.Owed = m.Owed.With(RightPart[Debt]{undeclared, Debt{Cause: v1alpha1.CauseUndeclared, Namespaces: []string{namespace}, Since: now}})
	return m
}

// Disclaim is the memory of a backend that is not, or no longer, Authoritative.
func (m Memory) Disclaim() Memory {
	m.Owed = m.Owed.Without(m.undeclared())
	return m
}

func (m Memory) undeclared() hosting.Rights {
	return m.Owed.Where(func(d Debt) bool { return d.Cause == v1alpha1.CauseUndeclared })
}

// ListsEverybody says whether everybody in a backend's table has a record, also those whom no grant names.
func ListsEverybody(backend *v1alpha1.HostingBackend) bool {
	return backend.Spec.Inventory == v1alpha1.InventoryRecords || backend.Spec.Authority == v1alpha1.AuthorityAuthoritative
}
