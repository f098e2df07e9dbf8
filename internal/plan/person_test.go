package plan

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

var (
	now        = metav1.NewTime(time.Unix(1_800_000_000, 0))
	billing    = hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}
	management = hosting.Right{Scope: hosting.ScopeOverall, Name: "AccountManagement"}
	server     = hosting.Right{Scope: hosting.ScopeOverall, Name: "ServerTechnical"}
)

// person is somebody to decide on, and the removal gate of their backend.
type person struct {
	Inputs
	guard *gate.Guard
}

func row(rights ...hosting.Right) *hosting.Row {
	return &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(rights...)}
}

// personWith is somebody for whom a record remembers that it applied Billing and
// AccountManagement, and whose grant gives some of it still. The row is as given, nil for none.
func personWith(still []v1alpha1.OverallPermission, row *hosting.Row) *person {
	c := v1alpha1.Contribution{UID: "u", Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "g"}, Overall: still}
	record := &v1alpha1.AccessRecord{
		Spec: v1alpha1.AccessRecordSpec{Email: "ann@acme.example", Contributions: []v1alpha1.Contribution{c}},
		Status: v1alpha1.AccessRecordStatus{
			RowID: 7, Person: v1alpha1.PersonActive, Live: access.Names{}.Live(hosting.NewRights(billing, management)), Permissions: 2,
			Contributions: []v1alpha1.ContributionStatus{{UID: "u", Digest: "d", State: v1alpha1.ContributionLive}},
		},
	}
	record.Namespace, record.Name = "ns", "acme-x"
	backend := &v1alpha1.HostingBackend{}
	backend.Spec.Mode = v1alpha1.ModeEnforce
	backend.Spec.RemovalLimit.Percent = 100
	backend.Spec.Interval.Duration = time.Minute
	p := &person{guard: gate.NewGuard(now.Time), Inputs: Inputs{
		Record: record, Backend: backend, Now: now, Row: row,
		Provider: Provider{Known: true, Verified: now.Time, Read: now.Time, Configuration: "c", CanWrite: true},
	}}
	p.remember(access.Memory{Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing, management)}}})
	p.guard.Update(record.Name, gate.Person{})
	p.guard.MarkComplete([]string{record.Name})
	return p
}

// with is the person once something was changed.
func (p *person) with(change func(*person)) *person {
	change(p)
	return p
}

// remember writes a memory into the record.
func (p *person) remember(memory access.Memory) {
	memory.Store(&p.Record.Status)
	p.recall()
}

// recall reads from the record what is remembered.
func (p *person) recall() {
	p.Memory, p.Invitation = access.MemoryOf(p.Record.Status), p.Record.Status.Invitation
}

// decide asks the gate and decides, as the controller does.
func (p *person) decide() Decision {
	desired := Compute(p.Inputs)
	p.guard.Update(p.Record.Name, desired.Person)
	var verdicts []gate.Verdict
	if p.Judged() {
		verdicts = p.guard.Evaluate(p.Record.Name, desired.Person, RulesOf(p.Backend), p.Now.Time)
	}
	return Decide(p.Inputs, desired, verdicts)
}

// publish makes the status the record's.
func (p *person) publish() Report {
	report := Status(p.Inputs, p.decide(), 0)
	p.Record.Status = report.Status
	p.recall()
	return report
}

// I3, S30: what drifted waits for its grace, but not where the row would go meanwhile and come
// back after it.
func TestARowDoesNotGoForAGrace(t *testing.T) {
	for what, c := range map[string]struct {
		live  []hosting.Right
		later int
		add   int
	}{
		"something stays":     {[]hosting.Right{management, server}, 1, 0},
		"nothing else stays":  {[]hosting.Right{management}, 0, 1},
		"nothing is to go":    {[]hosting.Right{server}, 1, 0},
		"nothing has drifted": {[]hosting.Right{billing, management}, 0, 0},
	} {
		p := personWith([]v1alpha1.OverallPermission{"Billing"}, row(c.live...))
		p.Backend.Spec.DriftGrace = &metav1.Duration{Duration: time.Hour}
		d := p.decide()
		if d.Plan.Later.Len() != c.later || d.Plan.Add.Len() != c.add || d.Plan.Target.Empty() && c.add > 0 {
			t.Errorf("%s: later %v, add %v, target %v", what, d.Plan.Later, d.Plan.Add, d.Plan.Target)
		}
	}
}

