package plan

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// declaredAgain is somebody whose row we took away, as the record's intent tells, and who is given
// Billing again before that was written down.
func declaredAgain() *person {
	p := personWith([]v1alpha1.OverallPermission{"Billing"}, nil)
	p.remember(access.Memory{Owed: access.RightMap[access.Debt]{{Rights: hosting.NewRights(billing, management), Value: access.Debt{Since: now}}}})
	p.Fresh = true
	return p
}

// I11, I13: that our own removal of a row is not written down yet makes nobody one who gave it up, in
// whatever way the making of the next row ends.
func TestOurOwnRemovalIsNoRelinquishment(t *testing.T) {
	unavailable := &hosting.Error{Class: hosting.ClassUnavailable}
	for what, ends := range map[string]func(p *person, d Decision){
		"the manager is killed": func(p *person, _ Decision) { p.recall() },
		"refused":               func(p *person, d Decision) { p.Inputs = WriteFailed(p.Inputs, d, unavailable, true, p.Now) },
		"not answered":          func(p *person, d Decision) { p.Inputs = WriteFailed(p.Inputs, d, unavailable, false, p.Now) },
	} {
		p := declaredAgain()
		d := p.decide()
		if d.Step != Write {
			t.Fatal("does not make the row, but", d.Step)
		}
		record := p.Record.DeepCopy()
		record.Status = d.IntentStatus(p.Inputs)
		p.Inputs = Persisted(p.Inputs, d, record)
		ends(p, d)
		if p.decide().Desired.relinquished() > 0 {
			t.Errorf("%s: takes it for given up", what)
		}
	}
}

// I11: a list that lacks the row, where all that it held was due to go, tells of our own removal: also
// where that is what remains to tell, for the row could not be read, and something is given again.
func TestAListTellsOfOurOwnRemoval(t *testing.T) {
	p := declaredAgain()
	p.Fresh = false
	p.Inputs = Failed(p.Inputs, &hosting.Error{Class: hosting.ClassUnavailable})
	p.publish()
	p.Fresh, p.Done = true, Result{}
	if d := p.decide(); d.Desired.relinquished() > 0 || d.Step != Write {
		t.Error("takes it for given up; the step is", d.Step)
	}
}

// I11: what a person gives up while a write may still be done stays given up.
func TestWhatIsGivenUpStaysSo(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, nil)
	written := p.Now
	p.remember(access.Memory{Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing, management)}}, Intended: &written})
	for _, after := range []time.Duration{0, time.Minute, access.LateAtMost, access.LateAtMost + time.Hour} {
		p.Fresh, p.Now = true, metav1.NewTime(written.Add(after))
		if d := p.decide(); d.Desired.relinquished() != 1 || d.Step != Rest {
			t.Errorf("after %s: forgets it; the step is %v", after, d.Step)
		}
		p.publish()
	}
	if got := p.Record.Status; got.Contributions[0].State != v1alpha1.ContributionRelinquished || got.RowID != 0 || len(got.Owed) > 0 {
		t.Errorf("ends with %+v", got)
	}
}

// I11: what a person gave up stays given up where another grant, that is new, makes a row again.
func TestAnotherGrantGivesNothingBack(t *testing.T) {
	other := v1alpha1.Contribution{UID: "v", Digest: "e", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "h"}, Overall: []v1alpha1.OverallPermission{"ServerTechnical"}}
	failure := &hosting.Error{Class: hosting.ClassUnavailable}
	for what, ends := range map[string]func(p *person, d Decision){
		"done":                  func(p *person, d Decision) { p.Inputs = Wrote(p.Inputs, d, row(server), p.Now) },
		"not answered":          func(p *person, d Decision) { p.Inputs = WriteFailed(p.Inputs, d, failure, false, p.Now) },
		"refused":               func(p *person, d Decision) { p.Inputs = WriteFailed(p.Inputs, d, failure, true, p.Now) },
		"the manager is killed": func(p *person, _ Decision) { p.recall() },
	} {
		p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, nil)
		p.Record.Spec.Contributions, p.Fresh = append(p.Record.Spec.Contributions, other), true
		d := p.decide()
		if d.Step != Write || !d.Change.Add.Equal(hosting.NewRights(server)) {
			t.Fatal(d.Step, d.Change.Add)
		}
		record := p.Record.DeepCopy()
		record.Status = d.IntentStatus(p.Inputs)
		p.Inputs = Persisted(p.Inputs, d, record)
		ends(p, d)
		p.publish()
		p.Done = Result{}
		if d := p.decide(); d.Desired.relinquished() != 1 || d.Plan.Add.Has(billing) {
			t.Errorf("%s: gives again %v", what, d.Plan.Add.Sorted())
		}
	}
}

