package record

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// skewed is the look of a manager whose clock is a year ahead: the grant gives Billing and nothing
// else by that.
func skewed(still ...v1alpha1.OverallPermission) *pass {
	p := look(still, &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(management)})
	p.ahead, p.fresh = 365*24*time.Hour, true
	p.health.Verified = p.now.Time
	p.backend.Spec.Interval.Duration = time.Minute
	p.think()
	return p
}

// I5: while it is not known what time it is, nothing goes, nothing is judged or counted, and what is
// new is given all the same.
func TestNothingGoesByAClockThatIsWrong(t *testing.T) {
	p := skewed("Billing")
	p.backend.Spec.RemovalLimit.Percent = 1
	p.session.Guard().Update("other", gate.Person{Losses: []gate.Loss{{Namespaces: []string{"ns"}, Since: p.now.Time}}})
	p.think()
	if len(p.plan.Remove) != 0 || !p.plan.Held.Has(management) || !p.plan.Target.Has(management) {
		t.Errorf("%+v", p.plan)
	}
	if !p.plan.Add.Has(billing) {
		t.Error("what is new is not given", p.plan.Add)
	}
	if held := p.session.Guard().Batches(); len(held) != 0 || p.memory.Owed[management].Batch != "" {
		t.Error("was judged", held)
	}
	p.acting = true
	if got := p.sources(); got[0].Removed != nil || got[0].Suspended != nil {
		t.Errorf("was counted: %+v", got)
	}

	p = skewed()
	o := p.outcome(0)
	got := p.status(o)
	if o.Reason != v1alpha1.ReasonClockSkewed || !o.Stalled || !strings.Contains(o.Message, "1 permission; this manager's clock is more than 5 minutes ahead of the provider's") {
		t.Errorf("%+v", o)
	}
	if c := meta.FindStatusCondition(got.Conditions, v1alpha1.ConditionRemovalHeld); c == nil || c.Reason != v1alpha1.ReasonClockSkewed {
		t.Error(got.Conditions)
	}

	p.ahead = 0
	p.think()
	if !p.plan.Remove.Has(management) {
		t.Errorf("right again: %+v", p.plan)
	}
}

// Who never loses anything is told so, whatever the clock says.
func TestProtectedByAClockThatIsWrong(t *testing.T) {
	p := skewed()
	p.backend.Spec.ProtectedEmails = []v1alpha1.Email{"ann@acme.example"}
	p.think()
	if o := p.outcome(0); o.Reason != v1alpha1.ReasonProtected {
		t.Errorf("%+v", o)
	}
}

// What a clock that is wrong would make the manager forget, or believe to have been known for long.
func TestMemoryOfAClockThatIsWrong(t *testing.T) {
	p := skewed("Billing")
	before := metav1.NewTime(p.now.Add(-p.ahead))
	p.record.Status.Sources = []v1alpha1.SourceNamespace{{Namespace: "left", Since: before, Until: &before, Removed: &before}}
	if got := p.sources(); len(got) != 2 || got[0].Namespace != "left" {
		t.Errorf("forgets what was taken away today: %+v", got)
	}
	p.record.Spec.Contributions[0].End = &v1alpha1.End{At: metav1.NewTime(p.now.Add(time.Hour)), Cause: v1alpha1.CauseExpired}
	p.think()
	if got := p.status(p.outcome(0)).Contributions[0]; got.End == nil || got.EndSince != nil {
		t.Errorf("an end is on record since a time that was never: %+v", got)
	}
	p.record.Status.Contributions[0].End, p.record.Status.Contributions[0].EndSince = p.record.Spec.Contributions[0].End, &before
	if got := p.status(p.outcome(0)).Contributions[0]; got.EndSince == nil || !got.EndSince.Equal(&before) {
		t.Errorf("forgets since when an end is on record: %+v", got)
	}
	p = skewed()
	p.record.Spec.Contributions, p.record.Status.Contributions, p.row = nil, nil, nil
	p.record.Status.Applied, p.record.Status.History = nil, []v1alpha1.Change{{At: metav1.NewTime(p.now.Add(-48 * time.Hour))}}
	p.think()
	if p.finished() {
		t.Error("forgets the whole record")
	}
	if p.ahead = 0; !p.finished() {
		t.Error("for ever")
	}
}