// S30: what drifted is given again when its grace is over, also where something else is held beside it.
func TestAGraceEndsBesideWhatIsHeld(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing"}, row(management, server))
	p.Backend.Spec.DriftGrace = &metav1.Duration{Duration: time.Hour}
	p.Backend.Spec.RemovalLimit.Percent = 1
	p.guard.Update("other", gate.Person{Losses: []gate.Loss{{Namespaces: []string{"ns"}, Since: now.Time}}})
	d := p.decide()
	if d.Plan.Later.Empty() || d.Plan.Held.Empty() {
		t.Fatalf("%+v", d.Plan)
	}
	if o := Status(p.Inputs, d, 0).Outcome; o.After <= 0 || o.After > time.Hour {
		t.Errorf("%s: is looked at again in %s", o.Reason, o.After)
	}
}

// I11: that a list lacks a row is not written down before the row was looked for by itself.
func TestAListForgetsNobody(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, nil)
	p.Fresh = false
	d := p.decide()
	if !d.wantsProof(p.Inputs) || d.Step == Rest {
		t.Error("does not look for the row")
	}
	got := Status(p.Inputs, d, 0).Status
	if got.RowID != 7 || got.Person != v1alpha1.PersonActive || len(got.Live) == 0 || got.Permissions != 2 {
		t.Errorf("forgets by a list: %+v", got)
	}
	p.Fresh = true
	report := Status(p.Inputs, p.decide(), 0)
	got = report.Status
	if got.RowID != 0 || got.Person != v1alpha1.PersonAbsent || len(got.Live) != 0 || got.Contributions[0].State != v1alpha1.ContributionRelinquished {
		t.Errorf("does not see that the person left: %+v", got)
	}
	if len(report.Transitions) != 1 || report.Transitions[0].Reason != v1alpha1.EventRelinquished {
		t.Error("tells", report.Transitions)
	}
}

// I5: what gathers while nothing may be written is known to the gate, also where the row is not
// known.
func TestTheGateKnowsWhatGathers(t *testing.T) {
	for what, change := range map[string]func(*person){
		"observed":  func(p *person) { p.Backend.Spec.Mode = v1alpha1.ModeObserve },
		"suspended": func(p *person) { p.Backend.Spec.Suspend = true },
		"unread":    func(p *person) { p.Provider, p.Row = Provider{}, nil },
	} {
		p := personWith([]v1alpha1.OverallPermission{"Billing"}, row(billing, management))
		change(p)
		if losses := Compute(p.Inputs).Person.Losses; len(losses) != 1 {
			t.Errorf("%s: %v", what, losses)
		}
		if what == "unread" {
			p.Backend.Status.Identity = &v1alpha1.Identity{Email: "owner@acme.example", Holder: "ANN@acme.example"}
			if losses := Compute(p.Inputs).Losses; len(losses) != 0 {
				t.Error("the holder of the key is to lose", losses)
			}
		}
	}
}

// I6, S49: what must not be added to somebody is not added in parts either, when the provider
// refuses the whole.
func TestPartsAddNothingThatIsRefused(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement", "ServerTechnical"}, row(management))
	p.Record.Spec.Contributions[0].RequireTwoFactor = true
	p.Record.Spec.Contributions[0].Adopt = true
	p.Backend.Spec.ProtectedEmails = []v1alpha1.Email{"Ann@acme.example"}
	p.Backend.Spec.DriftGrace = &metav1.Duration{Duration: time.Hour}
	d := p.decide()
	added := hosting.Rights{}
	for i := range len(p.Record.Spec.Contributions) + 1 {
		added = added.Union(d.part(p.Inputs, i).Add)
	}
	if !added.Equal(hosting.NewRights(server)) {
		t.Error("adds", added.Sorted())
	}
}

