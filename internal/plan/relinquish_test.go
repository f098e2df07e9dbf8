package plan

import (
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// declaredAgain is somebody whose row we took away, as the record's intent tells, and who is given
// Billing again before that was written down.
func declaredAgain() *person {
	p := personWith([]v1alpha1.OverallPermission{"Billing"}, nil)
	p.remember(access.Memory{Owed: map[hosting.Right]access.Debt{billing: {Since: now}, management: {Since: now}}})
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
