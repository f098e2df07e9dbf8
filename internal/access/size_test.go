package access

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// subsets gives each of some accounts another set of permissions: one is on every account in
// whose number its bit is.
func subsets(accounts, permissions int) []v1alpha1.AccountPermissions {
	var list []v1alpha1.AccountPermissions
	for bit, p := range accountPermissions()[:permissions] {
		one := v1alpha1.AccountPermissions{Permissions: []v1alpha1.AccountPermission{v1alpha1.AccountPermission(p)}}
		for i := 1; i <= accounts; i++ {
			if i>>bit&1 == 1 {
				one.Names = append(one.Names, v1alpha1.PlaceName(fmt.Sprint("a", i)))
			}
		}
		list = append(list, one)
	}
	return list
}

func accountPermissions() (names []string) {
	for _, p := range hosting.Catalogue() {
		if p.Scope == hosting.ScopeAccount {
			names = append(names, p.Name)
		}
	}
	return names
}

// manyAccounts are the accounts that subsets is about.
func manyAccounts(count int) Places {
	accounts := make([]hosting.Place, count)
	for i := range accounts {
		accounts[i] = hosting.Place{ID: int64(400_001 + i), Name: fmt.Sprint("a", i+1)}
	}
	return PlacesOf(accounts, nil)
}

// crowd is what so many namespaces give one person, each the same.
func crowd(namespaces int, accounts []v1alpha1.AccountPermissions) (list []v1alpha1.Contribution) {
	for i := range namespaces {
		name := fmt.Sprintf("%s-%03d", strings.Repeat("n", 59), i)
		list = append(list, v1alpha1.Contribution{
			UID: types.UID(fmt.Sprintf("11111111-2222-3333-4444-%012d", i)), Grant: v1alpha1.GrantReference{Namespace: name, Name: "g"}, Accounts: accounts,
		})
	}
	return list
}

// told is a status with everything that is remembered of a row.
func told(memory Memory, live hosting.Rights, pins Places) v1alpha1.AccessRecordStatus {
	status := v1alpha1.AccessRecordStatus{Live: manyAccounts(1023).Names().Live(live)}
	pins.StorePins(&status)
	memory.Store(&status)
	return status
}

// writable says what an API server would have against a status; empty for nothing.
func writable(status v1alpha1.AccessRecordStatus) string {
	body, err := json.Marshal(status)
	switch {
	case err != nil:
		return err.Error()
	case len(body) > 512<<10:
		return fmt.Sprintf("%d KiB", len(body)>>10)
	case len(status.Live) > 1000 || len(status.Applied) > 1000 || len(status.Owed) > 1000 || len(status.Pins) > 2000:
		return fmt.Sprintf("%d live, %d applied, %d owed, %d pins", len(status.Live), len(status.Applied), len(status.Owed), len(status.Pins))
	}
	return ""
}

func leave(contributions []v1alpha1.Contribution) (left Departures) {
	for _, c := range contributions {
		left.Removed = append(left.Removed, Departure{UID: c.UID, Namespace: c.Grant.Namespace})
	}
	return left
}

