package plan

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// maxHistory is how many changes a record remembers; the CRD bounds it.
const maxHistory = 20

// history is what is remembered of changes, the latest first.
func (d Decision) history(in Inputs) []v1alpha1.Change {
	var all []v1alpha1.Change
	for _, part := range d.proven(in) {
		all = append(all, d.revokedBefore(in, part))
	}
	all = slices.Concat(all, in.Done.Changes, in.Record.Status.History)
	return all[:min(maxHistory, len(all))]
}

// proven are removals of ours that turn out to have been done: the answer was lost, or nobody lived to write
// down what was read back. What somebody else took away is none of them. What is declared again by now is given
// again, and was gone all the same.
func (d Decision) proven(in Inputs) (parts []approved) {
	if !in.Provider.Known {
		return nil
	}
	gone := in.Memory.Unanswered().Minus(d.Memory.Owed.Rights()).Minus(in.live())
	for _, part := range in.Memory.Debts(gone) {
		debt := part.Value
		verdict := gate.Verdict{}
		if debt.ApprovedBy != "" {
			verdict.Batch, verdict.ApprovedBy = debt.Batch, debt.ApprovedBy
		}
		parts = join(parts, verdict, part.Rights)
	}
	return parts
}

// revokedBefore is revoked of what is not remembered any more.
func (d Decision) revokedBefore(in Inputs, part approved) v1alpha1.Change {
	d.Memory = in.Memory // which says why
	return d.revoked(in, part)
}

// appendHistory enters what a write changed, as read back, into the history and the events.
func (r Result) appendHistory(in Inputs, d Decision) Result {
	r.Events = nil
	added, removed := d.Change.Add.Intersect(in.live()), d.Change.Remove.Minus(in.live())
	if !added.Empty() {
		change := v1alpha1.Change{Kind: v1alpha1.ChangeGranted, Grants: listed(d.givers(in, added))}
		reason := v1alpha1.EventGranted
		if d.Desired.Drifted.Contains(added) {
			change.Kind, reason = v1alpha1.ChangeDriftCorrected, v1alpha1.EventDriftCorrected
		}
		change.At, change.Permissions = in.Now, int32(added.Len()) //nolint:gosec // a row holds far fewer
		r.Changes = slices.Concat([]v1alpha1.Change{change}, r.Changes)
		r.Events = append(r.Events, Event{corev1.EventTypeNormal, reason, "Grant",
			in.addedMessage(change, added)})
	}
	if !removed.Empty() {
		for _, part := range d.approvals(removed) {
			r.Changes = slices.Concat([]v1alpha1.Change{d.revoked(in, part)}, r.Changes)
		}
		causes, grants := d.WhyRevoked(in, removed)
		r.Events = append(r.Events, Event{corev1.EventTypeNormal, v1alpha1.EventRevoked, "Revoke",
			in.removedMessage(removed, causes, grants)})
	}
	return r
}

// approved are rights that go by one approval, or by none.
type approved struct {
	verdict gate.Verdict // of it, batch and approver alone
	rights  hosting.Rights
}

// approvals are what was removed, by the approval that let it go: first what needed none.
func (d Decision) approvals(removed hosting.Rights) (parts []approved) {
	rest := removed
	for i, verdict := range d.Verdicts {
		if verdict.ApprovedBy == "" {
			continue
		}
		verdict = gate.Verdict{Batch: verdict.Batch, ApprovedBy: verdict.ApprovedBy}
		rights := rest.Intersect(d.Desired.Losses[i].Rights)
		rest = rest.Minus(rights)
		parts = join(parts, verdict, rights)
	}
	if !rest.Empty() {
		parts = slices.Insert(parts, 0, approved{rights: rest})
	}
	return parts
}

// join enters rights among those that go by the same approval.
func join(parts []approved, verdict gate.Verdict, rights hosting.Rights) []approved {
	at := slices.IndexFunc(parts, func(p approved) bool { return p.verdict == verdict })
	switch {
	case at >= 0:
		parts[at].rights = parts[at].rights.Union(rights)
	case !rights.Empty():
		parts = append(parts, approved{verdict, rights})
	}
	return parts
}

// revoked is what is remembered of rights that were taken away.
func (d Decision) revoked(in Inputs, part approved) v1alpha1.Change {
	change := v1alpha1.Change{
		Kind: v1alpha1.ChangeRevoked, At: in.Now, Permissions: int32(part.rights.Len()), //nolint:gosec // a row holds far fewer
		Batch: part.verdict.Batch, ApprovedBy: part.verdict.ApprovedBy,
	}
	change.Causes, change.Grants = d.WhyRevoked(in, part.rights)
	return change
}
