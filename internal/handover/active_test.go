package handover

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// AllActive is true of people who are, and of nobody else.
func TestAllActiveNeedsActivePeople(t *testing.T) {
	billing := v1alpha1.Contribution{UID: "u", Digest: "d", Overall: []v1alpha1.OverallPermission{"Billing"}}
	everywhere := v1alpha1.Contribution{UID: "u", Digest: "d", Accounts: []v1alpha1.AccountPermissions{{Permissions: []v1alpha1.AccountPermission{"Sites"}}}}
	nothing := v1alpha1.Contribution{UID: "u", Digest: "d"}
	one := func(c v1alpha1.Contribution, state v1alpha1.ContributionState, person v1alpha1.PersonState) Given {
		record := &v1alpha1.AccessRecord{}
		record.Status.Person, record.Status.Contributions = person, []v1alpha1.ContributionStatus{{UID: "u", Digest: "d", State: state, Reason: v1alpha1.ReasonObserveOnly}}
		return Given{c, record}
	}
	active := one(billing, v1alpha1.ContributionLive, v1alpha1.PersonActive)
	inVain := one(billing, v1alpha1.ContributionLive, v1alpha1.PersonInvited)
	inVain.Record.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionActive, Reason: v1alpha1.ReasonInvitationUnanswered}}
	suspended := one(billing, v1alpha1.ContributionWithheld, v1alpha1.PersonAbsent)
	for what, c := range map[string]struct {
		people    []Given
		want      string
		effective int32
	}{
		"nobody":                       {nil, "False/Nobody", 0},
		"somebody active":              {[]Given{active}, "True/Active", 1},
		"somebody suspended":           {[]Given{suspended}, "False/Nobody", 0},
		"active and suspended":         {[]Given{suspended, active}, "True/Active", 1},
		"active and invited":           {[]Given{active, one(billing, v1alpha1.ContributionLive, v1alpha1.PersonInvited)}, "False/Invited", 2},
		"active and invited in vain":   {[]Given{active, inVain}, "False/InvitationUnanswered", 2},
		"active and waiting":           {[]Given{active, one(billing, v1alpha1.ContributionPending, v1alpha1.PersonAbsent)}, "False/Progressing", 1},
		"active and differing":         {[]Given{active, one(billing, v1alpha1.ContributionFailed, v1alpha1.PersonActive)}, "False/ObserveOnly", 1},
		"invited and differing":        {[]Given{active, one(billing, v1alpha1.ContributionFailed, v1alpha1.PersonInvited)}, "False/Invited", 1},
		"given nothing":                {[]Given{one(nothing, v1alpha1.ContributionLive, v1alpha1.PersonAbsent)}, "False/Nobody", 0},
		"given nothing, and active":    {[]Given{one(nothing, v1alpha1.ContributionLive, v1alpha1.PersonActive)}, "False/Nobody", 0},
		"all accounts of none":         {[]Given{one(everywhere, v1alpha1.ContributionLive, v1alpha1.PersonAbsent)}, "False/Nobody", 1},
		"active, and accounts of none": {[]Given{active, one(everywhere, v1alpha1.ContributionLive, v1alpha1.PersonAbsent)}, "False/Nobody", 2},
	} {
		tally := count(Inputs{Grant: &v1alpha1.PermissionGrant{}}, c.people)
		fact := allActive(tally)
		if got := string(fact.Status) + "/" + fact.Reason; got != c.want || tally.Effective != c.effective {
			t.Errorf("%s: %s (%s), %d have it; want %s, %d", what, got, fact.Message, tally.Effective, c.want, c.effective)
		}
	}
}
