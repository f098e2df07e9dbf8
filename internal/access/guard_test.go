package access

import (
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// S49: to name what another namespace gives somebody is no right to lock them.
func TestNobodyIsLockedWhoHoldsThingsOfOthers(t *testing.T) {
	locking := gives("t", "tenant", "Billing")
	locking.RequireTwoFactor = true
	adopting := locking
	adopting.Adopt = true
	for what, c := range map[string]struct {
		contributions []v1alpha1.Contribution
		live          hosting.Rights
		refused       bool
	}{
		"only what they give":            {[]v1alpha1.Contribution{locking}, hosting.Rights{}, false},
		"what another gives":             {[]v1alpha1.Contribution{locking, gives("o", "owner", "AccountManagement")}, hosting.Rights{}, true},
		"what another gives as well":     {[]v1alpha1.Contribution{locking, gives("o", "owner", "Billing")}, hosting.Rights{}, true},
		"what another of theirs gives":   {[]v1alpha1.Contribution{locking, gives("o", "tenant", "Billing", "AccountManagement")}, hosting.Rights{}, false},
		"what was there before":          {[]v1alpha1.Contribution{locking}, hosting.NewRights(billing), true},
		"where they may":                 {[]v1alpha1.Contribution{adopting, gives("o", "owner", "Billing")}, hosting.Rights{}, false},
		"where another requires it, too": {[]v1alpha1.Contribution{locking, func() v1alpha1.Contribution { c := adopting; c.UID = "a"; return c }()}, hosting.Rights{}, false},
	} {
		want := Unite(c.contributions, nil, nil, hosting.Rights{})
		plan := Decide(want, c.live, Memory{}.Adopt(want, c.live), Departures{}, now).Spare(want, c.live)
		if got := plan.Refused.Has(hosting.TwoFactorRight); got != c.refused || plan.Target.Has(hosting.TwoFactorRight) == c.refused {
			t.Errorf("%s: refused %t", what, got)
		}
		if _, applied := plan.Memory.Intend(want, plan, now).Applied.Of(hosting.TwoFactorRight); applied == c.refused {
			t.Errorf("%s: remembered %t", what, applied)
		}
	}
}

// What is to be used with a second factor only is not given without one.
func TestNothingIsGivenWithoutTheLockItNeeds(t *testing.T) {
	locking := gives("t", "tenant", "Billing")
	locking.RequireTwoFactor = true
	owner := hosting.NewRights(management)
	want := Unite([]v1alpha1.Contribution{locking}, nil, nil, hosting.Rights{})
	plan := Decide(want, owner, Memory{}, Departures{}, now).Spare(want, owner)
	if plan.Pending() || !plan.Target.Equal(owner) || len(plan.Memory.Applied) != 0 {
		t.Errorf("%+v", plan)
	}
	as := gives("o", "owner", "Billing")
	want = Unite([]v1alpha1.Contribution{locking, as}, nil, nil, hosting.Rights{})
	plan = Decide(want, owner, Memory{}, Departures{}, now).Spare(want, owner)
	if !plan.Add.Equal(hosting.NewRights(billing)) {
		t.Errorf("what another gives without: %+v", plan)
	}
}
