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
// means that the record changed under our hands.
func (r *Reconciler) act(ctx context.Context, seen *pass) (*pass, error) {
	p, err := r.freshen(ctx, seen)
	if p == nil || err != nil {
		return nil, err
	}
	if p.failure != nil {
		return p, nil
	}
	if err := r.place(ctx, p); err != nil || !p.wantsWrite() {
		return p, err
	}
	if p.plan.Pending() && !p.waitsToCreate() {
		if ok, err := r.carryOut(ctx, p); !ok || err != nil {
			return nil, err
		}
	}
	return r.invite(ctx, p)
}

// carryOut enters into the record's memory what is about to be done, and writes.
func (r *Reconciler) carryOut(ctx context.Context, p *pass) (bool, error) {
	notify := p.prepare()
	p.acting = true
	return r.writeAll(ctx, p, notify)
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
	p.record, p.invited, p.recalled = record, r.results.of(record), r.results.memory(record)
	row, err := p.session.ReadRow(ctx, p.planned(), string(record.Spec.Email), p.rowID())
	if err != nil {
		p.failure = err
		p.think() // on the record as it is now, and the row as the list had it
		return &p, nil
	}
	p.row, p.fresh, p.ahead = row, true, p.session.Ahead()
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
	p.step = invite.Step{Memory: p.invited} // a mail is decided on after the read-back
	p.invite = p.invited
	next, creates, notify := p.creation()
	p.answers = creates && next != p.invited && next.State != v1alpha1.InvitationUnknown // it begins anew
	p.invite = next
	return notify
}

// remember persists memory before an act. It fails quietly where the record changed since
// it was read.
func (r *Reconciler) remember(ctx context.Context, p *pass) (bool, error) {
	want := p.record.Status.DeepCopy()
	p.want.Pins.StorePins(want)
	p.memory.Store(want)
	want.Invitation, want.Sources = p.invite, p.sources()
	if p.answers {
		want.Contributions = p.answered()
	}
	_, err := status.Write(ctx, r.Client, &r.written, p.record, &p.record.Status, want, true)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	r.results.drop(client.ObjectKeyFromObject(p.record))
	p.invited, p.answers = p.invite, false
	return true, nil
}

// write does the one write of a change and takes over what was read back; before is the memory
// without its intent.
func (r *Reconciler) write(ctx context.Context, p *pass, before access.Memory, notify bool) error {
	address := string(p.record.Spec.Email)
	var row *hosting.Row
	var err error
	p.due = p.attributed()
	switch {
	case p.row == nil:
		p.ticket.used = notify
		row, err = p.session.Create(ctx, p.planned(), address, hosting.NewRow{
			Email: address, Rights: p.plan.Target, Annotation: hosting.Marked("", p.session.Mark()), Notify: notify,
		})
	case len(p.plan.Target) == 0:
		row, err = p.session.Delete(ctx, p.planned(), address, p.row.ID)
	default:
		row, err = p.session.Update(ctx, p.planned(), address, *p.row, p.plan.Target, p.annotation())
	}
	if err != nil {
		r.audit(ctx, p, err)
		return err
	}
	if row == nil && p.row != nil {
		p.invited = nil // the link went with the row; a new row is a new invitation
	}
	if notify && row != nil && row.Active() {
		p.ticket.used = false // nobody is mailed who has a profile
	}
	p.written, p.row = true, row
	now := r.now()
	p.memory = access.Settle(p.memory.ReadBack(before, p.plan, p.live(), now), p.live(), p.snapshot.Places, now)
	p.enter(p.losing())
	p.follow()
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
