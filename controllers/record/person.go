package record

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/status"
)

// active tells whether the person is there, and else how far the invitation is.
func (p *pass) active(want v1alpha1.AccessRecordStatus) metav1.Condition {
	switch {
	case want.Person == v1alpha1.PersonActive:
		return status.Fact(v1alpha1.ConditionActive, true, v1alpha1.ReasonActive, "the person has a profile at the provider")
	case p.queued != nil:
		return status.Fact(v1alpha1.ConditionActive, false, v1alpha1.ReasonMailQueued, queuedMessage(*p.queued))
	case want.Person != v1alpha1.PersonInvited:
		return status.Fact(v1alpha1.ConditionActive, false, v1alpha1.ReasonNobody, "the provider has no row for the person")
	}
	reason, message := waitingFor(want.Invitation, p.policy())
	if len(p.asking()) > 0 && p.dismissed == "" {
		message += "; another mail was asked for, and is sent as soon as it may be: at most one an hour"
	}
	return status.Fact(v1alpha1.ConditionActive, false, reason, message)
}

// waitingFor tells why somebody has no profile yet, as far as the invitation says.
func waitingFor(invitation *v1alpha1.InvitationStatus, p invite.Policy) (reason, message string) {
	reason, message = v1alpha1.ReasonInvited, "the person has not initialised a profile yet"
	switch stateOf(invitation) {
	case v1alpha1.InvitationRefused:
		return v1alpha1.ReasonInvitationRefused, "the mail server refused the invitation: " + invitation.Message
	case v1alpha1.InvitationDeferred:
		return reason, "the invitation is put off: " + invitation.Message
	case v1alpha1.InvitationExpired:
		message = "the link in the invitation has ended"
		if p.Repeats(invitation) {
			message += "; another mail is sent " + p.ResendAfter.String() + " after the last one"
		}
		return v1alpha1.ReasonInvitationExpired, message
	case v1alpha1.InvitationUnanswered:
		return v1alpha1.ReasonInvitationUnanswered, "the person answered none of the invitations, and gets no more by themselves; annotate a grant with " +
			v1alpha1.AnnotationResendInvitation + " and a new value to send another"
	case v1alpha1.InvitationUnsupported:
		if invitation.Ordinal == 0 {
			return v1alpha1.ReasonInvitationUnsupported, "the provider tells no link to put into an invitation; use sender Backend"
		}
		return v1alpha1.ReasonInvitationUnsupported, "the provider cannot be asked to invite again: " + cmp.Or(invitation.Message, "it does not count what it mails")
	}
	return reason, message
}

// rareFacts are there only while they hold.
func (p *pass) rareFacts(want v1alpha1.AccessRecordStatus) []metav1.Condition {
	facts := p.heldFact()
	if want.TwoFactor == v1alpha1.TwoFactorMissing {
		facts = append(facts, status.Fact(v1alpha1.ConditionTwoFactorMissing, true, v1alpha1.ReasonTwoFactorMissing,
			"the person has to log in with two factors and has set up no second one: nothing that was granted opens for them"))
	}
	return facts
}
