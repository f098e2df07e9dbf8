package handover

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// A record tells a grant of its own contribution and of the person, and nothing of what others give.
func TestWhatARecordTells(t *testing.T) {
	record := func() *v1alpha1.AccessRecord {
		r := &v1alpha1.AccessRecord{}
		for _, uid := range []types.UID{"a", "b"} {
			r.Spec.Contributions = append(r.Spec.Contributions, v1alpha1.Contribution{UID: uid, Digest: "d"})
			r.Status.Contributions = append(r.Status.Contributions, v1alpha1.ContributionStatus{UID: uid, Digest: "d", State: v1alpha1.ContributionPending})
		}
		return r
	}
	for what, c := range map[string]struct {
		change func(r *v1alpha1.AccessRecord)
		a, b   bool
	}{
		"nothing":                  {func(*v1alpha1.AccessRecord) {}, false, false},
		"what is remembered":       {func(r *v1alpha1.AccessRecord) { r.Status.RowID = 7; r.Status.WriteIntendedAt = &metav1.Time{} }, false, false},
		"the state of one":         {func(r *v1alpha1.AccessRecord) { r.Status.Contributions[0].State = v1alpha1.ContributionLive }, true, false},
		"the contribution of one":  {func(r *v1alpha1.AccessRecord) { r.Spec.Contributions[1].Digest = "e" }, false, true},
		"the person has a profile": {func(r *v1alpha1.AccessRecord) { r.Status.Person = v1alpha1.PersonActive }, true, true},
		"the second factor":        {func(r *v1alpha1.AccessRecord) { r.Status.TwoFactor = v1alpha1.TwoFactorMissing }, true, true},
		"the invitation": {func(r *v1alpha1.AccessRecord) {
			r.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionActive, Reason: "Invited"}}
		}, true, true},
		"another condition": {func(r *v1alpha1.AccessRecord) {
			r.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady}}
		}, false, false},
		"the record is being deleted": {func(r *v1alpha1.AccessRecord) { r.DeletionTimestamp = &metav1.Time{} }, true, true},
	} {
		changed := record()
		c.change(changed)
		before, after := ViewsOf(record()), ViewsOf(changed)
		if a, b := !before["a"].Equal(after["a"]), !before["b"].Equal(after["b"]); a != c.a || b != c.b {
			t.Errorf("%s: tells a %v and b %v", what, a, b)
		}
	}
}
