package plan

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// I9: what only says that something is on its way may be put off, and nothing else: no status that remembers something,
// nor one in the place of Ready=True of the spec as it is.
func TestOnlyWhatIsOnItsWayMayBePutOff(t *testing.T) {
	ready := func(status metav1.ConditionStatus, generation int64) []metav1.Condition {
		return []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: status, ObservedGeneration: generation}}
	}
	for what, c := range map[string]struct {
		change func(p *person)
		want   bool
	}{
		"a person of whom nothing is known yet": {func(p *person) {
			p.Record.Status = v1alpha1.AccessRecordStatus{ObservedGeneration: -1}
			p.recall()
		}, true},
		"what is Ready, for an earlier spec": {func(p *person) { p.Record.Status.Conditions = ready(metav1.ConditionTrue, 1) }, true},
		"what is Ready":                      {func(p *person) { p.Record.Status.Conditions = ready(metav1.ConditionTrue, 2) }, false},
		"what was on its way before":         {func(p *person) { p.Record.Status.Conditions = ready(metav1.ConditionFalse, 2) }, true},
		"another row than was seen": {func(p *person) {
			p.Row = row(management)
		}, false},
		"something is owed that was not": {func(p *person) {
			p.remember(access.Memory{Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(management)}}})
			p.Row = row(management)
			p.Record.Status.Live = access.Names{}.Live(p.Row.Rights)
		}, false},
		"a namespace names the person no longer": {func(p *person) {
			p.Record.Status.Sources = []v1alpha1.SourceNamespace{{Namespace: "other", Since: now}}
		}, false},
		"a contribution has left": {func(p *person) {
			p.Record.Status.Contributions = append(p.Record.Status.Contributions, v1alpha1.ContributionStatus{UID: "left", State: v1alpha1.ContributionLive})
		}, false},
		"a write failed": {func(p *person) { p.Inputs = Failed(p.Inputs, &hosting.Error{Class: hosting.ClassUnavailable}) }, false},
		"nothing is on its way": {func(p *person) {
			p.Row = row(billing)
			p.Record.Status.Live = access.Names{}.Live(p.Row.Rights)
		}, false},
	} {
		p := personWith([]v1alpha1.OverallPermission{"Billing"}, nil)
		p.Row = row()
		p.remember(access.Memory{})
		p.Record.Generation = 2
		p.Record.Status.Live = nil
		p.Record.Status.Conditions = nil
		p.Record.Status.TwoFactor = v1alpha1.TwoFactorNotRequired
		p.Record.Status.Contributions[0].Digest = "before"
		c.change(p)
		if report := Status(p.Inputs, p.decide(), 0); report.Passing != c.want {
			t.Errorf("%s: %v\n%+v\n%+v", what, report.Passing, p.Record.Status, report.Status)
		}
	}
}
