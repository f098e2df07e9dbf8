package plan

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
)

// Refreshed are inputs once the row was read by itself; row is nil where there is none. Record,
// Memory and Invitation are as they are now.
func Refreshed(in Inputs, row *hosting.Row) Inputs {
	in.Row, in.Fresh = row, true
	if memory := access.MemoryOf(in.Record.Status); row == nil && len(memory.Applied) == 0 && len(memory.Owed) > 0 {
		in.Invitation = nil // the link went with the row, though nobody lived to write it down
	}
	return in
}

// Persisted are inputs once the intent of a decision is in the record's status.
func Persisted(in Inputs, d Decision, record *v1alpha1.AccessRecord) Inputs {
	in.Done.Relinquished = in.Done.Relinquished || in.gaveAllUp(d.Desired)
	in.Record, in.Memory, in.Invitation = record, d.Intent.Memory, d.Intent.Invitation
	in.Done.Changes = nil // they are in the record's history now
	return in
}

// IntentStatus is the status with the intent of a decision.
func (d Decision) IntentStatus(in Inputs) v1alpha1.AccessRecordStatus {
	want := *in.Record.Status.DeepCopy()
	d.Intent.Pins.StorePins(&want)
	d.Intent.Memory.Store(&want)
	want.Invitation, want.Sources, want.History = d.Intent.Invitation, d.Intent.Sources, d.history(in)
	if d.Step == Write && in.Row == nil {
		// Whoever finds no row later must not take it for one that the person gave up.
		d.storeRow(in, &want)
	}
	for i := range want.Contributions {
		echo := &want.Contributions[i]
		for _, c := range d.Invitation.asking {
			if d.Intent.Answered && echo.UID == c.UID {
				echo.Resend = c.Resend
			}
		}
		if d.Desired.gaveUp(echo.UID) {
			// Once a row is there again nothing else tells of it.
			echo.State, echo.Reason, echo.Message = v1alpha1.ContributionRelinquished, v1alpha1.ReasonRelinquished, relinquishedMessage
		}
	}
	return want
}

// Failed are inputs after something that has to be tried again.
func Failed(in Inputs, failure error) Inputs {
	in.Done.Failure = failure
	return in
}

// Wrote are inputs after a write that the provider says it did, and the row read back; nil for none.
func Wrote(in Inputs, d Decision, row *hosting.Row, now metav1.Time) Inputs {
	if row == nil && in.Row != nil {
		in.Invitation = nil // the link went with the row; a new row is a new invitation
	}
	in.Now, in.Row, in.Fresh = now, row, true
	in.Memory = in.Memory.ReadBack(d.Memory, d.Change, in.live(), now)
	in.Done.Written = true
	in.Done.Effective = in.live().Contains(d.Change.Target) && in.live().Intersect(d.Change.Remove).Empty()
	in.Done.NextPart = d.nextPart
	in.Done = in.Done.appendHistory(in, d)
	return in
}

// WriteFailed are inputs after a write that failed. Undone: the provider certainly did not do it, and
// will not.
func WriteFailed(in Inputs, d Decision, failure error, undone bool, now metav1.Time) Inputs {
	in.Now = now
	if undone {
		in.Memory = in.Memory.Refused(d.Memory)
	} else {
		in.Memory = in.Memory.GivenUp(d.Change, now)
	}
	whole := in.Done.Refusal == nil
	switch {
	case hosting.ClassOf(failure) != hosting.ClassInvalid, whole && d.parts(in) < 2:
		in.Done.Failure = failure
	case whole:
		in.Done.Refusal = failure
	default:
		in.Done.NextPart = d.nextPart
	}
	return in
}

// Asked are inputs after the provider was asked about an invitation, and the row read back.
func Asked(in Inputs, d Decision, row *hosting.Row, now metav1.Time) Inputs {
	in.Now, in.Row, in.Done.Asked = now, row, d.Invitation.Step.Act
	return in
}

// AskRefused are inputs after the provider cannot do what it was asked for about an invitation.
func AskRefused(in Inputs, detail string) Inputs {
	in.Invitation, in.Done.Closed = invite.Unable(in.Invitation, detail), true
	return in
}

// Mailed are inputs after a mail was tried, or not even that where it is not fit to be sent.
func Mailed(in Inputs, d Decision, outcome invite.Outcome, now metav1.Time) Inputs {
	in.Now = now
	in.Invitation = invite.Result(d.Invitation.Step.Intent, outcome, now)
	in.Done.Closed, in.Done.Mailed = true, true
	return in
}

// Failed says whether a reconcile tried something that has to be tried again. Whoever was put off
// and waits for another turn did not try: they would be kept from it when it comes.
func (d Decision) Failed(in Inputs) bool {
	deferred := in.Done.Mailed && stateOf(d.Invitation.Memory) == v1alpha1.InvitationDeferred
	return in.Done.failure() != nil || deferred || in.Done.Written && !in.Done.Effective
}

// Waits says whether a reconcile only waited for a turn to write or to mail.
func (d Decision) Waits(in Inputs) bool {
	return !in.Done.Written && (d.Step != Rest || d.Invitation.Mails && in.MailWait != nil)
}

// Retried is what is remembered of failures and of writes to no effect once a reconcile has ended.
// A write that takes effect ends all of it.
func (d Decision) Retried(in Inputs, before Retry) Retry {
	attempt := d.Attempt(in)
	switch {
	case !in.Done.Written:
	case in.Done.Effective:
		before = Retry{}
	case before.Tried.Cause == attempt.Cause:
		before.Tried, before.Count = attempt, before.Count+1 // a row that alternates converges no more than one that stays
	default:
		before.Tried, before.Count = attempt, 1
	}
	return before
}

// Givers names the grants that ask for any of these rights, up to three.
func (d Decision) Givers(in Inputs, rights hosting.Rights) string {
	return listed(d.givers(in, rights))
}

// WhyRevoked tells the causes of what is due to go, and the grants by whose leaving or change it arose.
func (d Decision) WhyRevoked(in Inputs, rights hosting.Rights) ([]v1alpha1.OwedCause, string) {
	if rights.Empty() {
		return nil, ""
	}
	known := map[types.UID]string{}
	for _, echo := range in.Record.Status.Contributions {
		if echo.Grant != nil {
			known[echo.UID] = nameOf(*echo.Grant)
		}
	}
	for _, c := range in.Record.Spec.Contributions {
		known[c.UID] = nameOf(c.Grant)
	}
	causes, grants := map[v1alpha1.OwedCause]bool{}, map[string]bool{}
	for _, part := range attributed(in, d.Memory).Debts(rights) {
		debt := part.Value
		causes[debt.Cause] = true
		for _, uid := range debt.By {
			name, ok := known[uid]
			if !ok {
				name = "deleted grants of namespace " + listed(slices.Clone(debt.Namespaces))
			}
			grants[name] = true
		}
	}
	return slices.Sorted(maps.Keys(causes)), listed(slices.Collect(maps.Keys(grants)))
}

func nameOf(grant v1alpha1.GrantReference) string { return grant.Namespace + "/" + string(grant.Name) }
