package world

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// Gives has another owner of the provider, made where there is none, give somebody overall
// permissions; it returns the row's id.
func (w *World) Gives(other, email string, overall ...string) int64 {
	GinkgoHelper()
	Expect(w.Provider.Seed(w.Ctx, reference.Seed{Owners: []reference.SeedOwner{{Email: other}}})).To(Succeed())
	id, err := w.Provider.AddRow(w.Ctx, other, reference.Row{Email: email, Overall: overall}, false)
	Expect(err).NotTo(HaveOccurred())
	return id
}

// Holds says whether the provider's enforcement opens an overall menu of another owner to
// somebody.
func (w *World) Holds(other, email, menu string) bool {
	GinkgoHelper()
	answer, err := w.Provider.Check(w.Ctx, reference.AccessQuery{Owner: other, Email: email, Scope: "Overall", Menu: menu})
	Expect(err).NotTo(HaveOccurred())
	return answer.Allowed
}

// Relinquishment applies a Relinquishment on "acme" that confirms ids, or none.
func (w *World) Relinquishment(name string, confirm ...int64) *v1alpha1.Relinquishment {
	GinkgoHelper()
	rel := &v1alpha1.Relinquishment{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.RelinquishmentSpec{
		BackendRef: v1alpha1.LocalReference{Name: backendName}, Confirm: confirm,
	}}
	w.Create(rel)
	return rel
}

// Confirms names ids in a Relinquishment.
func (w *World) Confirms(rel *v1alpha1.Relinquishment, ids ...int64) {
	GinkgoHelper()
	Update(w, rel, func(r *v1alpha1.Relinquishment) { r.Spec.Confirm = slices.Clone(ids) })
}
