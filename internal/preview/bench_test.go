package preview

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// BenchmarkOf previews a first grant to people on 100 accounts: five times as many cost about five times as
// much.
func BenchmarkOf(b *testing.B) {
	for _, people := range []int{1_000, 5_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			places, g := access.Places{}, grant("g")
			var names []v1alpha1.PlaceName
			for i := range 100 {
				name := fmt.Sprintf("account-%d", i)
				places[access.PlaceKey{Scope: hosting.ScopeAccount, Name: name}] = int64(i + 1)
				names = append(names, v1alpha1.PlaceName(name))
			}
			g.Spec.Accounts = []v1alpha1.AccountPermissions{{Names: names, Permissions: []v1alpha1.AccountPermission{"Sites", "Databases"}}}
			for i := range people {
				g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{Email: v1alpha1.Email(fmt.Sprintf("p%d@acme.example", i))})
			}
			table := provider.SnapshotOf(hosting.Identity{}, places, nil, now)
			b.ReportAllocs()
			for b.Loop() {
				got, err := Of(b.Context(), Inputs{
					Objects: declared(g), Now: metav1.NewTime(now), ReferenceGrace: time.Hour,
					Tables: map[types.NamespacedName]*provider.Snapshot{acme: table},
				})
				if err != nil || len(got.Changes) != people {
					b.Fatal(err, len(got.Changes))
				}
			}
		})
	}
}
