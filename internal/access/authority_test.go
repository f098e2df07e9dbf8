package access

import (
	"math/rand/v2"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Absence is no proof for what is claimed either: a list of accounts that was cut off must
// not make what it lacks look as if nobody named it.
func TestNothingIsClaimedThatCannotBeSeen(t *testing.T) {
	all := true
	everywhere := v1alpha1.Contribution{UID: "u", Accounts: []v1alpha1.AccountPermissions{{All: &all, Permissions: []v1alpha1.AccountPermission{"Sites"}}}}
	live := hosting.NewRights(
		hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}, hosting.Right{Scope: hosting.ScopeAccount, ID: 2, Name: "Sites"},
		hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "FTP"}, hosting.Right{Scope: hosting.ScopeAccount, ID: 2, Name: "FTP"},
		hosting.Right{Scope: hosting.ScopeServer, ID: 7, Name: "SSHUsers"}, billing, hosting.TwoFactorRight,
	)
	for what, c := range map[string]struct {
		places Places
		due    int
	}{"all are listed": {places, 4}, "none is listed": {Places{}, 1}} {
		claimed := Memory{Owed: RightMap[Debt]{}}.Claim(Unite([]v1alpha1.Contribution{everywhere}, c.places, nil, hosting.Rights{}), live, c.places, "ns", now)
		if claimed.Owed.Len() != c.due {
			t.Errorf("%s: %v", what, claimed.Owed)
		}
	}
}

func TestADebtIsNeverOfATimeToCome(t *testing.T) {
	before, after := metav1.NewTime(now.Add(-1)), metav1.NewTime(now.Add(1))
	memory := Memory{Owed: RightMap[Debt]{{Rights: hosting.NewRights(billing), Value: Debt{Since: before}}, {Rights: hosting.NewRights(management), Value: Debt{Since: after}}}}.Until(now)
	if debtOf(memory, billing).Since != before || debtOf(memory, management).Since != now {
		t.Error(memory.Owed)
	}
}

// What was found in the table stays whose it is to a grant that may not adopt it, also where it
// was due to go in between because the backend was Authoritative.
func TestWhatWasClaimedIsNotGivenAway(t *testing.T) {
	live := hosting.NewRights(billing)
	claimed := MemoryOf(v1alpha1.AccessRecordStatus{}).Claim(Unite(nil, nil, nil, hosting.Rights{}), live, places, "ns", now)
	if _, due := claimed.Owed.Of(billing); !due {
		t.Fatal(claimed)
	}
	for _, adopt := range []bool{false, true} {
		c := gives("u", "tenant", "Billing")
		c.Adopt = adopt
		want := Unite([]v1alpha1.Contribution{c}, places, nil, claimed.Named())
		plan := Decide(want, live, claimed.Adopt(want, live), Departures{}, now)
		entry, ours := plan.Memory.Applied.Of(billing)
		if ours != adopt || entry.Adopted != adopt || len(plan.Memory.Owed) > 0 || plan.Pending() {
			t.Errorf("adopt %v: %+v", adopt, plan)
		}
	}
}

// What nobody declared may be more than a record can remember as due to go: it goes in parts.
func TestWhatIsUndeclaredGoesInParts(t *testing.T) {
	live, listed, random := hosting.Rights{}, manyAccounts(1200), rand.New(rand.NewPCG(5, 6))
	for i := range 1200 {
		for _, name := range accountPermissions() {
			if random.IntN(2) == 1 {
				live = live.With(hosting.Right{Scope: hosting.ScopeAccount, ID: int64(400_001 + i), Name: name})
			}
		}
	}
	for part := 0; !live.Empty(); part++ {
		claimed := Memory{Owed: RightMap[Debt]{}}.Claim(Want{}, live, listed, "ns", now)
		if problem := writable(told(claimed, live, nil)); problem != "" {
			t.Fatal(problem)
		}
		if again := claimed.Claim(Want{}, live, listed, "ns", now); again.Owed.Len() != claimed.Owed.Len() || claimed.Owed.Len() == 0 || claimed.Owed.Len() > maxClaimed || part > 1 {
			t.Fatalf("part %d: %d are due to go, and then %d", part, claimed.Owed.Len(), again.Owed.Len())
		}
		live = live.Minus(claimed.Owed.Rights())
	}
}
