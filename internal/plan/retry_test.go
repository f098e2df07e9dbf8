package plan

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// wrote does the write of a decision, after which the row is as given, and publishes what it came to.
func (p *person) wrote(d Decision, row *hosting.Row) Report {
	record := p.Record.DeepCopy()
	record.Status = d.IntentStatus(p.Inputs)
	p.Inputs = Wrote(Persisted(p.Inputs, d, record), d, row, p.Now)
	d = p.decide()
	report := Status(p.Inputs, d, time.Minute)
	p.Retry = d.Retried(p.Inputs, p.Retry)
	if d.Failed(p.Inputs) {
		p.Retry.Failed, p.Retry.Until = d.Attempt(p.Inputs).Cause, p.Now.Add(report.RetryAfter)
	}
	p.Record.Status, p.Done = report.Status, Result{}
	p.recall()
	return report
}

// ends is a contribution that gives something until a time.
func ends(at time.Time, permissions ...v1alpha1.OverallPermission) v1alpha1.Contribution {
	return v1alpha1.Contribution{
		UID: "v", Digest: "e", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "h"}, Overall: permissions,
		End: &v1alpha1.End{At: metav1.NewTime(at), Cause: v1alpha1.CauseExpired},
	}
}

// I9: where a right that is added drives out another that is wanted, each write is seen as one to no
// effect, and after a few nothing is written any more.
func TestRightsThatDriveOutEachOther(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, row(billing))
	p.remember(access.Memory{Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing)}}})
	p.Backend.Spec.Interval.Duration = time.Hour
	for i := range MaxAttempts {
		p.Fresh = true
		d := p.decide()
		if d.Step != Write || d.Stuck || d.Change.Add.Len() != 1 {
			t.Fatalf("write %d: step %d, stuck %t, adds %v", i, d.Step, d.Stuck, d.Change.Add)
		}
		if got := p.wrote(d, row(d.Change.Add.Sorted()...)); got.Outcome.Ready == metav1.ConditionTrue || got.RetryAfter == 0 {
			t.Fatalf("write %d is taken for one that took effect: %+v", i, got.Outcome)
		}
		if p.decide().RetryIn == 0 {
			t.Fatalf("write %d is repeated at once", i)
		}
		p.Now = metav1.NewTime(p.Now.Add(time.Minute))
	}
	d := p.decide()
	if got := Status(p.Inputs, d, 0).Outcome; d.NeedsProvider() || got.Reason != v1alpha1.ReasonNotConverging {
		t.Errorf("goes on for ever: step %d, stuck %t, says %s", d.Step, d.Stuck, got.Reason)
	}
}

// What failed is held back until it is due; a write of something else that takes effect ends that, for
// the provider takes writes again: the next correction does not wait.
func TestAnEffectEndsABackOff(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing"}, row(management))
	p.Record.Spec.Contributions = append(p.Record.Spec.Contributions, ends(now.Add(time.Minute), "AccountManagement"))
	p.Record.Status.Contributions = append(p.Record.Status.Contributions, v1alpha1.ContributionStatus{UID: "v", Digest: "e"})
	p.Fresh, p.Backend.Spec.Interval.Duration = true, time.Hour
	d := p.decide()
	p.Retry = Retry{Failed: d.Attempt(p.Inputs).Cause, Until: now.Add(5 * time.Minute)}
	if d = p.decide(); d.Step != Write || !d.Plan.Remove.Empty() || d.RetryIn == 0 {
		t.Fatal("what failed is not held back:", d.Step, d.Plan, d.RetryIn)
	}
	p.Now = metav1.NewTime(now.Add(2 * time.Minute)) // the second grant has ended: that is something else
	if d = p.decide(); d.Step != Write || d.RetryIn != 0 || d.Plan.Remove.Len() != 1 {
		t.Fatal("an end waits for what failed:", d.Step, d.RetryIn, d.Plan)
	}
	p.wrote(d, row(billing))
	p.Row = row(management) // a moment later somebody changes it by hand
	if d = p.decide(); d.Step != Write || d.RetryIn != 0 {
		t.Errorf("step %d still waits %s for what failed before", d.Step, d.RetryIn)
	}
}

// What never takes effect is not written any more, and holds up nothing else: what is owed is proven.
func TestWhoIsStuckProvesWhatIsOwed(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, row(billing, management))
	p.Record.Spec.Contributions = append(p.Record.Spec.Contributions, ends(now.Add(10*time.Minute), "ServerTechnical"))
	p.Fresh, p.Backend.Spec.Interval.Duration = true, time.Hour
	for range MaxAttempts {
		d := p.decide()
		if d.Step != Write {
			t.Fatal(d.Step)
		}
		p.wrote(d, row(billing, management)) // the provider does not do it
	}
	if d := p.decide(); !d.Stuck {
		t.Fatal("is not stuck")
	}
	p.Fresh = false
	for range 3 { // the grant ends, and nothing of it was ever there
		p.Now = metav1.NewTime(p.Now.Add(time.Hour))
		p.Provider.Verified, p.Provider.Read = p.Now.Time, p.Now.Time
		p.publish()
	}
	if d := p.decide(); d.Step != Prove || !d.NeedsProvider() {
		t.Errorf("what is owed is never proven: step %d, stuck %t, owed %d", d.Step, d.Stuck, d.Memory.Owed.Len())
	}
}
