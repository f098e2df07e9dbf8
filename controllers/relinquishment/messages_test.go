package relinquishment

import (
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/testkit/golden"
)

// The table of the messages of a Relinquishment, as TestMessages of internal/plan is of a record.
func TestMessages(t *testing.T) {
	table := &golden.Table{}
	tell := func(what string, o *status.Outcome, confirm []int64, results ...v1alpha1.DropResult) {
		rel := &v1alpha1.Relinquishment{Spec: v1alpha1.RelinquishmentSpec{Confirm: confirm}}
		s := finish(rel, v1alpha1.RelinquishmentStatus{Results: results}, *o, later)
		table.Conditions(what, s.Conditions)
		table.Add(what, "summary", s.Summary)
	}
	all := func(total int32, shown ...int64) *status.Outcome {
		s := v1alpha1.RelinquishmentStatus{Total: &total}
		for _, id := range shown {
			s.Held = append(s.Held, v1alpha1.Holding{ID: id})
		}
		o := listed(s)
		table.Add("listed", "summary", summary(s))
		return &o
	}
	end := func(results ...v1alpha1.DropResult) *status.Outcome {
		o := concluded(results)
		return &o
	}
	now := func(o status.Outcome) *status.Outcome { return &o }
	tell("nothing is held", all(0), nil)
	tell("one profile", all(1, 7), nil)
	tell("listed", all(2, 7, 8), nil)
	tell("too many to list", all(300, 7, 8), nil)
	tell("under way", now(visitOf(func(v *scope) { v.backend.Spec.Mode = v1alpha1.ModeObserve }).idle()), []int64{7}, result(7, v1alpha1.DropPending))
	tell("not read with this key", now(visitOf().idle()), []int64{7}, result(7, v1alpha1.DropPending))
	tell("done", end(result(7, v1alpha1.DropDropped)), []int64{7}, result(7, v1alpha1.DropDropped))
	for _, reason := range []string{v1alpha1.ReasonProtected, v1alpha1.ReasonNotListed, v1alpha1.ReasonOwnerChanged, v1alpha1.ReasonNotConverging} {
		refused := result(7, v1alpha1.DropRefused, reason)
		tell("refused", end(refused), []int64{7}, refused)
	}
	tell("no backend", visitOf(func(v *scope) { v.backend, v.connection, v.snapshot = nil, nil, nil }).obstacle(), nil)
	tell("suspended", visitOf(func(v *scope) { v.backend.Spec.Suspend = true }).obstacle(), nil)
	tell("not read", visitOf(func(v *scope) { v.snapshot = nil }).obstacle(), nil)
	tell("not offered", now(visitOf().failed(&hosting.Error{Class: hosting.ClassUnsupported}, later.Time, time.Second)), nil)
	tell("another profile's key", now(visitOf().failed(errAnotherHolder, later.Time, time.Second)), []int64{7}, result(7, v1alpha1.DropPending))
	table.Compare(t, "testdata/messages.txt")
}
