package record

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/status"
)

// act changes the provider: it reads record and row anew, plans on what was read, enters
// what it is about to do into the record's memory, writes once, and reads back. A nil pass
// means that the record changed under our hands and the change wakes us.
func (r *Reconciler) act(ctx context.Context, seen *pass) (*pass, error) {
	p, err := r.freshen(ctx, seen)
	if p == nil || err != nil {
		return nil, err
	}
	if p.failure != nil || !p.wantsWrite() {
		return p, nil
	}
	if p.plan.Pending() {
		notify := p.prepare()
		p.acting = true
		if ok, err := r.remember(ctx, p); !ok || err != nil {
			return nil, err
		}
		p.failure = r.writeAll(ctx, p, notify)
		if p.failure != nil && !p.written {
			return p, nil
		}
	}
	return r.mail(ctx, p)
}

// freshen reads the record and the row anew and thinks again on them.
func (r *Reconciler) freshen(ctx context.Context, seen *pass) (*pass, error) {
	record := &v1alpha1.AccessRecord{}
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(seen.record), record)
	if apierrors.IsNotFound(err) || err == nil && (record.UID != seen.record.UID || !record.DeletionTimestamp.IsZero()) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read AccessRecord: %w", err)
	}
	p := *seen
	p.record, p.invited = record, r.results.of(record)
	row, err := p.session.ReadRow(ctx, string(record.Spec.Email), p.rowID())
	if err != nil {
		p.failure = err
		return &p, nil
	}
	p.session.Learn(string(record.Spec.Email), row)
	p.row, p.fresh = row, true
	if row == nil && leaving(record.Status) {
		p.invited = nil // the link went with the row, though nobody lived to write it down
	}
	p.think()
	return &p, nil
}

// leaving says whether all that was ever given was about to be taken away.
func leaving(status v1alpha1.AccessRecordStatus) bool {
	memory := access.MemoryOf(status)
	return len(memory.Applied) == 0 && len(memory.Owed) > 0
}

// rowID is where the person's row is or was last seen: a list that lacks it may be wrong.
func (p *pass) rowID() int64 {
	if p.row != nil {
		return p.row.ID
	}
	return p.record.Status.RowID
}

// prepare enters what is about to be done; it says whether the provider shall mail.
func (p *pass) prepare() bool {
	p.invite, p.mail = p.invited, false // a mail is decided on after the read-back
	if p.row != nil || len(p.plan.Add) == 0 {
		return false
	}
	var notify bool
	p.invite, notify = invite.BeforeCreate(p.invite, p.sender(), p.now)
	return notify
}

// remember persists memory before an act. It fails quietly where the record changed since
// it was read: whoever changed it wakes us.
func (r *Reconciler) remember(ctx context.Context, p *pass) (bool, error) {
	want := p.record.Status.DeepCopy()
	p.memory.Store(want)
	p.want.Pins.StorePins(want)
	want.Invitation, want.Sources = p.invite, p.sources()
	_, err := status.Write(ctx, r.Client, p.record, &p.record.Status, want, true)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	r.results.drop(client.ObjectKeyFromObject(p.record))
	p.invited = p.invite
	return true, nil
}

// write does the one write of a change and takes over what was read back.
func (r *Reconciler) write(ctx context.Context, p *pass, notify bool) error {
	address := string(p.record.Spec.Email)
	var row *hosting.Row
	var err error
	p.due = p.attributed()
	switch {
	case p.row == nil:
		row, err = p.session.Create(ctx, address, hosting.NewRow{
			Email: address, Rights: p.plan.Target, Annotation: hosting.Marked("", p.session.Mark()), Notify: notify,
		})
	case len(p.plan.Target) == 0:
		row, err = p.session.Delete(ctx, address, p.row.ID)
	default:
		row, err = p.session.Update(ctx, address, *p.row, p.plan.Target, p.annotation())
	}
	if err != nil {
		r.audit(ctx, p, err)
		return err
	}
	if row == nil && p.row != nil {
		p.invite = nil // the link went with the row; a new row is a new invitation
	}
	p.written, p.row = true, row
	p.memory = access.Settle(p.memory, p.live())
	p.enter(p.losing())
	p.invite, p.mail = invite.AfterRead(p.invite, p.sender(), p.facts(), p.now, p.messageID)
	r.audit(ctx, p, nil)
	r.announce(p)
	return nil
}

// annotation is that of the row, with our mark while anything in it is ours.
func (p *pass) annotation() string {
	if len(p.memory.Applied) == 0 {
		return hosting.Marked(p.row.Annotation, "")
	}
	return hosting.Marked(p.row.Annotation, p.session.Mark())
}

// mail sends an invitation that is due: the intent is persisted first, the result after.
func (r *Reconciler) mail(ctx context.Context, p *pass) (*pass, error) {
	if !p.mail {
		return p, nil
	}
	p.mail = false
	mailer, err := r.Mailer(ctx, p.backend)
	if err == nil {
		err = mailer.Check(p.message())
	}
	if err != nil {
		// Nothing was attempted: the same intent is as good later.
		p.invite = invite.Result(p.invite, invite.Outcome{Verdict: invite.Deferred, Detail: err.Error()})
		return p, nil
	}
	if err := p.session.MayAct(); err != nil {
		p.failure, p.mail = err, true // nothing was intended yet
		return p, nil
	}
	if ok, err := r.remember(ctx, p); !ok || err != nil {
		return nil, err
	}
	if err := p.session.MayAct(); err != nil {
		p.failure, p.invite = err, invite.Result(p.invite, invite.Outcome{Verdict: invite.Deferred, Detail: err.Error()})
		return p, nil
	}
	result, err := mailer.Send(ctx, p.message())
	if err != nil {
		result = invite.Outcome{Verdict: invite.Refused, Detail: err.Error()}
	}
	p.invite = invite.Result(p.invite, result)
	r.results.keep(client.ObjectKeyFromObject(p.record), p.invite)
	if result.Verdict == invite.Accepted {
		r.Events.Eventf(p.record, nil, "Normal", v1alpha1.EventInvited, "Invite", "an invitation was handed to the mail server")
	}
	return p, nil
}

func (p *pass) message() invite.Message {
	m := invite.Message{
		MessageID: p.invite.MessageID, To: p.row.Email, Owner: p.snapshot.Identity.Email, Link: p.row.Invitation.Link,
		Language: "en",
	}
	for _, c := range p.record.Spec.Contributions {
		if m.DisplayName == "" {
			m.DisplayName = c.DisplayName
		}
		if c.Language != "" {
			m.Language = c.Language
		}
	}
	return m
}
