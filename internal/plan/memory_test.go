package plan

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/queue"
)

// holding is somebody whose row holds Billing, which a grant names and the record has no memory of.
func holding(change ...func(*person)) *person {
	p := personWith([]v1alpha1.OverallPermission{"Billing"}, row(billing))
	p.remember(access.Memory{})
	p.Record.Spec.Contributions[0].Adopt = true
	for _, c := range change {
		c(p)
	}
	return p
}

// I4, I1: what a person had before is adopted from a row that was read by itself, where the backend
// is enforced and a rule lets it be; that read is asked for once.
func TestWhatIsFoundIsAdoptedOnce(t *testing.T) {
	observes := func(p *person) { p.Backend.Spec.Mode = v1alpha1.ModeObserve }
	suspended := func(p *person) { p.Backend.Spec.Suspend = true }
	mayNot := func(p *person) { p.Record.Spec.Contributions[0].Adopt = false }
	fresh := func(p *person) { p.Fresh = true }
	for what, c := range map[string]struct {
		change  []func(*person)
		asks    bool
		adopted int
	}{
		"listed":                           {nil, true, 0},
		"read by itself":                   {[]func(*person){fresh}, false, 1},
		"read by itself, and observed":     {[]func(*person){fresh, observes}, false, 0},
		"read by itself, by one it is not": {[]func(*person){fresh, mayNot}, false, 0},
		"observed":                         {[]func(*person){observes}, false, 0},
		"suspended":                        {[]func(*person){suspended}, false, 0},
		"by one who may not":               {[]func(*person){mayNot}, false, 0},
	} {
		p := holding(c.change...)
		d := p.decide()
		if (d.Step == Prove) != c.asks || (d.Step != Rest) != c.asks || d.Memory.Applied.Len() != c.adopted {
			t.Errorf("%s: step %v, adopted %v", what, d.Step, d.Memory.Applied)
		}
		if c.asks && d.Request(p.Inputs).Priority != queue.PriorityProof {
			t.Errorf("%s: is not the least urgent: %v", what, d.Request(p.Inputs))
		}
		if c.adopted == 0 {
			continue
		}
		p.publish()
		p.Fresh = false
		if d := p.decide(); d.Step != Rest || !entryOf(d.Memory, billing).Adopted {
			t.Errorf("%s: asks again, with %v", what, d.Memory.Applied)
		}
	}
}

// I13: while a write may still be done, a debt that looks paid is not looked for, and the record says
// why it stays; after five minutes it is looked for, and goes.
func TestADebtOutlivesAWriteThatMayStillBeDone(t *testing.T) {
	for what, c := range map[string]struct {
		ago       time.Duration
		live      []hosting.Right
		waits     time.Duration
		step      Step
		reason    string
		leftOwing int
	}{
		"just written":            {0, nil, access.LateAtMost + time.Second, Rest, v1alpha1.ReasonWriteUnanswered, 1},
		"four minutes ago":        {4 * time.Minute, nil, time.Minute + time.Second, Rest, v1alpha1.ReasonWriteUnanswered, 1},
		"done late":               {time.Minute, []hosting.Right{management}, 0, Write, v1alpha1.ReasonProgressing, 1},
		"five minutes ago":        {5 * time.Minute, nil, 0, Prove, v1alpha1.ReasonProgressing, 0},
		"of a clock that ran":     {-time.Hour, nil, access.LateAtMost + time.Second, Rest, v1alpha1.ReasonWriteUnanswered, 1},
		"done late, in the sixth": {6 * time.Minute, []hosting.Right{management}, 0, Write, v1alpha1.ReasonProgressing, 1},
	} {
		p := holding(func(p *person) {
			at := metav1.NewTime(now.Add(-c.ago))
			p.remember(access.Memory{
				Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing)}}, Intended: &at,
				Owed: access.RightMap[access.Debt]{{Rights: hosting.NewRights(management), Value: access.Debt{Cause: v1alpha1.CauseRemoved, Namespaces: []string{"ns"}, Since: now}}},
			})
			p.Row.Rights = hosting.NewRights(append(c.live, billing)...)
		})
		d := p.decide()
		if got := d.untilLate(p.Inputs); got != c.waits {
			t.Errorf("%s: waits %s", what, got)
		}
		if got := d.outcome(p.Inputs, 0).Reason; d.Step != c.step || got != c.reason {
			t.Errorf("%s: step %v, says %s", what, d.Step, got)
		}
		p.Fresh = true
		if d := p.decide(); d.Memory.Owed.Len() != c.leftOwing {
			t.Errorf("%s: owes %v", what, d.Memory.Owed)
		}
	}
}

