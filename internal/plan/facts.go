package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/status"
)

const (
	relinquishedMessage = "the person has a profile, but no permissions at the provider any more, and Hostgrant did not remove them: the person gave them up, or somebody removed the row by hand. Hostgrant gives nothing again until the grant changes; to give it again, annotate the grant with " +
		v1alpha1.AnnotationAskAgain + " and a new value"
	staleMessage     = "the last reading of the provider's table is more than two intervals old and proves nothing any more; the next one tells. If this lasts, the provider answers slowly, or Hostgrant has to wait for it: set a longer spec.interval on the HostingBackend"
	observedMessage  = "the HostingBackend's mode is Observe"
	fullMessage      = "all grants together give this person more than one record can hold; this grant gives them nothing new, and what it gave before stays. Name fewer places, group places with equal permissions, use `all: true`, or join grants"
	protectedMessage = "this person is the owner, holds the key, or is one of spec.protectedEmails of the HostingBackend: Hostgrant takes nothing away from them, and does not require a second factor of them; if you want that, do it at the provider"
	foreignMessage   = "requireTwoFactor: this person also holds permissions that others gave, and the second factor would lock those, too; so Hostgrant does not require it, and withholds what needs it. Leave out requireTwoFactor, or ask whoever runs the HostingBackend for a rule with adopt: true"
)

// unansweredMessage tells of somebody who let all invitations pass.
const unansweredMessage = "the person answered none of the invitations, and Hostgrant sends no more by itself; ask the person, and to send another, annotate a grant with " +
	v1alpha1.AnnotationResendInvitation + " and a new value"

// active tells whether the person is there, and else how far the invitation is.
func (d Decision) active(in Inputs, want v1alpha1.AccessRecordStatus) metav1.Condition {
	switch {
	case want.Person == v1alpha1.PersonActive:
		return status.Fact(v1alpha1.ConditionActive, true, v1alpha1.ReasonActive, "the person has a profile at the provider")
	case d.Invitation.Mails && in.MailWait != nil:
		return status.Fact(v1alpha1.ConditionActive, false, v1alpha1.ReasonMailQueued, queuedMessage(*in.MailWait))
	case want.Person != v1alpha1.PersonInvited:
		return status.Fact(v1alpha1.ConditionActive, false, v1alpha1.ReasonNobody, "the person has no row in the provider's table")
	}
	reason, message := waitingFor(want.Invitation, policyOf(in.Backend))
	if len(d.Invitation.asking) > 0 && d.Invitation.Dismissed == "" {
		message += "; another mail was asked for, and is sent soon: a person gets at most one an hour"
	}
	return status.Fact(v1alpha1.ConditionActive, false, reason, message)
}

// waitingFor tells why somebody has no profile yet, as far as the invitation says.
func waitingFor(invitation *v1alpha1.InvitationStatus, p invite.Policy) (reason, message string) {
	reason, message = v1alpha1.ReasonInvited, "the person has not set up a profile yet, and the invitation is being sent"
	switch stateOf(invitation) {
	case v1alpha1.InvitationSent:
		return reason, "the person has not set up a profile yet; ask them to follow the link in the invitation"
	case v1alpha1.InvitationUnknown, "":
		return reason, "the person has not set up a profile yet, and Hostgrant does not know whether they were invited; ask them, and to send a mail, annotate a grant with " + v1alpha1.AnnotationResendInvitation + " and a new value"
	case v1alpha1.InvitationNotSent:
		return reason, "the person has not set up a profile yet, and Hostgrant mails nobody (spec.invitations.sender of the HostingBackend is None); invite them yourself"
	case v1alpha1.InvitationRefused:
		return v1alpha1.ReasonInvitationRefused, "the mail server refused the invitation: " + invitation.Message + "; correct the sender, the server or the address, then annotate a grant with " + v1alpha1.AnnotationResendInvitation + " and a new value"
	case v1alpha1.InvitationDeferred:
		return reason, "the invitation could not be sent yet: " + invitation.Message + "; Hostgrant tries again"
	case v1alpha1.InvitationExpired:
		message = "the link in the invitation has expired"
		if !p.Repeats(invitation) {
			message += "; to send another mail, annotate a grant with " + v1alpha1.AnnotationResendInvitation + " and a new value"
		} else {
			message += "; Hostgrant sends another mail " + p.ResendAfter.String() + " after the last one"
		}
		return v1alpha1.ReasonInvitationExpired, message
	case v1alpha1.InvitationUnanswered:
		return v1alpha1.ReasonInvitationUnanswered, unansweredMessage
	case v1alpha1.InvitationUnsupported:
		if invitation.Ordinal == 0 {
			return v1alpha1.ReasonInvitationUnsupported, "the provider does not reveal the link that sender SMTP has to mail; set spec.invitations.sender: Provider on the HostingBackend"
		}
		return v1alpha1.ReasonInvitationUnsupported, "the provider cannot invite this person again: " + cmp.Or(invitation.Message, "it does not count its mails") + "; invite them in the provider's administration"
	}
	return reason, message
}

