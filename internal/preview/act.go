package preview

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// progressEvery is after how many people it is told how far a round is.
const progressEvery = 100

// maxSteps bounds the steps for one person: a write, and the mails after it.
const maxSteps = 8

// handOver lets each grant hand over what it gives, as its controller does.
func (w *world) handOver(ctx context.Context) (moved bool, err error) {
	for _, grant := range w.grants {
		in, err := w.observe(ctx, grant)
		if err != nil {
			return false, err
		}
		desired := handover.Compute(in)
		decision := handover.Decide(in, desired, w.excess(in, desired.Demands))
		for _, action := range decision.Actions {
			w.apply(in, action)
		}
		moved = moved || len(decision.Actions) > 0
		grant.Status = handover.Status(in, decision).Status
		for _, lost := range decision.Lost {
			w.lost = max(w.lost, lost.Left)
		}
		key := types.NamespacedName{Namespace: grant.Namespace, Name: grant.Name}
		w.issues[key] = nil
		if in.Backend == nil {
			ready := meta.FindStatusCondition(grant.Status.Conditions, v1alpha1.ConditionReady)
			decision.Issues = []handover.Issue{{Subject: "backendRef", Reason: ready.Reason, Message: ready.Message}}
		}
		for _, issue := range decision.Issues {
			w.issues[key] = append(w.issues[key], GrantIssue{key, issue})
		}
	}
	for _, grant := range w.leaving {
		actions, _ := handover.Release(w.deletion(grant))
		for _, action := range actions {
			w.apply(handover.Inputs{Grant: grant}, action)
		}
		moved = moved || len(actions) > 0
	}
	return moved, nil
}

// deletion is what the release of a deleted grant depends on.
func (w *world) deletion(grant *v1alpha1.PermissionGrant) handover.Deletion {
	in := handover.Deletion{Grant: grant, Now: w.now, Origin: handover.OriginOf(grant, w.origin(grant.Namespace).Labels), Backends: map[types.NamespacedName]*v1alpha1.HostingBackend{}, FinalizerTimeout: gate.Day}
	for key := range w.named[grant.UID] {
		in.Records = append(in.Records, *w.people[key].record)
		of := w.people[key].change.Backend
		in.Backends[of] = w.backends[of].HostingBackend
	}
	slices.SortFunc(in.Records, func(a, b v1alpha1.AccessRecord) int { return strings.Compare(a.Name, b.Name) })
	return in
}

// observe is what a decision about a grant depends on.
func (w *world) observe(ctx context.Context, grant *v1alpha1.PermissionGrant) (handover.Inputs, error) {
	in := handover.Inputs{Grant: grant, Now: w.now, ReferenceGrace: w.ReferenceGrace}
	if in.Backend = w.backends[grant.Spec.BackendRef.Key(grant.Namespace)].HostingBackend; in.Backend == nil {
		return in, nil
	}
	in.Origin = handover.OriginOf(grant, w.origin(grant.Namespace).Labels)
	for key := range w.named[grant.UID] {
		in.Records = append(in.Records, *w.people[key].record)
	}
	slices.SortFunc(in.Records, func(a, b v1alpha1.AccessRecord) int { return strings.Compare(a.Name, b.Name) })
	if grant.Spec.Suspend {
		return in, nil
	}
	var err error
	if in.People, err = resolve.Subjects(ctx, w.Objects, grant.Namespace, grant.Spec.Subjects); err == nil {
		in.Sets, in.SetIssues, err = resolve.Sets(ctx, w.Objects, grant.Namespace, grant.Spec.PermissionSetRefs)
	}
	for _, name := range handover.Newcomers(in) {
		if p := w.people[types.NamespacedName{Namespace: in.Backend.Namespace, Name: name}]; p != nil {
			in.Records = append(in.Records, *p.record)
		}
	}
	return in, err //nolint:wrapcheck // objects at hand can be read
}

// excess is the first demand that names more people than may be named.
func (w *world) excess(in handover.Inputs, demands []handover.Demand) *handover.Excess {
	if len(demands) == 0 {
		return nil
	}
	var records []v1alpha1.AccessRecord
	for key := range w.sources[sourceOf(types.NamespacedName{Namespace: in.Backend.Namespace, Name: in.Backend.Name}, in.Origin.Namespace)] {
		records = append(records, *w.people[key].record)
	}
	for _, demand := range demands {
		people := maps.Clone(demand.Names)
		for _, others := range handover.NamedByOthers(in, demand.Rule, records) {
			maps.Copy(people, others)
		}
		if len(people) > demand.Most {
			return &handover.Excess{Demand: demand, People: len(people)}
		}
	}
	return nil
}

