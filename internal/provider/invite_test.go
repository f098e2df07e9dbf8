package provider

import (
	"context"
	"errors"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

func invited(mails int32) hosting.Row {
	return hosting.Row{Email: ann, TellsInvitation: true, Invitation: &hosting.Invitation{State: hosting.InvitationPending, Mails: &mails}}
}

func TestInviteReadsBack(t *testing.T) {
	p := newProvider(invited(1))
	s, _ := open(p)
	before, _ := refresh(t, s).Row(ann)
	row, err := s.Invite(context.Background(), s.now(), ann, before, true)
	if err != nil || *row.Invitation.Mails != 2 || p.calls["row"] != 1 {
		t.Error(row, err, p.calls)
	}
	snapshot := s.View().Snapshot
	if known, _ := snapshot.Row(ann); *known.Invitation.Mails != 2 {
		t.Error("the snapshot is older than the read-back")
	}
	if _, err := s.Invite(context.Background(), s.now(), ann, before, true); hosting.ClassOf(err) != hosting.ClassConflict || *p.rows[1].Invitation.Mails != 2 {
		t.Error("repeated", err, *p.rows[1].Invitation.Mails)
	}
}

func TestAProviderThatCannotInviteAgain(t *testing.T) {
	p := newProvider(invited(1))
	s, _ := open(p)
	row, _ := refresh(t, s).Row(ann)
	p.fail["invite"] = &hosting.Error{Class: hosting.ClassNotFound, Op: "invite again"}
	if _, err := s.Invite(context.Background(), s.now(), ann, row, false); hosting.ClassOf(err) != hosting.ClassUnsupported {
		t.Error("the call is missing:", err)
	}
	delete(p.rows, 1)
	if _, err := s.Invite(context.Background(), s.now(), ann, row, false); !hosting.IsNotFound(err) {
		t.Error("the row is missing:", err)
	}
	row.Invitation = &hosting.Invitation{State: hosting.InvitationPending}
	calls := p.calls["invite"]
	if _, err := s.Invite(context.Background(), s.now(), ann, row, false); hosting.ClassOf(err) != hosting.ClassUnsupported || p.calls["invite"] != calls {
		t.Error("it does not count mails:", err)
	}
}

func TestALostAnswerToAnInvitationLeavesItToBeRead(t *testing.T) {
	p := newProvider(invited(1))
	s, _ := open(p)
	row, _ := refresh(t, s).Row(ann)
	p.fail["invite"] = errors.New("cut")
	if _, err := s.Invite(context.Background(), s.now(), ann, row, true); err == nil {
		t.Error("the answer was not lost")
	}
	if read, err := s.ReadRow(context.Background(), s.now(), ann, 1); err != nil || *read.Invitation.Mails != 2 {
		t.Error(read, err)
	}
}

func TestSameRow(t *testing.T) {
	base := invited(1)
	base.TwoFactor = ptr.To(false)
	if other := base; !SameRow(base, other) {
		t.Error("a row differs from itself")
	}
	for what, change := range map[string]func(*hosting.Row){
		"factor": func(r *hosting.Row) { r.TwoFactor = ptr.To(true) }, "untold": func(r *hosting.Row) { r.TwoFactor = nil },
		"mails": func(r *hosting.Row) { r.Invitation = invited(2).Invitation },
		"state": func(r *hosting.Row) {
			r.Invitation = &hosting.Invitation{State: hosting.InvitationExpired, Mails: ptr.To(int32(1))}
		},
		"none": func(r *hosting.Row) { r.Invitation = nil },
	} {
		other := base
		change(&other)
		if SameRow(base, other) || SameRow(other, base) {
			t.Error(what, "makes no difference")
		}
	}
}
