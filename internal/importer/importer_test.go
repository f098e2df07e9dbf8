package importer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/testkit/tables"
)

var now = time.Unix(1_800_000_000, 0)

const backend = `apiVersion: hostgrant.io/v1alpha1
kind: HostingBackend
metadata: {name: owner, namespace: hosting}
spec: {endpoint: {url: "https://api.example.com/v1/", credentialsSecretRef: {name: key}}}
`

// stream is what an import writes.
func stream(t rapid.TB, i Import) string {
	t.Helper()
	text := backend
	for _, object := range i.Objects() {
		body, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		text += "---\n" + strings.ReplaceAll(string(body), "\nstatus: {}", "")
	}
	return text
}

// What is imported is valid, changes nothing when it is applied, and says all that manifests can say.
func TestAnImportPlansToNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tables.Draw(t).Snapshot(now)
		protected := rapid.SliceOfN(rapid.SampledFrom(append(table.Addresses(), "nobody@acme.example")), 0, 2).Draw(t, "protected")
		imported := Of(table, Options{Namespace: "hosting", Backend: "owner", Protected: protected})
		reading := manifest.Reading{}
		reading.Stream(t.Context(), "import", strings.NewReader(stream(t, imported)))
		set, err := reading.Set()
		if err != nil {
			t.Fatal(err)
		}
		for key, object := range set.Objects {
			if g, ok := object.(*v1alpha1.PermissionGrant); ok {
				g.UID, g.CreationTimestamp = types.UID(key.String()), metav1.NewTime(now)
			}
		}
		owner := types.NamespacedName{Namespace: "hosting", Name: "owner"}
		b := set.Objects[preview.Key{Kind: "HostingBackend", Namespace: owner.Namespace, Name: owner.Name}].(*v1alpha1.HostingBackend)
		for _, email := range protected {
			b.Spec.ProtectedEmails = append(b.Spec.ProtectedEmails, v1alpha1.Email(email))
		}
		in := preview.Inputs{Objects: set.Objects, Now: metav1.NewTime(now), Tables: map[types.NamespacedName]*provider.Snapshot{owner: table}}
		got, err := preview.Of(t.Context(), in)
		if err != nil || len(got.Changes)+len(got.Issues) > 0 {
			t.Fatalf("%v: changes %+v, issues %+v\n%s", err, got.Changes, got.Issues, stream(t, imported))
		}
		said(t, in, table, owner, protected)
		// Once the records remember all of it, the same manifests change nothing either.
		if in.Records, err = preview.Assume(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if got, err = preview.Of(t.Context(), in); err != nil || len(got.Changes)+len(got.Issues) > 0 {
			t.Fatalf("adopted: %v: changes %+v, issues %+v\n%s", err, got.Changes, got.Issues, stream(t, imported))
		}
	})
}