// What else is in a status leaves 304 KiB for what is told of rights.
func TestTheRestOfAStatusIsBounded(t *testing.T) {
	long := func(length int) string { return strings.Repeat("x", length) }
	status := v1alpha1.AccessRecordStatus{
		ObservedGeneration: 1 << 40, Person: v1alpha1.PersonAbsent, TwoFactor: v1alpha1.TwoFactorNotRequired, RowID: 1 << 40, Permissions: 1 << 30, Grants: long(800),
		Invitation: &v1alpha1.InvitationStatus{State: v1alpha1.InvitationUnsupported, Sender: v1alpha1.SenderProvider, Ordinal: 1 << 30, IntendedAt: &now, SentAt: &now, ExpiresAt: &now, Asked: 5, AskedAt: &now, MessageID: long(320), Message: long(512)},
	}
	status.Pending = &v1alpha1.PendingChange{Add: []v1alpha1.NamedRights{{Places: []string{long(16 << 10)}}}}
	for range 8 { // there are seven types
		status.Conditions = append(status.Conditions, metav1.Condition{Type: long(30), Status: metav1.ConditionUnknown, ObservedGeneration: 1 << 40, LastTransitionTime: now, Reason: long(40), Message: long(512)})
	}
	for range 20 {
		status.History = append(status.History, v1alpha1.Change{At: now, Kind: v1alpha1.ChangeDriftCorrected, Permissions: 1 << 30, Causes: slices.Repeat([]v1alpha1.OwedCause{v1alpha1.CauseChanged}, 8), Grants: long(1000)})
	}
	for range 256 {
		status.Sources = append(status.Sources, v1alpha1.SourceNamespace{Namespace: long(63), Since: now, Until: &now, Removed: &now, Suspended: &now})
	}
	for range 64 {
		status.Contributions = append(status.Contributions, v1alpha1.ContributionStatus{
			UID: types.UID(long(36)), Grant: &v1alpha1.GrantReference{Namespace: long(63), Name: v1alpha1.ObjectName(long(253))}, Digest: long(32),
			End: &v1alpha1.End{At: now, Cause: v1alpha1.CauseReviewMissed}, EndSince: &now, Resend: long(16), State: v1alpha1.ContributionRelinquished, Reason: long(40), Message: long(512),
		})
	}
	if size := SizeOf(status); size+maxTold > 512<<10 {
		t.Errorf("%d KiB", size>>10)
	}
}

// Forty-eight namespaces and 256 accounts: as many as strangers get into a record.
func TestAStatusTellsWhoNamesWhatOnce(t *testing.T) {
	contributions, listed := crowd(48, subsets(256, 9)), manyAccounts(256)
	want := Unite(contributions, listed, nil, hosting.Rights{})
	memory := Memory{Applied: RightMap[Entry]{}}
	for right := range want.Rights.All() {
		memory.Applied = memory.Applied.With(RightPart[Entry]{Rights: hosting.NewRights(right), Value: Entry{Namespaces: want.namespaces(right, nil)}})
	}
	status := told(memory, want.Rights, want.Pins)
	if problem := writable(status); problem != "" {
		t.Error("given:", problem)
	}
	if got := MemoryOf(status); got.Applied.Len() != memory.Applied.Len() || len(entryOf(got, want.Rights.Sorted()[0]).Namespaces) != 48 {
		t.Error("it is not all there")
	}
	gone := Remember(Unite(nil, listed, want.Pins, memory.Named()), memory, leave(contributions), now)
	status = told(gone, want.Rights, want.Pins)
	if problem := writable(status); problem != "" {
		t.Error("left:", problem)
	}
	got := MemoryOf(status)
	if debt := debtOf(got, want.Rights.Sorted()[0]); got.Owed.Len() != memory.Applied.Len() || len(debt.Namespaces) != 48 || len(debt.By) != 48 {
		t.Error("it is not all owed, by everybody:", got.Owed.Len(), len(debt.Namespaces), len(debt.By))
	}
}

// Ten permissions make 1,023 different sets of them, one for each of so many accounts.
func TestAThousandDifferentSets(t *testing.T) {
	listed := manyAccounts(1023)
	want := Unite(crowd(1, subsets(1023, 10)), listed, nil, hosting.Rights{})
	memory := Memory{Applied: RightMap[Entry]{}}
	for right := range want.Rights.All() {
		memory.Applied = memory.Applied.With(RightPart[Entry]{Rights: hosting.NewRights(right), Value: Entry{Namespaces: want.namespaces(right, nil)}})
	}
	for what, status := range map[string]v1alpha1.AccessRecordStatus{
		"ours":         told(memory, want.Rights, want.Pins),
		"of others":    told(Memory{}, want.Rights, nil),
		"due to go":    told(Remember(Unite(nil, nil, nil, hosting.Rights{}), memory, Departures{}, now), want.Rights, nil),
		"undeclared":   told(Memory{Owed: RightMap[Debt]{}}.Claim(Want{}, want.Rights, listed, "ns", now), want.Rights, nil),
		"none of them": told(memory, hosting.Rights{}, want.Pins),
	} {
		if problem := writable(status); problem != "" {
			t.Errorf("%s: %s", what, problem)
		}
	}
}
