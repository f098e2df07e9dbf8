package invite

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// decision is what there is to decide on whether something is to be sent.
type decision struct {
	mem       *v1alpha1.InvitationStatus
	p         Policy
	row       Facts
	now       metav1.Time
	messageID func(ordinal int32) string
}

// proceed does what is due by itself.
func (d decision) proceed() Step {
	again := d.mem.State == v1alpha1.InvitationExpired || d.mem.State == v1alpha1.InvitationUnknown
	switch {
	case d.unsent():
		return d.finish()
	case d.mem.State == v1alpha1.InvitationIntended: // the provider has not done it
		return Step{Memory: d.mem, Act: Again, Intent: d.mem}
	case again && d.p.Sender != v1alpha1.SenderNone && d.p.Repeats(d.mem) && d.p.waited(d.mem, d.now):
		return d.next(false)
	}
	return Step{Memory: d.mem}
}

// answer does what was asked for, unless it has to wait: for the end of what is under way, or
// because the person was mailed a moment ago for the same reason.
func (d decision) answer() Step {
	switch {
	case d.p.Sender == v1alpha1.SenderNone:
		return Step{Memory: d.mem, Answered: true, Dismissed: "spec.invitations.sender of the HostingBackend is None"}
	case d.unsent(): // what is under way is as good
		step := d.finish()
		step.Answered = step.Act != Nothing
		return step
	case d.mem.State == v1alpha1.InvitationIntended:
		return d.proceed()
	case d.mem.Asked >= maxAsked:
		step := d.proceed()
		if step.Act == Nothing {
			step.Answered = true
			step.Dismissed = fmt.Sprintf("%d mails were sent to this person on request, which is the most; to begin anew, take the person out of every grant and name them again", maxAsked)
		}
		return step
	case quiet(d.mem, d.now):
		return d.proceed()
	}
	return d.next(true)
}

// unsent says whether a mail of ours is intended, or about to be, of which nothing was sent.
func (d decision) unsent() bool {
	if d.p.Sender != v1alpha1.SenderSMTP || d.mem.Sender != v1alpha1.SenderSMTP {
		return false
	}
	switch d.mem.State {
	case v1alpha1.InvitationDeferred, v1alpha1.InvitationRenewing:
		return true
	case v1alpha1.InvitationPrepared, v1alpha1.InvitationUnsupported:
		return d.mem.Ordinal == 0
	}
	return false
}

// finish sends what is unsent, as soon as there is a link to send.
func (d decision) finish() Step {
	intent := d.mem
	if intent.Ordinal == 0 {
		intent = d.count(false)
	}
	switch {
	case d.row.HasLink && !d.row.ended(d.now):
		return Step{Memory: d.mem, Act: Mail, Intent: withState(intent, v1alpha1.InvitationIntended)}
	case d.row.Mails != nil:
		return Step{Memory: d.mem, Act: Renew, Intent: withState(intent, v1alpha1.InvitationRenewing)}
	case d.mem.Ordinal == 0 && d.mem.State != v1alpha1.InvitationUnsupported:
		return Step{Memory: withState(d.mem, v1alpha1.InvitationUnsupported)}
	}
	return Step{Memory: d.mem}
}

// next begins another mail.
func (d decision) next(asked bool) Step {
	intent, act := d.count(asked), d.how()
	step := Step{Memory: d.mem, Act: act, Answered: asked}
	switch {
	case act == Again:
		step.Intent = withState(intent, v1alpha1.InvitationIntended)
		step.Intent.ProviderMails = d.row.Mails
	case act == Mail:
		step.Intent = withState(intent, v1alpha1.InvitationIntended)
	case act == Renew:
		step.Intent = withState(intent, v1alpha1.InvitationRenewing)
	case asked:
		step.Dismissed = "the provider cannot invite again"
	default:
		step.Memory = withState(d.mem, v1alpha1.InvitationUnsupported)
	}
	return step
}

// how another mail begins; Nothing where the provider cannot do what that needs. What works for
// a short time only is as good where it cannot be renewed.
func (d decision) how() Act {
	renewable := d.row.Mails != nil
	fresh := d.row.Expires.IsZero() || !d.now.Add(freshness).After(d.row.Expires)
	works := d.row.HasLink && !d.row.ended(d.now)
	switch {
	case d.p.Sender == v1alpha1.SenderProvider && renewable:
		return Again
	case d.p.Sender == v1alpha1.SenderProvider:
		return Nothing
	case works && (fresh || !renewable):
		return Mail
	case renewable:
		return Renew
	}
	return Nothing
}

// count is the memory with one more mail intended.
func (d decision) count(asked bool) *v1alpha1.InvitationStatus {
	intent := d.mem.DeepCopy()
	intent.Sender, intent.Ordinal, intent.IntendedAt = d.p.Sender, intent.Ordinal+1, &d.now
	intent.MessageID, intent.ProviderMails = "", nil
	if d.p.Sender == v1alpha1.SenderSMTP {
		intent.MessageID = d.messageID(intent.Ordinal)
	}
	if asked {
		intent.Asked, intent.AskedAt = intent.Asked+1, &d.now
	}
	return intent
}
