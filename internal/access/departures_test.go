package access

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/google/go-cmp/cmp"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

var (
	billing    = hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}
	management = hosting.Right{Scope: hosting.ScopeOverall, Name: "AccountManagement"}
)

func gives(uid types.UID, namespace string, rights ...v1alpha1.OverallPermission) v1alpha1.Contribution {
	return v1alpha1.Contribution{UID: uid, Grant: v1alpha1.GrantReference{Namespace: namespace}, Overall: rights}
}

// I5: whoever leaves a record at the same moment has no part in what others gave; otherwise a
// namespace's mistake, or its churn, would hold what another takes away.
func TestALossIsOnTheAccountOfWhoeverNamedIt(t *testing.T) {
	a, b := gives("a", "ns-a", "Billing"), gives("b", "ns-b", "AccountManagement")
	_, memory := give([]v1alpha1.Contribution{a, b}, hosting.Rights{}, Memory{})
	status := v1alpha1.AccessRecordStatus{}
	memory.Store(&status)
	memory = MemoryOf(status)
	ended := Ended{UID: "a", Namespace: "ns-a", Cause: v1alpha1.CauseExpired, Rights: hosting.NewRights(billing)}
	for what, c := range map[string]struct {
		left Departures
		want Debt
	}{
		"both are deleted": {
			Departures{Removed: []Departure{{"a", "ns-a"}, {"b", "ns-b"}}},
			Debt{Cause: v1alpha1.CauseRemoved, By: []types.UID{"a"}, Namespaces: []string{"ns-a"}},
		},
		"one ends, the other changes": {
			Departures{Changed: []Departure{{"b", "ns-b"}}, Ended: []Ended{ended}},
			Debt{Cause: v1alpha1.CauseExpired, By: []types.UID{"a"}, Namespaces: []string{"ns-a"}},
		},
		"one ends, and another of its namespace changes": {
			Departures{Changed: []Departure{{"c", "ns-a"}}, Ended: []Ended{ended}},
			Debt{Cause: v1alpha1.CauseChanged, By: []types.UID{"c", "a"}, Namespaces: []string{"ns-a"}},
		},
		"nobody was seen to leave": {Departures{}, Debt{Cause: v1alpha1.CauseChanged, Namespaces: []string{"ns-a"}}},
	} {
		c.want.Since = now
		got := debtOf(Remember(Unite(nil, nil, nil, hosting.Rights{}), memory, c.left, now), billing)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	_, both := give([]v1alpha1.Contribution{a, gives("b", "ns-b", "Billing")}, hosting.Rights{}, Memory{})
	if got := debtOf(Remember(Unite(nil, nil, nil, hosting.Rights{}), both, Departures{}, now), billing).Namespaces; !slices.Equal(got, []string{"ns-a", "ns-b"}) {
		t.Error("what both gave is on the account of", got)
	}
	next := Remember(Unite([]v1alpha1.Contribution{a}, nil, nil, hosting.Rights{}), both, Departures{}, now)
	if got := entryOf(next, billing).Namespaces; !slices.Equal(got, []string{"ns-a"}) {
		t.Error("what one still gives is on the account of", got)
	}
}

// Who names what is left out where a status could not hold it.
func TestWhoNamedWhatIsWorthNoFailure(t *testing.T) {
	memory := Memory{Applied: RightMap[Entry]{}}
	for id := range int64(1200) {
		right := hosting.Right{Scope: hosting.ScopeAccount, ID: id + 1, Name: "Sites"}
		memory.Applied = memory.Applied.With(RightPart[Entry]{Rights: hosting.NewRights(right), Value: Entry{Namespaces: []string{"ns", string(rune('a' + id%26)), string(rune('a' + id/26))}}})
	}
	status := v1alpha1.AccessRecordStatus{}
	memory.Store(&status)
	if len(status.Applied) != 1 || MemoryOf(status).Applied.Len() != 1200 {
		t.Error(len(status.Applied))
	}
}

// S32: to retain is for whoever deletes a grant. An end is an end.
func TestWhatEndsIsNotRetained(t *testing.T) {
	keep := gives("keep", "ns", "Billing")
	keep.Retain = true
	_, memory := give([]v1alpha1.Contribution{keep}, hosting.Rights{}, Memory{})
	nothing := Unite(nil, nil, nil, hosting.Rights{})
	for _, cause := range []v1alpha1.OwedCause{v1alpha1.CauseExpired, v1alpha1.CauseSuspended, v1alpha1.CauseReviewMissed, v1alpha1.CauseEndedAtOnce} {
		left := Departures{Ended: []Ended{{UID: "keep", Namespace: "ns", Cause: cause, Rights: hosting.NewRights(billing)}}}
		if got := debtOf(Remember(nothing, memory, left, metav1.Time{}), billing).Cause; got != cause {
			t.Errorf("%s: owed for %q", cause, got)
		}
	}
	elsewhere := Departures{
		Removed: []Departure{{"keep", "ns"}},
		Ended:   []Ended{{UID: "other", Namespace: "ns-b", Cause: v1alpha1.CauseExpired, Rights: hosting.NewRights(billing, management)}},
	}
	if owed := Remember(nothing, memory, elsewhere, now).Owed; len(owed) != 0 {
		t.Error("deleted, and not retained", owed)
	}
}
