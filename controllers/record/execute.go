package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
)

// execute does one step after another, and decides after each, until nothing is left to do now.
func (r *Reconciler) execute(ctx context.Context, in plan.Inputs, turn *turn) (plan.Inputs, plan.Decision, error) {
	for {
		in.MailWait = nil
		d, err := r.decide(ctx, in)
		if err == nil && d.Invitation.Mails && !turn.reserved && in.Done.Failure == nil {
			in, d, err = r.reserveMail(ctx, in, d, turn)
		}
		if err != nil {
			return in, d, err
		}
		if d.Step == plan.Rest {
			return in, d, nil
		}
		if in, err = r.step(ctx, in, d, turn); err != nil {
			return in, d, err
		}
	}
}

func (r *Reconciler) step(ctx context.Context, in plan.Inputs, d plan.Decision, turn *turn) (plan.Inputs, error) {
	switch d.Step {
	case plan.Write:
		return r.write(ctx, in, d, turn)
	case plan.Ask:
		return r.ask(ctx, in, d, turn)
	}
	return r.mail(ctx, in, d, turn)
}

// reserveMail asks for the right to mail the person; who has to wait for it does everything else
// meanwhile.
func (r *Reconciler) reserveMail(ctx context.Context, in plan.Inputs, d plan.Decision, turn *turn) (plan.Inputs, plan.Decision, error) {
	mails := r.Connections.Ensure(backendKey(in.Record)).Mails()
	if !mails.Restored() {
		records := &v1alpha1.AccessRecordList{}
		if err := r.List(ctx, records, r.ofSameBackend(in)...); err != nil {
			return in, d, fmt.Errorf("list AccessRecords: %w", err)
		}
		mails.Restore(lastMails(records.Items))
	}
	policy := invite.PolicyOf(in.Backend.Spec.Invitations)
	if policy.Sender != v1alpha1.SenderSMTP {
		mails.Report(true) // no mail server of ours is in the way any more
	}
	ok, wait := mails.Reserve(turn.key.Name, d.Invitation.Account, policy.PerMinute)
	if turn.reserved = ok; !ok {
		in, d = decideWaiting(in, d, wait)
	}
	return in, d, nil
}

// lastMails is when people were last mailed, or may have been.
func lastMails(records []v1alpha1.AccessRecord) map[string]time.Time {
	last := map[string]time.Time{}
	for i := range records {
		invitation := records[i].Status.Invitation
		if at := invite.LastMail(invitation); !at.IsZero() && invitation.State != v1alpha1.InvitationNotNeeded {
			last[records[i].Name] = at
		}
	}
	return last
}

// persist writes a decision's intent into the record, before what it tells of is done. It gives
// errChanged where the record changed since it was read.
func (r *Reconciler) persist(ctx context.Context, in plan.Inputs, d plan.Decision) (plan.Inputs, error) {
	record, want := in.Record.DeepCopy(), d.IntentStatus(in)
	_, err := apply.Status(ctx, r.Client, &r.written, record, &record.Status, &want, true)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return in, errChanged
	}
	if err != nil {
		return in, err
	}
	r.unsaved.drop(client.ObjectKeyFromObject(record))
	return plan.Persisted(in, d, record), nil
}

// write persists the intent, does the one write of a change, and takes over what was read back. How
// it ended is kept until that is written down, too.
func (r *Reconciler) write(ctx context.Context, in plan.Inputs, d plan.Decision, turn *turn) (plan.Inputs, error) {
	in, err := r.persist(ctx, in, d)
	if err != nil {
		return in, err
	}
	creates := in.Row == nil
	turn.mailed = turn.mailed || creates && d.Invitation.Notify
	row, failure := r.send(ctx, in, d)
	if failure != nil {
		undone := provider.Undone(failure)
		in = plan.WriteFailed(in, d, failure, undone, r.now())
		turn.mailed = turn.mailed && (!creates || !undone) // without a row nobody was mailed
	} else {
		in = plan.Wrote(in, d, row, r.now())
		r.emit(in.Record, in.Done.Events)
	}
	if creates && row != nil && row.Active() {
		turn.mailed = false // nobody is mailed who has a profile
	}
	r.unsaved.keepMemory(turn.key, d.Intent.Memory.Intended, in)
	r.audit(ctx, in, d, failure)
	return in, nil
}

// send makes the row the target of a change, and reads it back.
func (r *Reconciler) send(ctx context.Context, in plan.Inputs, d plan.Decision) (*hosting.Row, error) {
	connection, address, with := r.Connections.Ensure(backendKey(in.Record)), string(in.Record.Spec.Email), planned(in)
	switch {
	case in.Row == nil:
		return connection.Create(ctx, with, address, hosting.NewRow{
			Email: address, Rights: d.Change.Target, Annotation: hosting.Marked("", connection.View().Mark), Notify: d.Invitation.Notify,
		})
	case d.Change.Target.Empty():
		return connection.Delete(ctx, with, address, in.Row.ID)
	}
	mark := connection.View().Mark
	if len(d.Intent.Memory.Applied) == 0 {
		mark = "" // nothing in the row is ours any more
	}
	return connection.Update(ctx, with, address, *in.Row, d.Change.Target, hosting.Marked(in.Row.Annotation, mark))
}

