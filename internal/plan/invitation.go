package plan

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/invite"
)

// Invitation is what becomes of a person's invitation.
type Invitation struct {
	// Memory is what became of it by itself, Step what is due. Dismissed says why nothing is sent
	// that was asked for.
	Memory    *v1alpha1.InvitationStatus
	Step      invite.Step
	Dismissed string
	// BeforeWrite is what is remembered before the row is written to. Notify: the provider shall mail
	// whoever gets a row. BeginsAnew: that answers whoever asked for another mail.
	BeforeWrite        *v1alpha1.InvitationStatus
	Notify, BeginsAnew bool
	// Mails: somebody may be mailed by what is to be done, on the account of a namespace.
	Mails   bool
	Account string
	// asking are the contributions whose grants ask for another mail and were not answered.
	asking []v1alpha1.Contribution
}

func policyOf(backend *v1alpha1.HostingBackend) invite.Policy {
	if backend == nil {
		return invite.PolicyOf(v1alpha1.Invitations{})
	}
	return invite.PolicyOf(backend.Spec.Invitations)
}

func (in Inputs) facts() invite.Facts { return invite.FactsOf(in.Row, in.Record.Status.RowID) }

// invitationOf computes what became of the invitation and what is due, from what is remembered and
// from the row. Only people to whom a grant gives something are mailed.
func invitationOf(in Inputs, d Decision) Invitation {
	active := d.Desired.active()
	out := Invitation{Memory: in.Invitation, Account: in.Record.Namespace, asking: asking(in, active)}
	for _, c := range append(slices.Clone(out.asking), active...) {
		out.Account = c.Grant.Namespace
		break
	}
	if in.Provider.Known {
		out.Step = invitationStep(in, len(out.asking) > 0)
		if len(active) == 0 || d.Plan.Target.Empty() {
			out.Step = invite.Step{Memory: out.Step.Memory}
		}
		out.Memory = out.Step.Memory
	}
	if out.Step.Answered && out.Step.Act == invite.Nothing {
		out.Dismissed = out.Step.Dismissed
	}
	return out.creation(in, !d.Plan.Add.Empty())
}

// creation is with what is remembered before a row is made, where something is to be added.
func (i Invitation) creation(in Inputs, adds bool) Invitation {
	i.BeforeWrite = in.Invitation
	if in.Row == nil && adds {
		i.BeforeWrite, i.Notify = invite.BeforeCreate(in.Invitation, policyOf(in.Backend).Sender, in.Now)
		i.BeginsAnew = i.BeforeWrite != in.Invitation && i.BeforeWrite.State != v1alpha1.InvitationUnknown
	}
	i.Mails = in.readable() && in.enforced() && (i.Notify || i.Step.Act != invite.Nothing)
	return i
}

// invitationStep is what follows from the row, and from what was done in this reconcile.
func invitationStep(in Inputs, asked bool) invite.Step {
	if in.Done.Closed {
		return invite.Step{Memory: in.Invitation}
	}
	step := invite.AfterRead(in.Invitation, policyOf(in.Backend), in.facts(), asked, in.Now, in.messageID)
	if step.Act != invite.Nothing && step.Act == in.Done.Asked {
		return invite.Step{Memory: invite.NoEffect(step.Memory, in.Now)}
	}
	return step
}

// messageID is the Message-ID of a person's mail of a number.
func (in Inputs) messageID(ordinal int32) string {
	if in.Row == nil || in.Backend == nil || in.Backend.Spec.Invitations.SMTP == nil {
		return ""
	}
	from := string(in.Backend.Spec.Invitations.SMTP.From)
	return invite.MessageID(in.Provider.Identity.Email, in.Row.ID, ordinal, from[strings.LastIndexByte(from, '@')+1:])
}

// asking are the contributions whose grants ask for another mail and were not answered. What a
// contribution came with asks for nothing: it may be years old.
func asking(in Inputs, active []v1alpha1.Contribution) []v1alpha1.Contribution {
	return slices.DeleteFunc(slices.Clone(active), func(c v1alpha1.Contribution) bool {
		echo, known := in.echoed(c)
		return !known || c.Resend == "" || c.Resend == echo.Resend
	})
}

// resent is the request of a contribution that is not to be carried out any more.
func (d Decision) resent(in Inputs, c v1alpha1.Contribution) string {
	echo, known := in.echoed(c)
	if !known || d.Invitation.Dismissed != "" && c.Resend != "" {
		return c.Resend
	}
	return echo.Resend
}

// waitsToCreate says whether the row is not made because its mail has to wait.
func (d Decision) waitsToCreate(in Inputs) bool { return d.Invitation.Notify && in.MailWait != nil }

// untilInvitation is how long until something is due about the invitation; 0 for never.
func (d Decision) untilInvitation(in Inputs) time.Duration {
	if d.Invitation.Mails && in.MailWait != nil {
		return in.MailWait.For
	}
	if stateOf(in.Record.Status.Invitation) != stateOf(d.Invitation.Memory) && !d.Failed(in) {
		return time.Second // first it is told what became of it
	}
	at, ok := invite.Next(d.Invitation.Memory, policyOf(in.Backend), in.facts(), len(d.Invitation.asking) > 0, in.Now)
	if !ok {
		return 0
	}
	return max(time.Second, at.Sub(in.Now.Time))
}

func stateOf(invitation *v1alpha1.InvitationStatus) v1alpha1.InvitationState {
	if invitation == nil {
		return ""
	}
	return invitation.State
}

// Message is the mail of a decision whose step is Mail.
func (d Decision) Message(in Inputs) invite.Message {
	m := invite.Message{
		MessageID: d.Intent.Invitation.MessageID, To: in.Row.Email, Owner: in.Provider.Identity.Email, Link: in.Row.Invitation.Link,
		Language: "en", Expires: in.Row.Invitation.Expires, Rights: d.Desired.Want.Rights, Places: map[invite.Place]string{}, Ends: d.Desired.lastEnd(),
	}
	for key, id := range in.Provider.Places {
		m.Places[invite.Place{Scope: key.Scope, ID: id}] = key.Name
	}
	for _, c := range in.Record.Spec.Contributions {
		if m.DisplayName == "" {
			m.DisplayName = c.DisplayName
		}
		if c.Language != "" {
			m.Language = c.Language
		}
	}
	return m
}

// Concerns says whether a record has to be looked at once the table was read: it is not Ready, its
// status tells something else of the row or of the names in it, something is due about its invitation, or the row has
// outlived a removal that is remembered still.
func Concerns(in Inputs) bool {
	have := in.Record.Status
	step := invite.Step{Memory: in.Invitation}
	if in.Invitation != nil && in.Row != nil {
		step = invitationStep(in, false)
	}
	return in.outlivedRemoval() || !meta.IsStatusConditionTrue(have.Conditions, v1alpha1.ConditionReady) || step.Act != invite.Nothing || step.Memory != in.Invitation ||
		rowOf(in) != (rowStatus{have.RowID, have.Person, have.TwoFactor}) || !access.LiveIs(have, in.live()) || !access.NamedAs(have, in.Provider.Names)
}

// outlivedRemoval says whether a removal of the whole row that is remembered is to be forgotten: the
// row was there after it could last be done.
func (in Inputs) outlivedRemoval() bool {
	memory := access.MemoryOf(in.Record.Status)
	return in.Row != nil && memory.Removal != nil && memory.Shown(metav1.NewTime(in.Provider.Verified)).Removal == nil
}
