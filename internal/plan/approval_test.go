package plan

import (
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Whoever approved a batch stands in the history of what went with it, and of nothing else. Which batch
// it is in is on record before anything is done.
func TestAnApprovalStandsInTheHistory(t *testing.T) {
	p := suspendedAfter(1, "a", "b", "c", "d")
	batch := p.decide().Gate.Worst.Batch
	if batch == "" {
		t.Fatal("not held")
	}
	p.guard.Approve(map[string]string{batch: "ann, stated by flux"})
	d := p.decide()
	if d.Step != Write || debtOf(d.Intent.Memory, billing).Batch != batch {
		t.Fatalf("%v %+v", d.Step, d.Intent.Memory.Owed)
	}
	var left []hosting.Right
	for right := range d.Change.Target.All() {
		left = append(left, right)
	}
	after := Wrote(p.Inputs, d, row(left...), now)
	if got := after.Done.Changes; len(got) != 1 || got[0].ApprovedBy != "ann, stated by flux" || got[0].Batch != batch || int(got[0].Permissions) != d.Change.Remove.Len() {
		t.Errorf("%+v", got)
	}
	d.Verdicts = nil
	if got := Wrote(p.Inputs, d, row(left...), now).Done.Changes; len(got) != 1 || got[0].ApprovedBy != "" || got[0].Batch != "" {
		t.Errorf("needed no approval: %+v", got)
	}
}

// The gate knows rights in a form that tells all of them.
func TestFormsOfRights(t *testing.T) {
	rights := hosting.NewRights(billing, hosting.TwoFactorRight, hosting.Right{Scope: hosting.ScopeAccount, ID: 7, Name: "wire:a b"})
	var forms []string
	for right := range rights.All() {
		forms = append(forms, formOf(right))
	}
	if got := RightsOf(append(forms, "nonsense")); !got.Equal(rights) {
		t.Error(got, forms)
	}
}

// What was changed is in the history once, also where the next thing is done before a status is published.
func TestAChangeIsInTheHistoryOnce(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing"}, row(billing, management))
	p.Fresh = true
	d := p.decide()
	record := p.Record.DeepCopy()
	record.Status = d.IntentStatus(p.Inputs)
	p.Inputs = Wrote(Persisted(p.Inputs, d, record), d, row(billing), now)
	record = record.DeepCopy()
	if record.Status = p.decide().IntentStatus(p.Inputs); len(record.Status.History) != 1 {
		t.Fatalf("%+v", record.Status.History)
	}
	p.Inputs = Persisted(p.Inputs, p.decide(), record)
	if got := Status(p.Inputs, p.decide(), 0).Status.History; len(got) != 1 {
		t.Errorf("%+v", got)
	}
}