// audit tells of each write in one line of the log, whatever came of it, without an address: what
// was to be added and removed, why, and for which grants.
func (r *Reconciler) audit(ctx context.Context, in plan.Inputs, d plan.Decision, failure error) {
	outcome := string(hosting.ClassOf(failure))
	switch {
	case failure != nil:
	case in.Done.Effective:
		outcome = v1alpha1.ReasonAsDeclared
	default:
		outcome = v1alpha1.ReasonNotTakenEffect
	}
	causes, departed := d.WhyRevoked(in, d.Change.Remove)
	ctrl.LoggerFrom(ctx).Info("wrote to the provider", "backend", backendKey(in.Record).String(), "person", access.AddressDigest(string(in.Record.Spec.Email)), "row", in.RowID(),
		"add", d.Change.Add.Len(), "for", d.Givers(in, d.Change.Add), "remove", d.Change.Remove.Len(), "causes", causes, "of", departed, "outcome", outcome)
}

// ask has the provider renew the link, or mail again, and reads back what came of it.
func (r *Reconciler) ask(ctx context.Context, in plan.Inputs, d plan.Decision, turn *turn) (plan.Inputs, error) {
	connection := r.Connections.Ensure(backendKey(in.Record))
	if err := connection.CheckWrite(planned(in), provider.LongestCall); err != nil {
		return plan.Failed(in, err), nil
	}
	in, err := r.persist(ctx, in, d)
	if err != nil {
		return in, err
	}
	notify := d.Invitation.Step.Act == invite.Again
	turn.mailed = turn.mailed || notify
	row, err := connection.Invite(ctx, planned(in), string(in.Record.Spec.Email), *in.Row, notify)
	switch {
	case refusedForGood(err):
		turn.mailed = false
		return plan.AskRefused(in, detailOf(err)), nil
	case err != nil:
		return plan.Failed(in, err), nil
	}
	return plan.Asked(in, d, row, r.now()), nil
}

// refusedForGood says whether asking again is of no use.
func refusedForGood(err error) bool {
	switch hosting.ClassOf(err) {
	case hosting.ClassUnsupported, hosting.ClassInvalid, hosting.ClassForbidden:
		return true
	}
	return false
}

func detailOf(err error) string {
	var failure *hosting.Error
	if !errors.As(err, &failure) {
		return ""
	}
	return status.Clip(failure.Detail)
}

// mail sends an invitation that is due: the intent is persisted first, the result after.
func (r *Reconciler) mail(ctx context.Context, in plan.Inputs, d plan.Decision, turn *turn) (plan.Inputs, error) {
	message := d.Message(in)
	mailer, err := r.Mailer(ctx, in.Backend)
	if err == nil {
		err = mailer.Check(message)
	}
	if err != nil {
		// Nothing was attempted: the same intent is as good later.
		return plan.Mailed(in, d, deferred(err), r.now()), nil
	}
	connection := r.Connections.Ensure(backendKey(in.Record))
	if err := connection.CheckWrite(planned(in), provider.LongestCall); err != nil {
		return plan.Failed(in, err), nil
	}
	if in, err = r.persist(ctx, in, d); err != nil {
		return in, err
	}
	if err := connection.CheckWrite(planned(in), provider.LongestCall); err != nil {
		in = plan.Failed(plan.Mailed(in, d, deferred(err), r.now()), err)
		r.unsaved.keepInvitation(turn.key, in.Invitation)
		return in, nil
	}
	turn.mailed = true
	began := r.Clock.Now()
	outcome, err := mailer.Send(ctx, message)
	if err != nil {
		outcome = invite.Outcome{Verdict: invite.Refused, Detail: err.Error()}
	}
	connection.Mails().Report(inTime(outcome, r.Clock.Since(began)))
	in = plan.Mailed(in, d, outcome, r.now())
	r.unsaved.keepInvitation(turn.key, in.Invitation)
	return in, nil
}

func deferred(err error) invite.Outcome {
	return invite.Outcome{Verdict: invite.Deferred, Detail: err.Error()}
}

// serverTimeout is how long a mail server may take to put somebody off.
const serverTimeout = 10 * time.Second

// inTime says whether a mail server kept nobody waiting for nothing.
func inTime(outcome invite.Outcome, took time.Duration) bool {
	return took < serverTimeout || outcome.Verdict == invite.Accepted || outcome.Verdict == invite.Refused
}