// rareFacts are there only while they hold: that something is held back, for longer than a moment,
// and that a second factor is missing.
func (d Decision) rareFacts(in Inputs, want v1alpha1.AccessRecordStatus) (facts []metav1.Condition) {
	if in.Provider.Known && !d.Plan.Held.Empty() && d.Gate.Worst.Answer != gate.Defer {
		reason, message := v1alpha1.ReasonProtected, protectedMessage
		switch {
		case d.Gate.Skewed:
			reason, message = v1alpha1.ReasonClockSkewed, d.skewMessage(in)
		case d.Gate.Worst.Answer == gate.Hold:
			reason, message = v1alpha1.ReasonRemovalLimit, d.limitMessage()
		}
		facts = append(facts, status.Fact(v1alpha1.ConditionRemovalHeld, true, reason, message))
	}
	if want.TwoFactor == v1alpha1.TwoFactorMissing {
		facts = append(facts, status.Fact(v1alpha1.ConditionTwoFactorMissing, true, v1alpha1.ReasonTwoFactorMissing,
			"the person must log in with a second factor and has not set one up, so they can use nothing that was granted; ask them to set one up"))
	}
	return facts
}

func (d Decision) skewMessage(in Inputs) string {
	return fmt.Sprintf("due to be taken away: %s; %s", permissions(d.Plan.Held), status.Skewed(in.Provider.Ahead))
}

func (d Decision) limitMessage() string {
	return fmt.Sprintf("Removal held: this person would lose %s, and so many others would lose something at the same time that it looks like a mistake. Review: status.heldRemovals of the HostingBackend; approve: create a RemovalApproval with digest %s; keep the access: declare it again",
		permissions(d.Plan.Held), d.Gate.Worst.Batch)
}

func queuedMessage(w MailWait) string {
	turn := fmt.Sprintf("it is among the next %d people", w.Among)
	if w.Among == 1 {
		turn = "it is next"
	}
	if w.ServerDown {
		return fmt.Sprintf("the mail server does not answer in time, so the invitation waits: %s; check spec.invitations.smtp of the HostingBackend, and the server", turn)
	}
	return fmt.Sprintf("the invitation waits for its turn: %s, and at most %d people a minute are mailed (spec.invitations.perMinute of the HostingBackend)", turn, w.PerMinute)
}

func lostMessage(grants []string) string {
	return listed(grants) + " went with the namespace or the CRD, and nobody asked to revoke what was given, so it stays. To keep it, apply the grant again under the same name; to revoke it, delete only the grant after that"
}

func problemMessage(problems []access.Problem) string {
	var unknown, replaced []string
	for _, problem := range problems {
		name := strings.ToLower(string(problem.Place.Scope)) + " " + problem.Place.Name
		if problem.Kind == access.PlaceReplaced {
			replaced = append(replaced, name)
		} else {
			unknown = append(unknown, name)
		}
	}
	var parts []string
	if len(unknown) > 0 {
		parts = append(parts, "the provider has no "+listed(unknown)+"; correct the name, or leave it out")
	}
	if len(replaced) > 0 {
		parts = append(parts, "a name belongs to another account or server at the provider now than when the grant first used it: "+listed(replaced)+"; if the new one is meant, delete the grant and create it again, else write the new name of the old one")
	}
	return strings.Join(parts, ". And ")
}

// addedMessage tells what a write added, and for which grants.
func (in Inputs) addedMessage(change v1alpha1.Change, added hosting.Rights) string {
	did := "Hostgrant added"
	if change.Kind == v1alpha1.ChangeDriftCorrected {
		did = "Hostgrant gave again what somebody had taken away"
	}
	return status.Clip(fmt.Sprintf("%s at the provider, for %s: %s", did, change.Grants, in.ofRecord().tell(added)))
}

// causes are why something was taken away, as an event says it.
var causes = map[v1alpha1.OwedCause]string{
	v1alpha1.CauseChanged:       "a grant does not list it any more",
	v1alpha1.CauseRemoved:       "a grant does not name the person any more, or is gone",
	v1alpha1.CauseExpired:       "expiresAt of a grant has passed",
	v1alpha1.CauseReviewMissed:  "reviewBy of a grant has passed",
	v1alpha1.CausePersonExpired: "expiresAt of the person's Profile has passed",
	v1alpha1.CauseEndedAtOnce:   "a date in the past was set",
	v1alpha1.CauseSuspended:     "the person's Profile is suspended",
	v1alpha1.CauseUndeclared:    "no grant names it",
}

// removedMessage tells what a write took away, and why.
func (in Inputs) removedMessage(removed hosting.Rights, why []v1alpha1.OwedCause, grants string) string {
	var reasons []string
	for _, cause := range why {
		reasons = append(reasons, cmp.Or(causes[cause], string(cause)))
	}
	because := strings.Join(reasons, ", and ")
	if grants != "" {
		because += " (" + grants + ")"
	}
	return status.Clip(fmt.Sprintf("Hostgrant took away at the provider, because %s: %s", because, in.ofRecord().tell(removed)))
}

// permissions counts rights for people to read.
func permissions(r hosting.Rights) string { return status.Count(r.Len(), "permission", "permissions") }

// listed names up to three, each once.
func listed(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	return status.Brief(slices.Compact(names))
}
