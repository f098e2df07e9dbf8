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
	relinquishedMessage = "the person, who has a profile, no longer has anything at the provider, and not by our doing: they gave it up, or were removed by hand; that is respected until the grant changes, or is annotated with " +
		v1alpha1.AnnotationAskAgain + " and a new value"
	observedMessage  = "the HostingBackend's mode is Observe"
	fullMessage      = "what is given to this person by all grants together is more than one record can remember; what came with this grant is not given, and what it gave before stays: name fewer places, group places with equal permissions, use `all: true`, or join grants"
	protectedMessage = "this person is the owner, holds the key, or is one of spec.protectedEmails of the HostingBackend: nothing is taken away from them, nor locked behind a second factor; do it at the provider if it is meant"
	foreignMessage   = "requireTwoFactor: this person also holds permissions that other namespaces or people gave; a rule of the HostingBackend with adopt has to allow locking those as well; what is to be used with a second factor only is not given before"
)

// active tells whether the person is there, and else how far the invitation is.
func (d Decision) active(in Inputs, want v1alpha1.AccessRecordStatus) metav1.Condition {
	switch {
	case want.Person == v1alpha1.PersonActive:
		return status.Fact(v1alpha1.ConditionActive, true, v1alpha1.ReasonActive, "the person has a profile at the provider")
	case d.Invitation.Mails && in.MailWait != nil:
		return status.Fact(v1alpha1.ConditionActive, false, v1alpha1.ReasonMailQueued, queuedMessage(*in.MailWait))
	case want.Person != v1alpha1.PersonInvited:
		return status.Fact(v1alpha1.ConditionActive, false, v1alpha1.ReasonNobody, "the provider has no row for the person")
	}
	reason, message := waitingFor(want.Invitation, policyOf(in.Backend))
	if len(d.Invitation.asking) > 0 && d.Invitation.Dismissed == "" {
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
			return v1alpha1.ReasonInvitationUnsupported, "the provider tells no link to put into an invitation; use sender Provider"
		}
		return v1alpha1.ReasonInvitationUnsupported, "the provider cannot be asked to invite again: " + cmp.Or(invitation.Message, "it does not count what it mails")
	}
	return reason, message
}

// rareFacts are there only while they hold: that something is held back, for longer than a moment,
// and that a second factor is missing.
func (d Decision) rareFacts(in Inputs, want v1alpha1.AccessRecordStatus) (facts []metav1.Condition) {
	if in.Provider.Known && len(d.Plan.Held) > 0 && d.Gate.Worst.Answer != gate.Defer {
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
			"the person has to log in with two factors and has set up no second one: nothing that was granted opens for them"))
	}
	return facts
}

func (d Decision) skewMessage(in Inputs) string {
	return fmt.Sprintf("due to go: %s; %s", permissions(d.Plan.Held), status.Skewed(in.Provider.Ahead))
}

func (d Decision) limitMessage() string {
	return fmt.Sprintf("Removal held: this person would lose %s, and so many others lose something with them that it looks like a mistake. Review: status.heldRemovals of the HostingBackend; approve: create a RemovalApproval with digest %s; keep: declare it again",
		permissions(d.Plan.Held), d.Gate.Worst.Batch)
}

func queuedMessage(w MailWait) string {
	among := status.Count(w.Among, "person", "people")
	if w.ServerDown {
		return fmt.Sprintf("the mail server does not answer in time (spec.invitations.smtp of the HostingBackend); the invitation waits for it, among the next %s", among)
	}
	return fmt.Sprintf("the invitation waits for its turn, among the next %s; %d a minute are mailed (spec.invitations.perMinute of the HostingBackend)", among, w.PerMinute)
}

func lostMessage(grants []string) string {
	return listed(grants) + " went with the namespace or the kind, and nobody asked to take back what was given: it stays; declare it again under the same name, and delete it there if it is to go"
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
		parts = append(parts, listed(replaced)+" is another one at the provider than when it was first used; delete the grant and create it again if that is meant")
	}
	return strings.Join(parts, "; ")
}

// permissions counts rights for people to read.
func permissions(r hosting.Rights) string { return status.Count(len(r), "permission", "permissions") }

// listed names up to three, each once.
func listed(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	return status.Brief(slices.Compact(names))
}
