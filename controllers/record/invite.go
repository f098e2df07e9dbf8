package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/status"
)

// queue looks whether the person still waits to be mailed: then nobody's turn is taken for it.
func (p *pass) queue() {
	outbox := p.session.Outbox()
	if !p.mails() {
		outbox.Leave(p.record.Name)
		return
	}
	outbox.Charge(p.record.Name, p.account())
	if wait, waits := outbox.Waits(p.record.Name); waits {
		p.queued = &wait
	}
}

// place asks for the right to mail the person, where somebody may be mailed; who has to wait
// for it does everything else meanwhile.
func (r *Reconciler) place(ctx context.Context, p *pass) error {
	p.queued = nil
	if !p.mails() || p.ticket.taken {
		return nil
	}
	outbox := p.session.Outbox()
	if !outbox.Recalled() {
		records := &v1alpha1.AccessRecordList{}
		err := r.List(ctx, records, client.InNamespace(p.record.Namespace), client.MatchingFields{index.RecordBackend: p.backend.Name}, client.UnsafeDisableDeepCopy)
		if err != nil {
			return fmt.Errorf("list AccessRecords: %w", err)
		}
		outbox.Recall(lastMails(records.Items))
	}
	if p.policy().Sender != v1alpha1.SenderSMTP {
		outbox.Answered(true) // no mail server of ours is in the way any more
	}
	ok, wait := outbox.Take(p.record.Name, p.account(), p.policy().PerMinute)
	if p.ticket.taken = ok; !ok {
		p.queued = &wait
	}
	return nil
}

// lastMails is when people were last mailed, or may have been.
func lastMails(records []v1alpha1.AccessRecord) map[string]time.Time {
	last := map[string]time.Time{}
	for i := range records {
		at := invite.LastMail(records[i].Status.Invitation)
		if !at.IsZero() && stateOf(records[i].Status.Invitation) != v1alpha1.InvitationNotNeeded {
			last[records[i].Name] = at
		}
	}
	return last
}

// giveBack returns the right to mail somebody who was not.
func (p *pass) giveBack() {
	if p.ticket.taken && !p.ticket.used {
		p.session.Outbox().Return(p.record.Name)
	}
}