// said finds what manifests could say and do not: all of it is taken for given, and goes with them.
func said(t *rapid.T, in preview.Inputs, table *provider.Snapshot, owner types.NamespacedName, protected []string) {
	records, err := preview.Assume(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	remembered := map[string]hosting.Rights{}
	for _, record := range records {
		remembered[string(record.Spec.Email)] = access.MemoryOf(record.Status).Named()
	}
	for _, address := range table.Addresses() {
		row, _ := table.Row(address)
		if table.Ambiguous(address) || access.SameAddress(address, table.Identity.Email) || slices.ContainsFunc(protected, func(p string) bool { return access.SameAddress(p, address) }) {
			continue
		}
		lacks := hosting.Rights{}
		for _, right := range row.Rights.Sorted() {
			_, known := hosting.ByName(right.Scope, right.Name)
			if known && right.Scope != hosting.ScopeFlag && (right.Scope != hosting.ScopeAccount || right.ID != tables.Unnameable && right.ID != tables.Nowhere) && !remembered[address].Has(right) {
				lacks = lacks.With(right)
			}
		}
		if !lacks.Empty() {
			t.Fatalf("%s on %s: nothing says %v", address, owner, lacks.Sorted())
		}
	}
}

func TestEqualBundlesBecomeASet(t *testing.T) {
	places := access.PlacesOf([]hosting.Place{{ID: 1, Name: "shop"}, {ID: 2, Name: "blog"}}, nil)
	on := func(id int64, names ...string) []hosting.Right {
		var list []hosting.Right
		for _, name := range names {
			list = append(list, hosting.Right{Scope: hosting.ScopeAccount, ID: id, Name: name})
		}
		return list
	}
	table := provider.SnapshotOf(hosting.Identity{}, places, []hosting.Row{
		{ID: 1, Email: "ann@acme.example", ProfileID: 1, Rights: hosting.NewRights(on(1, "Sites", "Databases")...)},
		{ID: 2, Email: "bob@acme.example", ProfileID: 2, Rights: hosting.NewRights(on(2, "Sites", "Databases")...)},
		{ID: 3, Email: "cyd@acme.example", Rights: hosting.NewRights(hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"})},
		{ID: 4, Email: "dan@acme.example", ProfileID: 4, Rights: hosting.NewRights(hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"})},
	}, now)
	got := Of(table, Options{Namespace: "hosting", Backend: "owner"})
	if len(got.Profiles) != 4 || len(got.Sets) != 1 || len(got.Grants) != 3 || len(got.Notes) != 1 {
		t.Fatalf("%d profiles, %d sets, %d grants, notes %v", len(got.Profiles), len(got.Sets), len(got.Grants), got.Notes)
	}
	if g := got.Grants[0]; g.Name != "ann" || len(g.Spec.PermissionSetRefs) != 1 || string(g.Spec.PermissionSetRefs[0].Name) != got.Sets[0].Name || len(g.Spec.Accounts[0].Permissions) != 0 {
		t.Errorf("%+v", g.Spec)
	}
	if g := got.Grants[2]; g.Name != "group" || len(g.Spec.Subjects) != 2 || g.Spec.Reason == "" {
		t.Errorf("%s: %+v", g.Name, g.Spec)
	}
}

// What a namespace holds already keeps its name, and people keep their Profiles.
func TestNamesThatAreTaken(t *testing.T) {
	sites := hosting.NewRights(hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}, hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "FTP"})
	both := sites.Union(hosting.NewRights(hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}))
	table := provider.SnapshotOf(hosting.Identity{}, access.PlacesOf([]hosting.Place{{ID: 1, Name: "shop"}}, nil), []hosting.Row{
		{ID: 1, Email: "Ann@acme.example", ProfileID: 1, Rights: sites},
		{ID: 2, Email: "bob@acme.example", ProfileID: 2, Rights: both},
	}, now)
	existing := Existing{}
	for name, email := range map[string]v1alpha1.Email{"ann-lee": "ann@ACME.example", "ann-old": "ann@acme.example", "bob": "bob@other.example"} {
		one := v1alpha1.Profile{Spec: v1alpha1.ProfileSpec{Email: email}}
		one.Name = name
		existing.Profiles = append(existing.Profiles, one)
	}
	free := Of(table, Options{Namespace: "hosting", Backend: "owner"})
	if len(free.Sets) != 1 || len(free.Grants) != 2 {
		t.Fatalf("%d sets, %d grants", len(free.Sets), len(free.Grants))
	}
	existing.Sets, existing.Grants = []v1alpha1.PermissionSet{*free.Sets[0]}, []v1alpha1.PermissionGrant{*free.Grants[1]}
	got := Of(table, Options{Namespace: "hosting", Backend: "owner", Existing: existing})
	var names []string
	for _, object := range got.Objects() {
		names = append(names, object.GetName())
	}
	taken := free.Grants[1].Name
	if want := fmt.Sprint([]string{"bob-2", free.Sets[0].Name + "-2", "ann-lee", taken + "-2"}); fmt.Sprint(names) != want || taken != "bob" {
		t.Errorf("got %v, want %s", names, want)
	}
	if ref := got.Grants[0].Spec.Subjects[0].ProfileRef.Name; ref != "ann-lee" {
		t.Error("the grant refers to", ref)
	}
	if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "1 person has a Profile in the namespace already") {
		t.Error(got.Notes)
	}
}
