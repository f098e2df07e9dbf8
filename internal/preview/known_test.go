package preview

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// What grants of namespaces give that were not read stays.
func TestWhatOthersGiveStays(t *testing.T) {
	record := had("carl@acme.example", "theirs")
	record.Spec.Contributions[0].Grant.Namespace = "tenant"
	snapshot, err := provider.Read(t.Context(), table{rows: []hosting.Row{row(1, "carl@acme.example", billing)}}, clocktesting.NewFakePassiveClock(now))
	if err != nil {
		t.Fatal(err)
	}
	for read, changes := range map[string]int{"hosting": 0, "tenant": 1} {
		got, err := Of(t.Context(), Inputs{
			Objects: declared(), Read: map[string]bool{read: true}, Records: []v1alpha1.AccessRecord{record}, Now: metav1.NewTime(now),
			Tables: map[types.NamespacedName]*provider.Snapshot{acme: snapshot},
		})
		if err != nil || len(got.Changes) != changes {
			t.Errorf("%s read: %v %+v", read, err, got.Changes)
		}
	}
}

// What somebody approved goes: it is not said to be held.
func TestWhatIsApprovedGoes(t *testing.T) {
	record := had("ann@acme.example", "gone")
	record.Spec.Contributions = nil
	record.Status.Contributions = nil
	record.Status.Applied = nil
	access.Memory{Owed: access.RightMap[access.Debt]{{Rights: hosting.NewRights(billing), Value: access.Debt{Cause: v1alpha1.CauseRemoved, Namespaces: []string{acme.Namespace}, Since: metav1.NewTime(now.Add(-time.Hour)), Batch: "abc123"}}}}.Store(&record.Status)
	for _, released := range []bool{false, true} {
		objects := declared()
		backend := objects[Key{"HostingBackend", acme.Namespace, acme.Name}].(*v1alpha1.HostingBackend)
		backend.Status.HeldRemovals = []v1alpha1.HeldRemoval{{Digest: "abc123", Namespace: acme.Namespace, Released: released}}
		got := previewed(t, objects, []v1alpha1.AccessRecord{record}, row(1, "ann@acme.example", billing, sites))
		if len(got.Changes) != 1 || (len(got.Changes[0].Remove) == 1) != released || (got.Changes[0].Held.Len() == 1) == released {
			t.Errorf("released %t: %+v", released, got.Changes)
		}
	}
}

// A grant on all accounts changes something also where no record knows an account; one on a backend that is not
// there changes nothing, and says so.
func TestWhatIsNotKnown(t *testing.T) {
	g := grant("g", "ann@acme.example")
	g.Spec.Overall, g.Spec.Accounts = nil, []v1alpha1.AccountPermissions{{All: ptr.To(true), Permissions: []v1alpha1.AccountPermission{"Sites"}}}
	objects := declared(g)
	backend := objects[Key{"HostingBackend", acme.Namespace, acme.Name}].(*v1alpha1.HostingBackend)
	snapshot, unknown := TableOf(backend, nil, objects, now)
	in := Inputs{Objects: objects, Now: metav1.NewTime(now), Tables: map[types.NamespacedName]*provider.Snapshot{acme: snapshot}}
	if got, err := Of(t.Context(), in); err != nil || len(got.Changes) != 1 || !slices.Equal(unknown, []string{"all of accounts"}) {
		t.Error(err, got.Changes, unknown)
	}
	g.Spec.BackendRef.Name = "acne"
	if got, err := Of(t.Context(), in); err != nil || len(got.Changes) != 0 || len(got.Issues) != 1 || got.Issues[0].Reason != v1alpha1.ReasonBackendNotFound {
		t.Error(err, got.Changes, got.Issues)
	}
}

// What is taken away may let more be given: a second factor is not required while something in the row is not ours.
func TestWhatIsGivenAfterSomethingWasTakenAway(t *testing.T) {
	g := grant("a", "ann@acme.example")
	g.Spec.Overall, g.Spec.RequireTwoFactor = []v1alpha1.OverallPermission{"AccountManagement"}, true
	objects := declared(g)
	backend := objects[Key{"HostingBackend", acme.Namespace, acme.Name}].(*v1alpha1.HostingBackend)
	backend.Spec.GrantRules = []v1alpha1.GrantRule{{
		Name: "own", Namespaces: v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesSame}, Permissions: v1alpha1.RulePermissions{All: ptr.To(true)},
		EmailDomains: []v1alpha1.DomainName{"*"}, Adopt: ptr.To(false),
	}}
	got := previewed(t, objects, []v1alpha1.AccessRecord{had("ann@acme.example", "b")}, row(1, "ann@acme.example", billing))
	if len(got.Changes) != 1 || got.Changes[0].Added().Len() != 2 || !got.Changes[0].Removed().Has(billing) {
		t.Errorf("%+v, issues %+v", got.Changes, got.Issues)
	}
}

// A grant that is deleted leaves nothing behind where the rules of today are against it, whatever its policy was.
func TestWhatADeletedGrantMayNotLeaveBehind(t *testing.T) {
	record := had("ann@acme.example", "gone")
	record.Spec.Contributions[0].Retain = true
	access.Memory{Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing), Value: access.Entry{Retain: true, Namespaces: []string{acme.Namespace}}}}}.Store(&record.Status)
	for _, allowed := range []bool{true, false} {
		objects := declared()
		backend := objects[Key{"HostingBackend", acme.Namespace, acme.Name}].(*v1alpha1.HostingBackend)
		backend.Spec.GrantRules = []v1alpha1.GrantRule{{
			Name: "own", Namespaces: v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesSame}, Permissions: v1alpha1.RulePermissions{All: ptr.To(allowed)}, EmailDomains: []v1alpha1.DomainName{"*"},
		}}
		got := previewed(t, objects, []v1alpha1.AccessRecord{*record.DeepCopy()}, row(1, "ann@acme.example", billing))
		if removed := len(got.Changes) == 1 && got.Changes[0].Removed().Has(billing); removed == allowed {
			t.Errorf("allowed %v: %+v", allowed, got.Changes)
		}
	}
}