// invite does what is due about the invitation: each intent is persisted before the act, and
// each act is tried once. That a part of a write was refused holds up no mail.
func (r *Reconciler) invite(ctx context.Context, p *pass) (*pass, error) {
	refusal, tried := p.failure, invite.Nothing
	if refusal != nil && !p.written {
		return p, nil
	}
	p.failure = nil
	defer func() { p.failure = cmp.Or(p.failure, refusal) }()
	for p.step.Act != invite.Nothing && p.failure == nil {
		if err := r.place(ctx, p); err != nil || p.queued != nil {
			return p, err
		}
		if p.step.Act == tried {
			p.invite = invite.NoEffect(p.invite, p.now)
			p.step = invite.Step{Memory: p.invite}
			return p, nil
		}
		tried = p.step.Act
		next, err := r.actOn(ctx, p)
		if next == nil || err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (r *Reconciler) actOn(ctx context.Context, p *pass) (*pass, error) {
	if p.step.Act == invite.Mail {
		return r.mail(ctx, p)
	}
	return r.askProvider(ctx, p)
}

// intend persists what is about to be done, and that whoever asked for it was heard. It fails
// quietly as remember does.
func (r *Reconciler) intend(ctx context.Context, p *pass) (bool, error) {
	if err := p.session.MayAct(p.planned()); err != nil {
		p.failure = err
		return true, nil
	}
	p.invite, p.answers = p.step.Intent, p.step.Answered
	return r.remember(ctx, p)
}

// askProvider has the provider renew the link, or mail again, and reads back what came of it.
func (r *Reconciler) askProvider(ctx context.Context, p *pass) (*pass, error) {
	notify := p.step.Act == invite.Again
	if ok, err := r.intend(ctx, p); !ok || err != nil || p.failure != nil {
		return given(p, ok), err
	}
	p.ticket.used = notify
	row, err := p.session.Invite(ctx, p.planned(), string(p.record.Spec.Email), *p.row, notify)
	switch {
	case refusedForGood(err):
		p.invite = invite.Unable(p.invite, detailOf(err))
		p.step = invite.Step{Memory: p.invite}
		p.ticket.used = false
	case err != nil:
		p.failure = err
	default:
		p.row = row
		p.follow()
	}
	return p, nil
}

func detailOf(err error) string {
	var failure *hosting.Error
	if !errors.As(err, &failure) {
		return ""
	}
	return status.Clip(failure.Detail)
}

// mail sends an invitation that is due: the intent is persisted first, the result after.
func (r *Reconciler) mail(ctx context.Context, p *pass) (*pass, error) {
	due := p.step
	p.step, p.mailed = invite.Step{Memory: p.invite}, true
	message := p.message(due.Intent.MessageID)
	mailer, err := r.Mailer(ctx, p.backend)
	if err == nil {
		err = mailer.Check(message)
	}
	if err != nil {
		// Nothing was attempted: the same intent is as good later.
		p.invite = invite.Result(due.Intent, invite.Outcome{Verdict: invite.Deferred, Detail: err.Error()}, p.now)
		return p, nil
	}
	p.step = due
	if ok, err := r.intend(ctx, p); !ok || err != nil || p.failure != nil {
		return given(p, ok), err
	}
	p.step = invite.Step{}
	if err := p.session.MayAct(p.planned()); err != nil {
		p.failure, p.invite = err, invite.Result(p.invite, invite.Outcome{Verdict: invite.Deferred, Detail: err.Error()}, p.now)
		return p, nil
	}
	p.ticket.used = true
	began := r.Clock.Now()
	result, err := mailer.Send(ctx, message)
	if err != nil {
		result = invite.Outcome{Verdict: invite.Refused, Detail: err.Error()}
	}
	p.session.Outbox().Answered(inTime(result, r.Clock.Since(began)))
	p.invite = invite.Result(p.invite, result, r.now())
	r.results.keep(client.ObjectKeyFromObject(p.record), p.invite)
	return p, nil
}

// inTime says whether a mail server kept nobody waiting for nothing.
func inTime(result invite.Outcome, took time.Duration) bool {
	return took < serverPatience || result.Verdict == invite.Accepted || result.Verdict == invite.Refused
}

// serverPatience is how long a mail server may take to put somebody off.
const serverPatience = 10 * time.Second

// given is the pass, where it may go on.
func given(p *pass, ok bool) *pass {
	if !ok {
		return nil
	}
	return p
}

// tell tells once, by event, what became of an invitation.
func (r *Reconciler) tell(p *pass, before v1alpha1.InvitationState) {
	state := stateOf(p.record.Status.Invitation)
	switch {
	case state == before:
	case state == v1alpha1.InvitationSent && before == v1alpha1.InvitationIntended:
		r.Events.Eventf(p.record, nil, corev1.EventTypeNormal, v1alpha1.EventInvited, "Invite", "an invitation was sent")
	case state == v1alpha1.InvitationExpired && p.record.Status.Invitation.Ordinal > 0:
		r.Events.Eventf(p.record, nil, corev1.EventTypeWarning, v1alpha1.EventInvitationExpired, "Invite", "the link in the invitation has ended, and the person has no profile")
	case state == v1alpha1.InvitationUnanswered:
		r.Events.Eventf(p.record, nil, corev1.EventTypeWarning, v1alpha1.EventInvitationUnanswered, "Invite", "the person answered none of the invitations, and gets no more by themselves")
	}
	if p.dismissed != "" {
		r.Events.Eventf(p.record, nil, corev1.EventTypeWarning, v1alpha1.EventResendIgnored, "Invite", "an invitation was asked for, and none is sent: %s", p.dismissed)
	}
}