// I13: a write that was given up is remembered from when it was, not from when it began.
func TestAWriteGivenUpIsLateFromThenOn(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement", "ServerTechnical"}, row(billing, management))
	p.Fresh = true
	d := p.decide()
	p.Inputs = Persisted(p.Inputs, d, p.Record)
	p.Inputs = WriteFailed(p.Inputs, d, &hosting.Error{Class: hosting.ClassUnavailable}, false, metav1.NewTime(now.Add(30*time.Second)))
	d = p.decide()
	if got := d.Memory.Intended; got == nil || got.Sub(now.Time) != 30*time.Second {
		t.Error("late from", got)
	}
	if _, ours := d.Memory.Applied.Of(server); !ours || d.Step != Rest || !d.Failed(p.Inputs) {
		t.Errorf("%v %+v", d.Step, d.Memory)
	}
}

// atWrongTime is somebody for a manager whose clock is a year ahead: the grant gives Billing, and
// nothing else by that.
func atWrongTime(still ...v1alpha1.OverallPermission) *person {
	p := personWith(still, row(management))
	p.Provider.Ahead, p.Fresh = 365*24*time.Hour, true
	return p
}

// I5: while it is not known what time it is, nothing goes, nothing is judged or counted, and what is
// new is given all the same.
func TestNothingGoesByAClockThatIsWrong(t *testing.T) {
	p := atWrongTime("Billing")
	p.Backend.Spec.RemovalLimit.Percent = 1
	p.guard.Update("other", gate.Person{Losses: []gate.Loss{{Namespaces: []string{"ns"}, Since: now.Time}}})
	d := p.decide()
	if !d.Plan.Remove.Empty() || !d.Plan.Held.Has(management) || !d.Plan.Target.Has(management) {
		t.Errorf("%+v", d.Plan)
	}
	if !d.Plan.Add.Has(billing) || d.Step != Write {
		t.Error("what is new is not given", d.Plan.Add, d.Step)
	}
	if held := p.guard.Batches(); len(held) != 0 || debtOf(d.Memory, management).Batch != "" {
		t.Error("was judged", held)
	}
	if got := d.Intent.Sources; got[0].Removed != nil || got[0].Suspended != nil {
		t.Errorf("was counted: %+v", got)
	}

	p = atWrongTime()
	report := Status(p.Inputs, p.decide(), 0)
	o := report.Outcome
	if o.Reason != v1alpha1.ReasonClockSkewed || !o.Stalled || !strings.Contains(o.Message, "1 permission; this manager's clock is more than 5 minutes ahead of the provider's") {
		t.Errorf("%+v", o)
	}
	if c := meta.FindStatusCondition(report.Status.Conditions, v1alpha1.ConditionRemovalHeld); c == nil || c.Reason != v1alpha1.ReasonClockSkewed {
		t.Error(report.Status.Conditions)
	}
	p.Provider.Ahead = 0
	if d := p.decide(); !d.Plan.Remove.Has(management) {
		t.Errorf("right again: %+v", d.Plan)
	}
}

// Who never loses anything is told so, whatever the clock says.
func TestProtectedByAClockThatIsWrong(t *testing.T) {
	p := atWrongTime()
	p.Backend.Spec.ProtectedEmails = []v1alpha1.Email{"ann@acme.example"}
	if o := Status(p.Inputs, p.decide(), 0).Outcome; o.Reason != v1alpha1.ReasonProtected {
		t.Errorf("%+v", o)
	}
}

// What a clock that is wrong would make the manager forget, or believe to have been known for long.
func TestMemoryOfAClockThatIsWrong(t *testing.T) {
	p := atWrongTime("Billing")
	before := metav1.NewTime(now.Add(-p.Provider.Ahead))
	p.Record.Status.Sources = []v1alpha1.SourceNamespace{{Namespace: "left", Since: before, Until: &before, Removed: &before}}
	if got := p.decide().Sources; len(got) != 2 || got[0].Namespace != "left" {
		t.Errorf("forgets what was taken away today: %+v", got)
	}
	p.Record.Spec.Contributions[0].End = &v1alpha1.End{At: metav1.NewTime(now.Add(time.Hour)), Cause: v1alpha1.CauseExpired}
	if got := Status(p.Inputs, p.decide(), 0).Status.Contributions[0]; got.End == nil || got.EndSince != nil {
		t.Errorf("an end is on record since a time that was never: %+v", got)
	}
	p.Record.Status.Contributions[0].End, p.Record.Status.Contributions[0].EndSince = p.Record.Spec.Contributions[0].End, &before
	if got := Status(p.Inputs, p.decide(), 0).Status.Contributions[0]; got.EndSince == nil || !got.EndSince.Equal(&before) {
		t.Errorf("forgets since when an end is on record: %+v", got)
	}
	p = atWrongTime()
	p.Record.Spec.Contributions, p.Record.Status.Contributions, p.Row = nil, nil, nil
	p.Record.Status.History = []v1alpha1.Change{{At: metav1.NewTime(now.Add(-48 * time.Hour))}}
	p.remember(access.Memory{})
	if Status(p.Inputs, p.decide(), 0).Remove {
		t.Error("forgets the whole record")
	}
	if p.Provider.Ahead = 0; !Status(p.Inputs, p.decide(), 0).Remove {
		t.Error("for ever")
	}
}

