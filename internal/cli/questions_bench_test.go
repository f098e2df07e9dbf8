package cli

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// BenchmarkWhoCan asks who may do something on one of 100 accounts, where grants give everybody two permissions on each:
// five times as many people cost about five times as much.
func BenchmarkWhoCan(b *testing.B) {
	key := types.NamespacedName{Namespace: "hosting", Name: "owner"}
	permission, _ := hosting.ByName(hosting.ScopeAccount, "Sites")
	for _, count := range []int{1_000, 5_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			places, rights, objects := access.Places{}, hosting.Rights{}, preview.Objects{}
			var names []v1alpha1.PlaceName
			for i := range 100 {
				name := fmt.Sprintf("account-%d", i)
				places[access.PlaceKey{Scope: hosting.ScopeAccount, Name: name}] = int64(i + 1)
				names = append(names, v1alpha1.PlaceName(name))
				for _, permission := range []string{"Sites", "Databases"} {
					rights = rights.With(hosting.Right{Scope: hosting.ScopeAccount, ID: int64(i + 1), Name: permission})
				}
			}
			var rows []hosting.Row
			for i := range count {
				rows = append(rows, hosting.Row{ID: int64(i + 1), Email: fmt.Sprintf("p%d@acme.example", i), ProfileID: 1, Rights: rights})
			}
			for at := 0; at < count; at += 100 {
				g := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: fmt.Sprint("g", at)}}
				g.Spec.BackendRef.Name = "owner"
				g.Spec.Accounts = []v1alpha1.AccountPermissions{{Names: names, Permissions: []v1alpha1.AccountPermission{"Sites", "Databases"}}}
				for _, row := range rows[at : at+100] {
					g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{Email: v1alpha1.Email(row.Email)})
				}
				objects[preview.Key{Kind: "PermissionGrant", Namespace: "hosting", Name: g.Name}] = g
			}
			table := provider.SnapshotOf(hosting.Identity{Email: "owner@acme.example"}, places, rows, asked)
			b.ReportAllocs()
			for b.Loop() {
				inv, err := ofTable(b.Context(), key, table, preview.Objects{}.Over(objects), report{})
				if err != nil {
					b.Fatal(err)
				}
				answers, _, err := inv.WhoCan(inventory.Question{Permission: permission, Place: "account-7"})
				if err != nil || len(answers) != count {
					b.Fatal(err, len(answers))
				}
			}
		})
	}
}
