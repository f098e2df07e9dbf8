package record

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/queue"
)

// decide computes what is desired, asks the removal gate, and decides. What the person is about to
// lose becomes known to the gate in the same step in which it answers: that is the one thing which
// deciding shares with others.
func (r *Reconciler) decide(ctx context.Context, in plan.Inputs) (plan.Decision, error) {
	desired := plan.Compute(in)
	if in.Backend == nil {
		return plan.Decide(in, desired, nil), nil
	}
	guard := r.Connections.Ensure(backendKey(in.Record)).Guard()
	guard.Update(in.Record.Name, desired.Person)
	if in.Provider.Known && len(desired.Memory.Owed) > 0 && !guard.Complete() {
		if err := r.ensureGateComplete(ctx, in, guard); err != nil {
			return plan.Decision{}, err
		}
	}
	var verdicts []gate.Verdict
	if in.Judged() {
		verdicts = guard.Evaluate(in.Record.Name, desired.Person, plan.RulesOf(in.Backend), in.Now.Time)
	}
	return plan.Decide(in, desired, verdicts), nil
}

// ensureGateComplete tells the gate who there is: once everybody was entered since the start, it
// answers.
func (r *Reconciler) ensureGateComplete(ctx context.Context, in plan.Inputs, guard *gate.Guard) error {
	records := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, records, r.ofSameBackend(in)...); err != nil {
		return fmt.Errorf("list AccessRecords: %w", err)
	}
	guard.MarkComplete(contribute.Names(records.Items))
	return nil
}

// ofSameBackend selects all records of a record's backend in the cache, to be read and never changed.
func (r *Reconciler) ofSameBackend(in plan.Inputs) []client.ListOption {
	return []client.ListOption{client.InNamespace(in.Record.Namespace), client.MatchingFields{index.RecordBackend: in.Backend.Name}, client.UnsafeDisableDeepCopy}
}

// decideWaiting decides anew for somebody who has to wait to be mailed.
func decideWaiting(in plan.Inputs, d plan.Decision, wait queue.Wait) (plan.Inputs, plan.Decision) {
	in.MailWait = &plan.MailWait{For: wait.RetryAfter, Among: wait.Among, PerMinute: wait.PerMinute, ServerDown: wait.BreakerOpen}
	return in, plan.Decide(in, d.Desired, d.Verdicts)
}

// planned is what the table was read with that is decided on; empty where it was not.
func planned(in plan.Inputs) provider.Configuration {
	return provider.Configuration(in.Provider.Configuration)
}

func backendKey(record *v1alpha1.AccessRecord) types.NamespacedName {
	return types.NamespacedName{Namespace: record.Namespace, Name: string(record.Spec.BackendRef.Name)}
}

func (r *Reconciler) now() metav1.Time { return metav1.NewTime(r.Clock.Now().Truncate(time.Second)) }
