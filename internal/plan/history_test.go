package plan

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// A removal of ours of whose result nobody lived to hear stands in the history, with who approved it, once the row was
// read by itself. What somebody else took away does not.
func TestARemovalThatWasNotAnsweredIsInTheHistory(t *testing.T) {
	lost := errors.New("answer lost")
	for what, c := range map[string]struct {
		after func(p *person, d Decision)
		left  []hosting.Right
		want  bool
	}{
		"the answer was lost": {func(p *person, d Decision) {
			p.persist(d)
			p.Inputs = WriteFailed(p.Inputs, d, lost, false, now)
			p.publish()
		}, nil, true},
		"the manager was killed after the write": {func(p *person, d Decision) { p.persist(d) }, nil, true},
		"the provider certainly did not do it, and somebody else did": {func(p *person, d Decision) {
			p.persist(d)
			p.Inputs = WriteFailed(p.Inputs, d, lost, true, now)
			p.publish()
		}, nil, false},
		"somebody else was first": {func(p *person, _ Decision) { p.publish() }, nil, false},
		"it was not done":         {func(p *person, d Decision) { p.persist(d) }, []hosting.Right{billing}, false},
	} {
		p := suspendedAfter(1, "a", "b", "c", "d")
		batch := p.decide().Gate.Worst.Batch
		p.guard.Approve(map[string]string{batch: "ann, stated by flux"})
		d := p.decide()
		if d.Step != Write || !d.Change.Target.Empty() {
			t.Fatalf("%s: %v %+v", what, d.Step, d.Change)
		}
		c.after(p, d)
		p.later(7 * time.Minute)
		if p.Row = nil; c.left != nil {
			p.Row = row(c.left...)
		}
		p.recall()
		for range 2 {
			report := p.publish()
			history := report.Status.History
			if !c.want && len(history) != 0 || c.want && len(history) != 1 {
				t.Fatalf("%s: %+v", what, history)
			}
			if c.want && (history[0].ApprovedBy != "ann, stated by flux" || history[0].Batch != batch || history[0].Kind != v1alpha1.ChangeRevoked || history[0].Permissions != 1) {
				t.Errorf("%s: %+v", what, history[0])
			}
		}
	}
}

// A part of a row counts as taken away once the write cannot come any more, and what a later write read back is told
// once.
func TestAPartThatWasNotAnsweredIsInTheHistory(t *testing.T) {
	for what, again := range map[string]bool{"one write": false, "another write after it": true} {
		p := personWith([]v1alpha1.OverallPermission{"Billing"}, row(billing, management))
		d := p.decide()
		p.persist(d)
		p.Inputs = WriteFailed(p.Inputs, d, errors.New("answer lost"), false, now)
		p.publish()
		if again {
			p.later(time.Minute)
			d = p.decide()
			p.persist(d)
			p.Inputs = Wrote(p.Inputs, d, row(billing), p.Now)
			if report := p.publish(); len(report.Status.History) != 1 {
				t.Fatalf("%s: %+v", what, report.Status.History)
			}
		}
		p.Row = row(billing)
		for _, wait := range []time.Duration{2 * time.Minute, 5 * time.Minute, time.Minute} {
			p.later(wait)
			report := p.publish()
			late := p.Now.Sub(now.Time) < 5*time.Minute
			if want := map[bool]int{true: 0, false: 1}[late && !again]; len(report.Status.History) != want {
				t.Errorf("%s, after %s: %+v", what, p.Now.Sub(now.Time), report.Status.History)
			}
		}
	}
}

// persist makes the intent of a decision the record's.
func (p *person) persist(d Decision) {
	record := p.Record.DeepCopy()
	record.Status = d.IntentStatus(p.Inputs)
	p.Inputs = Persisted(p.Inputs, d, record)
}

// later is another reconcile after a while, which reads the row by itself.
func (p *person) later(wait time.Duration) {
	p.Now, p.Done, p.Fresh = metav1.NewTime(p.Now.Add(wait)), Result{}, true
	p.recall()
}

// Whoever is declared again before it is known what came of their removal lost it through us all the same: the history
// says so, and nobody else is said to have taken it away.
func TestARemovalThatIsDeclaredAgainUnansweredIsInTheHistory(t *testing.T) {
	p := personWith(nil, row(billing, management))
	p.Backend.Spec.DriftGrace = &metav1.Duration{Duration: time.Hour}
	d := p.decide()
	if d.Step != Write || !d.Change.Target.Empty() {
		t.Fatalf("%v %+v", d.Step, d.Change)
	}
	p.persist(d)
	p.Inputs = WriteFailed(p.Inputs, d, errors.New("answer lost"), false, now)
	p.publish()
	p.Record.Spec.Contributions[0].Overall = []v1alpha1.OverallPermission{"Billing", "AccountManagement"}
	p.Record.Spec.Contributions[0].Digest = "e"
	p.later(time.Minute)
	p.Row = nil
	d = p.decide()
	if d.Step != Write {
		t.Fatalf("%v %+v", d.Step, d.Plan)
	}
	p.persist(d)
	p.Inputs = Wrote(p.Inputs, d, row(billing, management), p.Now)
	var kinds []v1alpha1.ChangeKind
	for _, change := range p.publish().Status.History {
		kinds = append(kinds, change.Kind)
	}
	if len(kinds) != 2 || kinds[0] != v1alpha1.ChangeGranted || kinds[1] != v1alpha1.ChangeRevoked {
		t.Error(kinds)
	}
}