// apply does one action of a grant.
func (w *world) apply(in handover.Inputs, action handover.Action) {
	record := action.Record
	if record == nil {
		record = contribute.NewRecord(in.Backend, action.Address)
		record.UID = types.UID(record.Name)
		if p := w.people[types.NamespacedName{Namespace: record.Namespace, Name: record.Name}]; p == nil {
			w.addRecord(record)
		}
	}
	key := types.NamespacedName{Namespace: record.Namespace, Name: record.Name}
	p := w.people[key]
	list := slices.Clone(p.record.Spec.Contributions)
	at := slices.IndexFunc(list, func(c v1alpha1.Contribution) bool { return c.UID == in.Grant.UID })
	switch {
	case action.Contribution == nil && at >= 0:
		list = slices.Delete(list, at, at+1)
	case action.Contribution != nil && at >= 0:
		list[at] = *action.Contribution
	case action.Contribution != nil:
		list = append(list, *action.Contribution)
	}
	p.record.Spec.Contributions, p.due = list, true
	p.record.Generation++
	w.index(p, in.Grant.UID, in.Grant.Namespace)
}

// decideAll tells the ledgers what everybody is about to lose, and then decides for one after another.
func (w *world) decideAll(ctx context.Context) (wrote bool, err error) {
	keys := w.inOrder()
	for _, key := range keys {
		if p := w.people[key]; p.due && p.in.Provider.Known {
			in := p.inputs(w.now)
			p.desired = plan.Compute(in)
			w.backends[p.change.Backend].ledger.Update(key.Name, p.desired.Person)
		}
	}
	for done, key := range keys {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if w.Progress != nil && done%progressEvery == 0 {
			w.Progress(done, len(keys))
		}
		if p := w.people[key]; p.due && p.in.Provider.Known {
			wrote = w.reconcile(p) || wrote
		}
	}
	return wrote, nil
}

// reconcile does for one person what the controller does, with a provider that does all it is asked.
func (w *world) reconcile(p *person) (wrote bool) {
	in, desired := p.inputs(w.now), p.desired // as they were computed for the ledger
	var d plan.Decision
	for step := range maxSteps {
		if step > 0 {
			desired = plan.Compute(in)
		}
		d = w.decide(in, desired)
		if d.Step == plan.Rest || d.Step == plan.Prove {
			break
		}
		record := p.record.DeepCopy()
		record.Status = d.IntentStatus(in)
		in = plan.Persisted(in, d, record)
		switch d.Step {
		case plan.Write:
			w.addWrite(p, in, d)
			in = plan.Wrote(in, d, written(in, d), w.now)
			wrote = true
		case plan.Mail:
			p.change.Mails++
			in = plan.Mailed(in, d, invite.Outcome{Verdict: invite.Accepted}, w.now)
		default:
			if d.Invitation.Step.Act == invite.Again {
				p.change.Mails++
			}
			in = plan.AskRefused(in, "")
		}
	}
	p.change.rest(in, d)
	p.record = in.Record.DeepCopy()
	p.record.Status = plan.Status(in, d, 0).Status
	p.in.Row, p.due = in.Row, wrote && lacks(p.record) || waits(d)
	return wrote
}

// waits says whether something comes with time alone.
func waits(d plan.Decision) bool {
	return !d.Plan.Later.Empty() || !d.Plan.Held.Empty() && d.Gate.Worst.Answer == gate.Defer
}

// lacks says whether somebody does not have all that grants give: what was written may let more be given, for instance
// a second factor, which is not required before all else in the row is ours.
func lacks(record *v1alpha1.AccessRecord) bool {
	return slices.ContainsFunc(record.Status.Contributions, func(c v1alpha1.ContributionStatus) bool { return c.State != v1alpha1.ContributionLive })
}

// decide asks the ledger and decides.
func (w *world) decide(in plan.Inputs, desired plan.Desired) plan.Decision {
	ledger := w.backends[handover.BackendOf(in.Record)].ledger
	verdicts, effects := ledger.Evaluate(in.Record.Name, desired.Person, plan.RulesOf(in.Backend), in.Now.Time)
	ledger.Apply(effects)
	return plan.Decide(in, desired, verdicts)
}

// written is the row after a write. Somebody who gets one is taken for a person without a profile: it is
// not known before.
func written(in plan.Inputs, d plan.Decision) *hosting.Row {
	switch {
	case d.Change.Target.Empty():
		return nil
	case in.Row != nil:
		row := *in.Row
		row.Rights = d.Change.Target
		return &row
	}
	row := &hosting.Row{ID: -1, Email: string(in.Record.Spec.Email), Rights: d.Change.Target, TellsInvitation: true}
	row.Invitation = &hosting.Invitation{State: hosting.InvitationPending, Link: "https://provider.invalid/"}
	return row
}

// viewOf is what is known of a provider whose table was read just now.
func viewOf(table *provider.Snapshot, now time.Time) provider.View {
	return provider.View{Snapshot: table, Health: provider.Health{Verified: now, Read: now, Configuration: "read"}, CanWrite: true}
}