// suspendedAfter is somebody who has Billing by a grant, and is suspended, after others of the same
// namespace were.
func suspendedAfter(percent int32, others ...string) *person {
	p := personWith([]v1alpha1.OverallPermission{"Billing"}, row(billing))
	p.Backend.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: percent, Minimum: ptr.To(int32(0))}
	for _, name := range others {
		p.guard.Evaluate(name, gate.Person{
			Sources: []gate.Source{{Namespace: "ns", Present: true}},
			Losses:  []gate.Loss{{Namespaces: []string{"ns"}, Cause: gate.Suspension, Since: now.Time}},
		}, RulesOf(p.Backend), now.Time)
	}
	profile := v1alpha1.Profile{Spec: v1alpha1.ProfileSpec{State: v1alpha1.ProfileSuspended}}
	profile.Namespace = "ns"
	p.Profiles = []v1alpha1.Profile{profile}
	return p
}

// I5: who goes as one of the few suspensions of an hour is remembered so with the intent, and who
// goes for another reason is not.
func TestWhatTakesAPlaceIsRemembered(t *testing.T) {
	d := suspendedAfter(1).decide()
	if !d.Plan.Remove.Has(billing) {
		t.Fatalf("%+v", d.Plan)
	}
	if got := d.Sources; got[0].Suspended != nil {
		t.Error("before anything is done", got)
	}
	if at := d.Intent.Sources[0].Suspended; at == nil || !at.Equal(&now) {
		t.Error("with the intent", at)
	}
	full := suspendedAfter(100, "x", "y", "z").decide()
	if !full.Plan.Remove.Has(billing) || !full.Gate.Counted["ns"] {
		t.Fatalf("%+v %+v", full.Plan, full.Gate)
	}
	if at := full.Intent.Sources[0].Suspended; at != nil {
		t.Error("a removal that was counted takes a place", at)
	}
}

// I5: what is held as a suspension stays so, whatever it came of at first: an hour later it would
// go otherwise.
func TestWhatIsHeldAsASuspension(t *testing.T) {
	p := suspendedAfter(1, "x", "y", "z")
	p.Record.Spec.Contributions, p.Record.Status.Contributions = nil, nil
	p.remember(access.Memory{Owed: access.RightMap[access.Debt]{{Rights: hosting.NewRights(billing), Value: access.Debt{Cause: v1alpha1.CauseRemoved, Namespaces: []string{"ns"}, Since: metav1.NewTime(now.Add(-time.Minute))}}}})
	d := p.decide()
	if d.Plan.Held.Len() != 1 || d.Gate.Worst.Answer != gate.Hold {
		t.Fatalf("%+v %+v", d.Plan, d.Gate)
	}
	if debt := debtOf(d.Memory, billing); debt.Cause != v1alpha1.CauseSuspended || debt.Batch == "" {
		t.Errorf("%+v", debt)
	}
	if along(d.Memory, attributed(p.Inputs, d.Memory).Debts(d.Memory.Owed.Rights())[0]) {
		t.Error("it goes along with the next few")
	}
}

// A debt may be paid long after its namespace named the person: that counts all the same.
func TestWhoeverIsChargedIsRemembered(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing"}, row(billing, management))
	p.remember(access.Memory{
		Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing)}},
		Owed:    access.RightMap[access.Debt]{{Rights: hosting.NewRights(management), Value: access.Debt{Cause: v1alpha1.CauseRemoved, Namespaces: []string{"gone"}, Since: metav1.NewTime(now.Add(-48 * time.Hour))}}},
	})
	got := p.decide().Intent.Sources
	if len(got) != 2 || got[0].Namespace != "gone" || got[0].Removed == nil || got[0].Until == nil {
		t.Errorf("%+v", got)
	}
}

// A clock that ran ahead for a while is not remembered.
func TestSourcesAreOfThePast(t *testing.T) {
	ahead := metav1.NewTime(now.Add(1000 * time.Hour))
	got := sourcesOf(Inputs{Now: now, Record: &v1alpha1.AccessRecord{Status: v1alpha1.AccessRecordStatus{
		Sources: []v1alpha1.SourceNamespace{{Namespace: "ns", Since: ahead, Until: &ahead, Removed: &ahead, Suspended: &ahead}},
	}}})
	if len(got) != 1 || got[0].Since != now || *got[0].Until != now || *got[0].Removed != now || *got[0].Suspended != now {
		t.Errorf("%+v", got)
	}
}