// I11, I13: a removal of the row that was not answered is done after the person was given something
// again: they did not give it up.
func TestALateRemovalIsNoRelinquishment(t *testing.T) {
	p := personWith(nil, row(billing, management))
	p.Record.Spec.Contributions, p.Fresh = nil, true
	d := p.decide()
	record := p.Record.DeepCopy()
	record.Status = d.IntentStatus(p.Inputs)
	p.Inputs = Persisted(p.Inputs, d, record)
	p.Inputs = WriteFailed(p.Inputs, d, &hosting.Error{Class: hosting.ClassUnavailable}, false, p.Now)
	p.publish()

	again := personWith([]v1alpha1.OverallPermission{"Billing"}, nil)
	p.Record.Spec, p.Done = again.Record.Spec, Result{}
	p.publish() // the row is there still, and has what is given

	p.Row = nil // it is done
	if d = p.decide(); d.Desired.relinquished() > 0 || d.Step != Write {
		t.Error("takes it for given up; the step is", d.Step)
	}
}

// I11: a removal that was not answered is forgotten once lists showed the row long enough after it, and
// a record is looked at for that alone: who gives the row up days later gave it up.
func TestARemovalOfLongAgoTellsNothing(t *testing.T) {
	p := personWith(nil, row(billing, management))
	p.Record.Spec.Contributions, p.Fresh = nil, true
	d := p.decide()
	record := p.Record.DeepCopy()
	record.Status = d.IntentStatus(p.Inputs)
	p.Inputs = Persisted(p.Inputs, d, record)
	p.Inputs = WriteFailed(p.Inputs, d, &hosting.Error{Class: hosting.ClassUnavailable}, false, p.Now)
	p.publish()

	declared := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, nil)
	p.Record.Spec, p.Done, p.Fresh = declared.Record.Spec, Result{}, false
	p.publish() // the row is there still, and has what is given
	if p.Record.Status.RemovalIntendedAt == nil {
		t.Fatal("the removal is forgotten while it may still be done")
	}
	for range 60 { // lists of an hour
		p.Now = metav1.NewTime(p.Now.Add(time.Minute))
		p.Provider.Verified, p.Provider.Read = p.Now.Time, p.Now.Time
		if Concerns(p.Inputs) {
			p.publish()
		}
	}
	if p.Record.Status.RemovalIntendedAt != nil {
		t.Error("the removal is remembered still")
	}
	p.Row = nil // the person gives it up
	p.recall()
	if !Concerns(p.Inputs) {
		t.Fatal("nobody looks")
	}
	p.Fresh = true
	if d = p.decide(); d.Desired.relinquished() != 1 || d.Step == Write {
		t.Errorf("gives it back: relinquished %d, step %d, adds %v", d.Desired.relinquished(), d.Step, d.Change.Add.Sorted())
	}
}

// I11: that the person gave up what they had is told once, also where another grant makes the row again
// in the same reconcile.
func TestARelinquishmentIsToldOnce(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, nil)
	p.Record.Spec.Contributions = append(p.Record.Spec.Contributions, ends(now.Add(48*time.Hour), "ServerTechnical"))
	p.Fresh = true
	events := p.wrote(p.decide(), row(server)).Transitions
	for range 2 {
		events = append(events, p.publish().Transitions...)
	}
	told := 0
	for _, e := range events {
		if e.Reason == v1alpha1.EventRelinquished {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times; the record says %s", told, p.Record.Status.Contributions[0].State)
	}
}
