package plan

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// changed is somebody whose row has all that grants give, among them one that the status does not report yet, where
// the table was read so long ago.
func changed(ago time.Duration) *person {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, row(billing, management))
	p.Record.Generation = 1
	p.Record.Spec.Contributions = append(p.Record.Spec.Contributions, v1alpha1.Contribution{
		UID: "new", Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "new"}, Overall: []v1alpha1.OverallPermission{"Billing"},
	})
	p.Provider.Read = now.Add(-ago)
	return p
}

// summary is what a status reports: why it is Ready or not, and how the grants fare.
func summary(s v1alpha1.AccessRecordStatus) string {
	text := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionReady).Reason
	for _, echo := range s.Contributions {
		text += " " + string(echo.State) + echo.Reason
	}
	return text
}

// A row that was read by itself counts, however old the table is. In a table that is too old, what was reported
// of a contribution stands, and nothing new is reported.
func TestHowLongATableCounts(t *testing.T) {
	const old = 2 * time.Minute // two intervals
	stale := "BackendNotReady Live PendingBackendNotReady"
	for what, c := range map[string]struct {
		p    *person
		want string
	}{
		"a table of now":       {changed(0), "AsDeclared Live Live"},
		"almost too old":       {changed(old - time.Second), "AsDeclared Live Live"},
		"too old":              {changed(old), stale},
		"too old, a fresh row": {changed(old).with(func(p *person) { p.Fresh = true }), "AsDeclared Live Live"},
		"too old, observed":    {changed(old).with(func(p *person) { p.Backend.Spec.Mode = v1alpha1.ModeObserve }), stale},
		"too old, and another grant names no place": {changed(old).with(func(p *person) {
			p.Record.Spec.Contributions = append(p.Record.Spec.Contributions, v1alpha1.Contribution{UID: "bad", Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "bad"},
				Accounts: []v1alpha1.AccountPermissions{{Names: []v1alpha1.PlaceName{"nowhere"}, Permissions: []v1alpha1.AccountPermission{"Sites"}}}})
		}), "PlaceUnknown Live PendingBackendNotReady PendingBackendNotReady"},
		"too old, and a grant that had failed": {changed(old).with(func(p *person) {
			echo := &p.Record.Status.Contributions[0]
			echo.State, echo.Reason = v1alpha1.ContributionFailed, v1alpha1.ReasonPlaceUnknown
		}), "BackendNotReady FailedPlaceUnknown PendingBackendNotReady"},
		"too old, and a grant that had another spec": {changed(old).with(func(p *person) { p.Record.Status.Contributions[0].Digest = "before" }),
			"BackendNotReady PendingBackendNotReady PendingBackendNotReady"},
		"too old, and the row is two":  {changed(old).with(func(p *person) { p.Provider.Ambiguous = true }), "Conflict FailedConflict FailedConflict"},
		"not read since the start":     {changed(0).with(func(p *person) { p.Provider, p.Row = Provider{}, nil }), stale},
		"too old, and something to do": {changed(old).with(func(p *person) { p.Row = row(management) }), "Progressing PendingProgressing PendingProgressing"},
	} {
		if got := summary(c.p.publish().Status); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}

// While the next reading is late, a status that speaks of the spec as it is stands. A reading that takes long is not
// old when it ends.
func TestWhoWaitsForTheNextReading(t *testing.T) {
	for what, c := range map[string]struct {
		ago  time.Duration
		want bool
	}{"read now, though it took an hour": {0, false}, "late": {2 * time.Minute, true}} {
		p := changed(c.ago)
		p.publish()
		p.Provider.Verified = now.Add(-time.Hour)
		if got := p.decide().Wait(p.Inputs) > 0; got != c.want {
			t.Errorf("%s: %v", what, got)
		}
		p.Row = row(management)
		if d := p.decide(); d.Step != Write || d.Wait(p.Inputs) > 0 != c.want {
			t.Errorf("%s: who is to be written to waits for %s", what, d.Wait(p.Inputs))
		}
	}
}

// What stands while the provider fails for a moment is what the contributions report, too.
func TestAFailureForAMomentIsReportedAlike(t *testing.T) {
	down := &hosting.Error{Class: hosting.ClassUnavailable}
	for what, c := range map[string]struct {
		change func(*person)
		want   string
	}{
		"a reading failed":                     {func(p *person) { p.Provider.Err = down }, "AsDeclared Live Live"},
		"a reading failed, and the row is two": {func(p *person) { p.Provider.Err, p.Provider.Ambiguous = down, true }, "ProviderUnavailable PendingProviderUnavailable PendingProviderUnavailable"},
		"a call failed after the row was read": {func(p *person) { p.Fresh, p.Done.Failure = true, down }, "AsDeclared Live Live"},
		"a call failed after the row was read, in a table that is too old": {func(p *person) {
			p.Fresh, p.Done.Failure, p.Provider.Read = true, down, now.Add(-time.Hour)
		}, "AsDeclared Live Live"},
	} {
		if got := summary(changed(0).with(c.change).publish().Status); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}

// What was to be added before a write is not reported as pending when a call after it fails.
func TestNothingIsPendingThatWasJustDone(t *testing.T) {
	p := changed(0)
	p.Record.Status.Pending = &v1alpha1.PendingChange{AddCount: 2}
	p.Fresh, p.Done = true, Result{Written: true, Effective: true, Failure: &hosting.Error{Class: hosting.ClassUnavailable}}
	if got := p.publish().Status.Pending; got != nil {
		t.Errorf("%+v", got)
	}
	p = changed(0) // nothing was read
	p.Record.Status.Pending = &v1alpha1.PendingChange{AddCount: 2}
	p.Provider.Err = &hosting.Error{Class: hosting.ClassUnavailable}
	if got := p.publish().Status.Pending; got == nil {
		t.Error("a status that stands is changed")
	}
}
