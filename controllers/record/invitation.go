package record

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/status"
)

// ticket is the right to mail a person, and whether it was used.
type ticket struct{ taken, used bool }

// follow computes what became of the invitation and what is due, from what is remembered and
// from the row. Only people to whom a grant gives something are mailed.
func (p *pass) follow() {
	p.step = invite.AfterRead(p.invited, p.policy(), p.facts(), len(p.asking()) > 0, p.now, p.messageID)
	if counting, _ := p.counting(); len(counting) == 0 || len(p.plan.Target) == 0 {
		p.step = invite.Step{Memory: p.step.Memory}
	}
	p.invite = p.step.Memory
	p.dismissed = ""
	if p.step.Answered && p.step.Act == invite.Nothing {
		p.dismissed = p.step.Dismissed
	}
}

func (p *pass) policy() invite.Policy {
	if p.backend == nil {
		return invite.PolicyOf(v1alpha1.Invitations{})
	}
	return invite.PolicyOf(p.backend.Spec.Invitations)
}

func (p *pass) facts() invite.Facts { return invite.FactsOf(p.row, p.record.Status.RowID) }

func (p *pass) messageID(ordinal int32) string {
	if p.row == nil || p.backend == nil || p.backend.Spec.Invitations.SMTP == nil {
		return ""
	}
	from := string(p.backend.Spec.Invitations.SMTP.From)
	return invite.MessageID(p.snapshot.Identity.Email, p.row.ID, ordinal, from[strings.LastIndexByte(from, '@')+1:])
}

// asking are the contributions whose grants ask for another mail and were not answered. What a
// contribution came with asks for nothing: it may be years old.
func (p *pass) asking() []v1alpha1.Contribution {
	counting, _ := p.counting()
	return slices.DeleteFunc(counting, func(c v1alpha1.Contribution) bool {
		echo, known := p.echoed(c)
		return !known || c.Resend == "" || c.Resend == echo.Resend
	})
}

// echoed is what the last pass wrote of a contribution.
func (p *pass) echoed(c v1alpha1.Contribution) (v1alpha1.ContributionStatus, bool) {
	i := slices.IndexFunc(p.record.Status.Contributions, func(echo v1alpha1.ContributionStatus) bool { return echo.UID == c.UID })
	if i < 0 {
		return v1alpha1.ContributionStatus{}, false
	}
	return p.record.Status.Contributions[i], true
}

// resent is the request of a contribution that is not to be carried out any more.
func (p *pass) resent(c v1alpha1.Contribution) string {
	echo, known := p.echoed(c)
	if !known || p.dismissed != "" && c.Resend != "" {
		return c.Resend
	}
	return echo.Resend
}

// answered are the last echoes, with what is asked for taken for answered.
func (p *pass) answered() []v1alpha1.ContributionStatus {
	echoes := slices.Clone(p.record.Status.Contributions)
	for _, c := range p.asking() {
		for i := range echoes {
			if echoes[i].UID == c.UID {
				echoes[i].Resend = c.Resend
			}
		}
	}
	return echoes
}

// creation is what is remembered before a row is made, and whether the provider shall mail.
func (p *pass) creation() (next *v1alpha1.InvitationStatus, creates, notify bool) {
	if p.row != nil || len(p.plan.Add) == 0 {
		return p.invite, false, false
	}
	next, notify = invite.BeforeCreate(p.invite, p.policy().Sender, p.now)
	return next, true, notify
}

// mails says whether somebody may be mailed by what is to be done.
func (p *pass) mails() bool {
	_, _, notify := p.creation()
	return p.readable() && p.enforced() && (notify || p.step.Act != invite.Nothing)
}

// waitsToCreate says whether the row is not made because its mail has to wait.
func (p *pass) waitsToCreate() bool {
	_, _, notify := p.creation()
	return notify && p.queued != nil
}

// account is the namespace on whose account a mail is sent.
func (p *pass) account() string {
	counting, _ := p.counting()
	for _, c := range append(p.asking(), counting...) {
		return c.Grant.Namespace
	}
	return p.record.Namespace
}

func queuedMessage(w session.Wait) string {
	if w.Mute {
		return fmt.Sprintf("the mail server does not answer in time (spec.invitations.smtp of the HostingBackend); the invitation waits for it, among the next %s", status.Count(w.Among, "person", "people"))
	}
	return fmt.Sprintf("the invitation waits for its turn, among the next %s; %d a minute are mailed (spec.invitations.perMinute of the HostingBackend)", status.Count(w.Among, "person", "people"), w.PerMinute)
}

// nextInvitation is how long until something is due about the invitation; 0 for never.
func (p *pass) nextInvitation() time.Duration {
	if p.queued != nil {
		return p.queued.For
	}
	if stateOf(p.record.Status.Invitation) != stateOf(p.invite) && !p.failed() {
		return time.Second // first it is told what became of it
	}
	at, ok := invite.Next(p.invite, p.policy(), p.facts(), len(p.asking()) > 0, p.now)
	if !ok {
		return 0
	}
	return max(time.Second, at.Sub(p.now.Time))
}

func stateOf(invitation *v1alpha1.InvitationStatus) v1alpha1.InvitationState {
	if invitation == nil {
		return ""
	}
	return invitation.State
}

func (p *pass) message(id string) invite.Message {
	m := invite.Message{
		MessageID: id, To: p.row.Email, Owner: p.snapshot.Identity.Email, Link: p.row.Invitation.Link,
		Language: "en", Expires: p.row.Invitation.Expires, Rights: p.want.Rights, Places: map[invite.Place]string{}, Ends: p.ends(),
	}
	for key, id := range p.snapshot.Places {
		m.Places[invite.Place{Scope: key.Scope, ID: id}] = key.Name
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

// ends is when all that is given ends; zero where something does not.
func (p *pass) ends() time.Time {
	var last metav1.Time
	counting, _ := p.counting()
	for _, c := range counting {
		b := p.boundOf(c)
		if b.end == nil {
			return time.Time{}
		}
		if last.Before(&b.end.At) {
			last = b.end.At
		}
	}
	return last.Time
}

// refusedForGood says whether trying again is of no use.
func refusedForGood(err error) bool {
	switch hosting.ClassOf(err) {
	case hosting.ClassUnsupported, hosting.ClassInvalid, hosting.ClassForbidden:
		return true
	}
	return false
}