// A change that is refused as a whole is tried part by part, each once, what is to go last; a part
// that is refused holds up no other, and the record tells of the refusal.
func TestARefusedChangeIsTriedInParts(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"ServerTechnical"}, row(billing, management))
	p.Record.Spec.Contributions = append(p.Record.Spec.Contributions, v1alpha1.Contribution{
		UID: "v", Digest: "e", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "h"}, Overall: []v1alpha1.OverallPermission{"Customers"},
	})
	p.Fresh = true
	refusal := &hosting.Error{Class: hosting.ClassInvalid}
	customers := hosting.Right{Scope: hosting.ScopeOverall, Name: "Customers"}
	steps := []struct {
		add, remove hosting.Rights
		refused     bool
	}{
		{hosting.NewRights(server, customers), hosting.NewRights(billing, management), true},
		{hosting.NewRights(server), hosting.Rights{}, true},
		{hosting.NewRights(customers), hosting.Rights{}, false},
		{hosting.Rights{}, hosting.NewRights(billing, management), false},
	}
	for i, want := range steps {
		d := p.decide()
		if d.Step != Write || !d.Change.Add.Equal(want.add) || !d.Change.Remove.Equal(want.remove) {
			t.Fatalf("step %d: %v, adds %v, removes %v", i, d.Step, d.Change.Add, d.Change.Remove)
		}
		record := p.Record.DeepCopy()
		record.Status.History = d.IntentStatus(p.Inputs).History
		p.Inputs = Persisted(p.Inputs, d, record)
		if want.refused {
			p.Inputs = WriteFailed(p.Inputs, d, refusal, true, p.Now)
		} else {
			p.Inputs = Wrote(p.Inputs, d, row(d.Change.Target.Sorted()...), p.Now)
		}
	}
	d := p.decide()
	if report := Status(p.Inputs, d, time.Minute); d.Step != Rest || !d.Failed(p.Inputs) || report.Outcome.Reason != v1alpha1.ReasonRefusedByProvider {
		t.Errorf("ends with %v %+v", d.Step, report.Outcome)
	}
	if history := p.decide().history(p.Inputs); len(history) != 2 || len(p.Memory.Owed) != 0 && p.Memory.Due(p.live()).Contains(hosting.NewRights(billing)) {
		t.Errorf("changed %v, owes %v", history, p.Memory.Owed)
	}
	if _, ours := p.Memory.Applied.Of(server); ours {
		t.Error("what was refused is remembered as given")
	}
}

// One write per person and reconcile (I3): what took no effect is tried again later, and after
// MaxAttempts not any more before something changes (I9).
func TestAWriteWithoutEffectIsNotRepeatedAtOnce(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement", "ServerTechnical"}, row(billing, management))
	p.Fresh = true
	for i := range MaxAttempts {
		d := p.decide()
		if d.Step != Write || d.Stuck {
			t.Fatal(i, d.Step, d.Stuck)
		}
		p.Inputs = Persisted(p.Inputs, d, p.Record)
		p.Inputs = Wrote(p.Inputs, d, row(billing, management), p.Now)
		d = p.decide()
		if report := Status(p.Inputs, d, time.Second); d.Step != Rest || !d.Failed(p.Inputs) || report.Outcome.Reason != v1alpha1.ReasonNotTakenEffect {
			t.Fatal(i, d.Step, report.Outcome)
		}
		p.Retry, p.Done = d.Retried(p.Inputs, p.Retry), Result{}
	}
	d := p.decide()
	if report := Status(p.Inputs, d, 0); !d.Stuck || report.Outcome.Reason != v1alpha1.ReasonNotConverging || !report.Outcome.Stalled {
		t.Error(d.Stuck, report.Outcome)
	}
	p.Record.Generation++
	if p.decide().Stuck {
		t.Error("a new spec is not tried")
	}
}

// What failed is not tried again before its back-off ends, but a correction is.
func TestAFailureIsHeldButNotACorrection(t *testing.T) {
	for what, change := range map[string]func(*person){
		"spec": func(p *person) { p.Record.Generation++ }, "key": func(p *person) { p.Provider.Configuration = "new" },
	} {
		p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement", "ServerTechnical"}, row(billing, management))
		p.Retry = Retry{Failed: p.decide().Attempt(p.Inputs).Cause, Until: now.Add(time.Minute)}
		if got := p.decide().RetryIn; got != time.Minute {
			t.Error("waits", got)
		}
		change(p)
		if got := p.decide().RetryIn; got != 0 {
			t.Errorf("a changed %s waits %s", what, got)
		}
	}
}

func entryOf(memory access.Memory, right hosting.Right) access.Entry {
	entry, _ := memory.Applied.Of(right)
	return entry
}

func debtOf(memory access.Memory, right hosting.Right) access.Debt {
	debt, _ := memory.Owed.Of(right)
	return debt
}
